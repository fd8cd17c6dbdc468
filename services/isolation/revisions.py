"""How often policies, places and staff have changed: by this a process sees that what it knows is old."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table, select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows
from services.isolation.metadata import metadata

POLICIES: Final = "policies"
OPEN_POLICIES: Final = "open_policies"
"""Policies that apply to open cases, and corrections: only these make every open case be looked at again."""
PLACES: Final = "places"
STAFF: Final = "staff"

revisions = Table(
    "revisions",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)


def read_revisions(conn: Connection) -> dict[str, int]:
    return {name: number for name, number in conn.execute(select(revisions.c.name, revisions.c.revision))}


def mark_changed(conn: Connection, name: str) -> None:
    """Say in this transaction that policies, places or staff have changed."""
    insert_rows(conn, revisions, [{"name": name, "revision": 0}], ignore_conflicts=True)
    conn.execute(update(revisions).where(revisions.c.name == name).values(revision=revisions.c.revision + 1))
