"""Copies of registration's places and staff, and how many cases each member of staff has."""

from sqlalchemy import Boolean, Column, Integer, String, Table, Text

from services.isolation.metadata import metadata

places = Table(
    "places",
    metadata,
    Column("place_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("parent", String(40)),
    Column("level", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("division", String(12)),
    Column("removed", Boolean, nullable=False),
    Column("successor", String(40)),  # of a removed place: the one into which it was dissolved
)

staff = Table(
    "staff",
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("role", String(40), nullable=False),
    Column("place", String(40), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("person", Text, nullable=False),  # sealed
    Column("language", String(10), nullable=False),
    Column("replaced_by", String(40)),  # of somebody who has left: who goes on with all that is open
)

staff_load = Table(
    "staff_load",  # apart from `staff`, so that giving a case rewrites a short row
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("cases", Integer, nullable=False),
)
