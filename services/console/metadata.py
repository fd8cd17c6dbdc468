"""The tables of the console belong together: one MetaData, with the chassis' own tables.

It has no case data: who may come in, who is in, and what they did to accounts. All times are real time.
"""

from sqlalchemy import MetaData

from chassis.database.tables import chassis_tables

metadata = MetaData()
chassis_tables(metadata)
