"""Reports that wait for correction: all of them, and one as it came, which is shown to whoever says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, select, text, union_all
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds, in_district
from field.ids import is_id
from field.scope import Scope
from services.registration.places.tables import places
from services.registration.reports.queries import TO_CORRECT
from services.registration.reports.report import SEAL_PURPOSE
from services.registration.reports.tables import reports

_R = reports.c
_COLUMNS = ("report_id", "source", "event_id", "publisher", "received_at", "in_part", "reasons")


def _reports(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = (
        _R.id.label("report_id"),
        _R.source,
        _R.event_id,
        _R.publisher,
        _R.received_at,
        func.coalesce(_R.part_waits, text("false")).label("in_part"),
        _R.reasons,
    )
    may = in_district(conn, scope, places)
    waiting = union_all(*(select(*columns).where(text(one), may) for one in TO_CORRECT)).subquery()
    return select(waiting)


def _report(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    """Also one that was corrected meanwhile: it says so."""
    if not is_id(id):
        return None
    waits = func.coalesce(_R.part_waits, text("false")) | (_R.outcome == "needs_correction")
    columns = [_R[name] for name in ("source", "event_id", "publisher", "received_at", "reasons", "sealed")]
    more = (_R.id.label("report_id"), func.coalesce(_R.part_waits, text("false")).label("in_part"))
    found = select(*more, waits.label("waits"), *columns).where(
        _R.id == id, in_district(conn, scope, places), waits | (_R.outcome == "corrected")
    )
    row = conn.execute(found).mappings().one_or_none()
    return dict(row) if row else None


REPORTS_TO_CORRECT = ListQuery(
    "reports_to_correct",
    about="report",
    id="report_id",
    definition="reports that wait for correction, whole or in a part; reasons name no value",
    rows=_reports,
    columns=tuple(Column(name) for name in _COLUMNS),
    sorts=(Sort("oldest", ("received_at", "report_id")),),
    filters=("publisher", "source"),
)
REPORT_TO_CORRECT = ThingQuery(
    "report_to_correct",
    find=_report,
    columns=(
        *(Column(name) for name in (*_COLUMNS, "waits")),
        # All of it is personal: nothing of it is shown to whoever has not said why.
        Column("data", "address", sealed="sealed"),
    ),
    purpose=SEAL_PURPOSE,
)
