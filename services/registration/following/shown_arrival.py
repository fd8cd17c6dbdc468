"""One arrival as officers read it who settle something of it: what is known, and what was said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ThingQuery
from field.ids import is_id
from field.scope import Scope
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.tables import arrival_history, arrivals

_A = arrivals.c
_FACTS: Final = (
    *("version", "state", "arrived_at", "expected", "household_id", "risk_level", "division", "street"),
    *("community", "grid", "placed_by", "worker", "unassigned_since", "to_settle", "to_settle_since"),
)
_PLAIN: Final = ("moment", "how", "try_again_at", "mended", "place", "towards", "as", "was")
"""What a line of history is shown with: words, moments, what was mended, places. The rest stays sealed."""


def _arrival(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    columns = [_A.id.label("arrival_id"), *(_A[name] for name in _FACTS), _A.sealed]
    found = select(*columns).where(_A.id == id, in_scope(conn, scope, _A))
    row = conn.execute(found).mappings().one_or_none()
    return {**row, "history": _history(conn, asked, id)} if row else None


def _history(conn: Connection, asked: Asked, arrival_id: str) -> list[dict[str, Any]]:
    """The newest line first. `at` is when it happened; `by` the source that said it."""
    h = arrival_history.c
    columns = (h.happened_at, h.what, h.source, h.detail)
    rows = conn.execute(select(*columns).where(h.arrival_id == arrival_id).order_by(h.number.desc()))
    return [
        {
            "at": row.happened_at.astimezone(asked.zone).isoformat(),
            "what": row.what,
            "by": row.source,
            "with": {name: row.detail[name] for name in _PLAIN if row.detail.get(name) is not None},
        }
        for row in rows
    ]


ARRIVAL = ThingQuery(
    "arrival",
    find=_arrival,
    columns=(
        Column("arrival_id"),
        *(Column(name) for name in _FACTS),
        Column("name", "name", sealed="sealed"),
        Column("phone", "phone", sealed="sealed"),
        Column("address", "address", sealed="sealed"),
        Column("identity_number", "number", sealed="sealed"),
        Column("history"),
    ),
)
