"""The tables of registration belong together: one MetaData, with the chassis' own tables.

Personal data stands in `sealed` columns only; persons are found by blind index.
"""

from sqlalchemy import MetaData

from chassis.database.tables import chassis_tables

metadata = MetaData(
    naming_convention={"ix": "%(table_name)s_%(column_0_name)s", "pk": "%(table_name)s_pkey"},
)
chassis_tables(metadata)
