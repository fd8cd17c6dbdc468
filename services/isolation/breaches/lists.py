"""Breaches as those see them who judge them, and confirmed ones as the police do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds
from field.ids import is_id
from field.scope import Scope
from services.isolation.breaches.rules import CONFIRMED, SUSPECTED
from services.isolation.breaches.tables import IS_CONFIRMED, breaches
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import cases
from services.isolation.cases.waiting import OF_CASE, OF_TASK, OVERDUE, WAITING
from services.isolation.plans.tables import tasks

_B, _K, _C = breaches.c, tasks.c, cases.c
_OF_BREACH: Final = ("breach_id", "why", "at", "suspected_at", "state", "version")
_COLUMNS: Final = (
    *(_B[name] for name in _OF_BREACH),
    *(_K[name] for name in OF_TASK),
    *(_C[name] for name in (*OF_CASE, "owner", "person")),
)


def _to_judge(conn: Connection, scope: Bounds) -> Select[Any]:
    joined = select(*_COLUMNS).select_from(tasks).join(breaches, _B.judge_task_id == _K.task_id)
    joined = joined.join(cases, _C.case_id == _K.case_id)
    return joined.where(*WAITING, _B.state == SUSPECTED, in_scope(conn, scope))


def _confirmed(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = (
        *(_B[name] for name in ("breach_id", "why", "at", "judged_at")),
        *(_C[name] for name in (*OF_CASE, "person")),
    )
    joined = select(*columns).select_from(breaches).join(cases, _C.case_id == _B.case_id)
    return joined.where(IS_CONFIRMED, in_scope(conn, scope))


def _breach(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    more = ("in_order_at", "judged_at", "said", "saw", "reported_by")
    columns = (*_COLUMNS, *(_B[name] for name in more), _B.judged_by.label("decided_by"))
    joined = select(*columns).select_from(breaches).join(tasks, _K.task_id == _B.judge_task_id)
    # Where they are followed under another case, it is for its officers to judge.
    joined = joined.join(cases, _C.case_id == _K.case_id)
    row = conn.execute(joined.where(_B.breach_id == id, in_scope(conn, scope))).mappings().one_or_none()
    if row is None:
        return None
    of_case = select(func.count()).where(
        _B.case_id == row["case_id"], _B.state == CONFIRMED, _B.breach_id != id
    )
    # What later reports put right has nothing left to judge.
    state = "in_order" if row["in_order_at"] else row["state"]
    return {
        **row,
        "state": state,
        "stands": f"breach_{state}",
        "confirmed_before": conn.execute(of_case).scalar_one(),
    }


BREACHES_TO_JUDGE = ListQuery(
    "breaches_to_judge",
    about="case",
    id="case_id",
    definition="what contradicts the measure of people of your places by what was reported, and nobody has "
    "judged yet",
    rows=_to_judge,
    columns=(*(Column(name) for name in (*_OF_BREACH, *OF_TASK, *OF_CASE, "owner")), *PERSON),
    sorts=(Sort("due", ("due_by", "breach_id")),),
    filters=("why", "staff_id"),
    conditions={"overdue": OVERDUE},
    places=("grid", "community", "street"),
    households="household_id",
)
CONFIRMED_BREACHES = ListQuery(
    "confirmed_breaches",
    about="case",
    id="case_id",
    definition="breaches of people of your places that an officer has confirmed",
    rows=_confirmed,
    columns=(*(Column(name) for name in ("breach_id", "why", "at", "judged_at", *OF_CASE)), *PERSON),
    sorts=(Sort("newest", ("judged_at", "breach_id"), descending=True),),
    filters=("why",),
    places=("grid", "community", "street"),
    households="household_id",
)
BREACH = ThingQuery(
    "breach",
    find=_breach,
    columns=(
        *(Column(name) for name in (*_OF_BREACH, *OF_TASK, *OF_CASE, "owner", "stands", "confirmed_before")),
        *(Column(name) for name in ("judged_at", "decided_by", "reported_by")),
        Column("saw", sealed="saw"),
        Column("words", sealed="said"),
        *PERSON,
    ),
)
