"""Reports that wait for correction."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, func, select, text, union_all
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort
from chassis.doors.within import in_district
from field.scope import Scope
from services.registration.places.tables import places
from services.registration.reports.queries import TO_CORRECT
from services.registration.reports.tables import reports

_R = reports.c
_COLUMNS = ("report_id", "source", "event_id", "publisher", "received_at", "in_part", "reasons")


def _reports(conn: Connection, scope: Scope, _asked: Asked) -> Select[Any]:
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
