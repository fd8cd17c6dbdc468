"""Every view of a person's record leaves a row: who, when, why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from services.registration.persons.tables import person_views


def note_view(conn: Connection, arrival_ids: Iterable[str], *, by: str, reason: str) -> None:
    """Called before anything is shown: what could not be noted is not shown."""
    now = datetime.now(UTC)
    rows = [
        {"id": new_id(), "arrival_id": one, "viewed_at": now, "viewed_by": by[:100], "reason": reason[:500]}
        for one in arrival_ids
    ]
    insert_rows(conn, person_views, rows)
