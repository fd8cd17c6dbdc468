"""The table of links: one row for each household of which a case was ever published."""

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from chassis.database.types import Json
from services.isolation.metadata import metadata

links = Table(
    "links",
    metadata,
    Column("household", String(36), primary_key=True),  # its id; of a case without one, the case's
    Column("token", BigInteger, nullable=False),  # blind index; the token itself is kept nowhere
    Column("sealed", Text, nullable=False),  # to say it again, in a later event
    Column("cases", Json, nullable=False),  # ids of cases that were ever of the household
)
Index("links_by_token", links.c.token, unique=True)
