"""Possible duplicates as people and `/metrics` see them: pairs of arrivals that staff are asked about."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.figures import Numbers
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.places.queries import place_names

_PAIR = possible_duplicates.c
_OPEN = _PAIR.state == "open"


def open_duplicates(conn: Connection, most: int, why: str | None = None) -> list[dict[str, Any]]:
    """The open pairs, the longest open first, each with the two arrivals; no personal data.

    :param why: only those for this reason, a word of LIKENESSES.
    """
    wanted = select(_PAIR.first, _PAIR.second, _PAIR.why, _PAIR.opened_at).where(_OPEN)
    if why is not None:
        wanted = wanted.where(_PAIR.why == why)
    rows = conn.execute(wanted.order_by(_PAIR.opened_at, _PAIR.first, _PAIR.second).limit(most)).all()
    known = _arrivals(conn, {id for row in rows for id in (row.first, row.second)})
    return [
        {
            "why": row.why,
            "opened_at": row.opened_at,
            "arrivals": [known[id] for id in (row.first, row.second) if id in known],
        }
        for row in rows
    ]


def duplicates_of(conn: Connection, arrival_id: str) -> list[dict[str, Any]]:
    """All pairs that an arrival is in, the decided ones too."""
    rows = conn.execute(
        select(possible_duplicates).where((_PAIR.first == arrival_id) | (_PAIR.second == arrival_id))
    )
    return [
        {
            "arrival_id": row.second if row.first == arrival_id else row.first,
            "why": row.why,
            "details": row.details,
            "state": row.state,
            "opened_at": row.opened_at,
            "decided_at": row.decided_at,
            "decided_by": row.decided_by,
            "by_command": row.by_command,
        }
        for row in rows
    ]


def decisions() -> Select[tuple[str, str]]:
    """(source, id) of the commands that decided."""
    return select(_PAIR.decided_by, _PAIR.by_command).where(_PAIR.by_command.is_not(None))


def open_by_reason(conn: Connection, _now: datetime) -> Numbers:
    """How many pairs are open for each reason, as a figure for `/metrics`."""
    counted = select(_PAIR.why, func.count()).where(_OPEN).group_by(_PAIR.why)
    return {(why,): count for why, count in conn.execute(counted)}


def _arrivals(conn: Connection, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    a = arrivals.c
    columns = (a.id, a.arrived_at, a.expected, a.street, a.community, a.grid, a.worker)
    rows = conn.execute(select(*columns).where(is_in(conn, a.id, sorted(ids)))).all()
    names = place_names(conn, [place for row in rows for place in (row.street, row.community, row.grid)])
    return {
        row.id: {
            "arrival_id": row.id,
            "arrived_at": row.arrived_at,
            "expected": row.expected,
            "place": " ".join(
                names.get(place, place) for place in (row.street, row.community, row.grid) if place
            )
            or None,
            "worker": row.worker,
        }
        for row in rows
    }
