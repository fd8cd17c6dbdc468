"""Copies of registration's places and staff, and how often each has changed; phones of the console."""

from sqlalchemy import BigInteger, Column, String, Table

from chassis.database.types import UtcDateTime
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

phones = Table(
    "phones",  # of staff, as the console said last
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("until", UtcDateTime),  # real time; null: it is out
    Column("as_of", UtcDateTime, nullable=False),  # real time
)
