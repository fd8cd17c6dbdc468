"""The tables of notification belong together: one MetaData, with the chassis' own tables."""

from sqlalchemy import MetaData

from chassis.database.tables import chassis_tables

metadata = MetaData()
chassis_tables(metadata)
