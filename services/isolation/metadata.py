"""The tables of isolation belong together: one MetaData, with the chassis' own tables.

No foreign keys: one arrival writes about ten rows, and all come from one use case.
"""

from sqlalchemy import MetaData

from chassis.database.tables import chassis_tables

metadata = MetaData()
chassis_tables(metadata)
