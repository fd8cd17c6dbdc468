"""Copies of registration's places and staff, and how many cases each member of staff has."""

from sqlalchemy import Column, Integer, String, Table

from chassis.reference import places_table, staff_history_table, staff_table
from services.isolation.metadata import metadata

places = places_table(metadata)
staff = staff_table(metadata)
staff_history = staff_history_table(metadata)

staff_load = Table(
    "staff_load",  # apart from `staff`, so that giving a case rewrites a short row
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("cases", Integer, nullable=False),
)
