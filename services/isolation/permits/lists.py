"""Leave to go out on which somebody has still to decide, as those see it who do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, case, literal, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import cases
from services.isolation.cases.waiting import OF_CASE, OF_TASK, OVERDUE, WAITING
from services.isolation.permits.tables import IS_OUT, outings, permits
from services.isolation.plans import states
from services.isolation.plans.tables import tasks

_P, _O, _K, _C = permits.c, outings.c, tasks.c, cases.c
_OF_PERMIT: Final = ("permit_id", "kind", "at", "begins", "ends", "decision", "version")
_COLUMNS: Final = (
    *(_P[name] for name in _OF_PERMIT),
    *(_K[name] for name in OF_TASK),
    *(_C[name] for name in (*OF_CASE, "person")),
)


def _to_decide(conn: Connection, scope: Bounds) -> Select[Any]:
    joined = select(*_COLUMNS).select_from(tasks).join(permits, _P.task_id == _K.task_id)
    return joined.join(cases, _C.case_id == _K.case_id).where(*WAITING, in_scope(conn, scope))


def _out_now(conn: Connection, scope: Bounds) -> Select[Any]:
    yes, no = literal(True), literal(False)
    columns = (
        *(_O[name] for name in ("permit_id", "number", "left_at", "begins", "ends")),
        *(_C[name] for name in (*OF_CASE, "owner", "person")),
        _P.kind,
        case((_O.task_id.is_not(None), yes), else_=no).label("late"),
    )
    joined = select(*columns).select_from(outings).join(permits, _P.permit_id == _O.permit_id)
    joined = joined.join(cases, _C.case_id == _O.case_id)
    return joined.where(IS_OUT, _C.closed_at.is_(None), in_scope(conn, scope))


def _permit(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    columns = (*_COLUMNS, *(_P[name] for name in ("asked", "said", "people", "decided_at", "decided_by")))
    joined = select(*columns, _K.state.label("task_state"), _P.withdrawn_at).select_from(permits)
    joined = joined.join(tasks, _K.task_id == _P.task_id).join(cases, _C.case_id == _P.case_id)
    row = conn.execute(joined.where(_P.permit_id == id, in_scope(conn, scope))).mappings().one_or_none()
    if row is None:
        return None
    waits = row["task_state"] in states.LIVE and row["withdrawn_at"] is None
    of_it = select(_O.begins, _O.ends).distinct().where(_O.permit_id == id).order_by(_O.begins)
    times = [f"{_said(begins, asked)} – {_said(ends, asked)}" for begins, ends in conn.execute(of_it)]
    return {**row, "waits": waits, "persons": len(row["people"]), "outings": "; ".join(times)}


def _said(moment: datetime, asked: Asked) -> str:
    return moment.astimezone(asked.zone).strftime("%Y-%m-%d %H:%M")


PERMITS_TO_DECIDE = ListQuery(
    "permits_to_decide",
    about="case",
    id="case_id",
    definition="leave to go out, asked for at your places, on which nobody has decided yet; of an emergency, "
    "which goes at once, nobody has reviewed it",
    rows=_to_decide,
    columns=(*(Column(name) for name in (*_OF_PERMIT, *OF_TASK, *OF_CASE)), *PERSON),
    sorts=(Sort("due", ("due_by", "permit_id")),),
    filters=("kind", "staff_id"),
    conditions={"overdue": OVERDUE},
    places=("grid", "community", "street"),
    households="household_id",
)
PEOPLE_OUT = ListQuery(
    "people_out",
    about="case",
    id="case_id",
    definition="people of your places who are out by leave and not back yet",
    rows=_out_now,
    columns=(
        *(Column(name) for name in ("permit_id", "number", "kind", "left_at", "begins", "ends", "late")),
        *(Column(name) for name in (*OF_CASE, "owner")),
        *PERSON,
    ),
    sorts=(Sort("back", ("ends", "case_id", "permit_id")),),
    filters=("kind", "owner"),
    places=("grid", "community", "street"),
    households="household_id",
)
PERMIT = ThingQuery(
    "permit",
    find=_permit,
    columns=(
        *(Column(name) for name in (*_OF_PERMIT, *OF_TASK, *OF_CASE, "waits", "persons", "outings")),
        *(Column(name) for name in ("decided_at", "decided_by")),
        *(Column(name, sealed="asked") for name in ("where", "why", "how")),
        *(Column(name, sealed="said") for name in ("reason", "escort")),
        *PERSON,
    ),
)
