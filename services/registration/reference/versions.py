"""Each kind of reference data has a version, which goes up when it changes: replicas see it and read anew."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows
from services.registration.reference.tables import versions

KINDS = ("risk", "places", "staff", "policies")


def mark_changed(conn: Connection, kind: str) -> None:
    """Called by whoever changes reference data, at the beginning: it also keeps two imports apart."""
    assert kind in KINDS
    raised = conn.execute(
        update(versions).where(versions.c.name == kind).values(version=versions.c.version + 1)
    )
    if raised.rowcount == 0:
        insert_rows(conn, versions, [{"name": kind, "version": 0}], ignore_conflicts=True)
        conn.execute(update(versions).where(versions.c.name == kind).values(version=versions.c.version + 1))
