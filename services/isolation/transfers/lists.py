"""Whom another district is asked to take over, as those see it who answer for them until it does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, func, literal, select, true
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, Condition, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.decisions import NOT_TAKEN_OVER
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import cases
from services.isolation.cases.waiting import OF_CASE, OF_TASK, OVERDUE, WAITING
from services.isolation.plans.tables import tasks
from services.isolation.transfers.states import ASKED
from services.isolation.transfers.tables import transfers

_T, _K, _C = transfers.c, tasks.c, cases.c
_STATES: Final = (ASKED, NOT_TAKEN_OVER)
_STATE: Final = func.coalesce(_T.outcome, ASKED)
_COLUMNS: Final = (
    *(_T.transfer_id, _T.at, _T.asked, _T.said, _STATE.label("state")),
    *(_K[name] for name in OF_TASK),
    *(_C[name] for name in (*OF_CASE, "version", "owner", "person")),
)
_OF_TRANSFER: Final = (
    *(Column(name) for name in ("transfer_id", "at", "state", "version", "owner", *OF_TASK, *OF_CASE)),
    Column("agency", sealed="asked"),
)


def _to_confirm(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    joined = select(*_COLUMNS).select_from(tasks).join(transfers, _T.task_id == _K.task_id)
    return joined.join(cases, _C.case_id == _K.case_id).where(*WAITING, in_scope(conn, scope))


def _in_state(value: str | None) -> ColumnElement[bool]:
    if value is None:
        return true()
    if value not in _STATES:
        raise Refused.invalid([Fault("state", "unknown_word", f"must be one of {', '.join(_STATES)}")])
    return literal(value) == _STATE


def _transfer(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    """By its case: the one that waits. None where none does."""
    if not is_id(id):
        return None
    rows = _to_confirm(conn, scope).add_columns(literal(True).label("waits"))
    newest = rows.where(_C.case_id == id).order_by(_T.at.desc(), _T.transfer_id).limit(1)
    row = conn.execute(newest).mappings().one_or_none()
    return {**row} if row else None


TRANSFERS_TO_CONFIRM = ListQuery(
    "transfers_to_confirm",
    about="case",
    id="case_id",
    definition="people of your places whom another district is asked to take over and has not confirmed, or "
    "did not take over; until it does they are followed here",
    rows=_to_confirm,
    columns=(*_OF_TRANSFER, *PERSON),
    sorts=(Sort("due", ("due_by", "transfer_id")),),
    filters=("staff_id",),
    conditions={"overdue": OVERDUE, "state": Condition(_in_state)},
    places=("grid", "community", "street"),
    households="household_id",
)
TRANSFER = ThingQuery(
    "transfer",
    find=_transfer,
    columns=(
        *_OF_TRANSFER,
        Column("waits"),
        Column("note", sealed="asked"),
        Column("answer", sealed="said", field="note"),
        *PERSON,
    ),
    seen=lambda row: [("case", str(row["case_id"]))],
)
