"""Copies of registration's places and staff, and how often each has changed."""

from sqlalchemy import BigInteger, Column, String, Table

from chassis.reference import places_table, staff_history_table, staff_table
from services.notification.metadata import metadata

places = places_table(metadata)
staff = staff_table(metadata)
staff_history = staff_history_table(metadata)

revisions = Table(
    "revisions",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
