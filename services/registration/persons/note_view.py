"""Note a view: every look at a person's record leaves a row with who, when and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from services.registration.persons.tables import person_views


def note_view(conn: Connection, arrival_ids: Iterable[str], *, by: str, reason: str) -> None:
    """Call it before anything is shown: a view that could not be noted is not shown."""
    now = datetime.now(UTC)
    rows = [
        {"id": new_id(), "arrival_id": id, "viewed_at": now, "viewed_by": by[:100], "reason": reason[:500]}
        for id in arrival_ids
    ]
    insert_rows(conn, person_views, rows)
