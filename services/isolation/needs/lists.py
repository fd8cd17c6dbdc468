"""What households need that is not met yet, as those see it who answer for them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, case, literal, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Column, ListQuery, Sort
from chassis.doors.within import Bounds
from field.scope import Scope
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import cases
from services.isolation.cases.waiting import OF_CASE, OF_TASK, OVERDUE, WAITING
from services.isolation.needs.rules import NOT_POSSIBLE
from services.isolation.needs.tables import needs
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import MEDICAL_NEED

_N, _K, _C = needs.c, tasks.c, cases.c
_OF_NEED: Final = ("need_id", "kind", "days_left", "needs_cold", "at")
_TOLD: Final = ("urgent", "to_decide")


def open_needs(conn: Connection, scope: Scope | Bounds, *columns: Any) -> Select[Any]:
    """Needs at places of the scope that are not settled."""
    joined = select(*columns).select_from(tasks).join(needs, _N.task_id == _K.task_id)
    return joined.join(cases, _C.case_id == _K.case_id).where(*WAITING, in_scope(conn, scope))


def _rows(conn: Connection, scope: Bounds) -> Select[Any]:
    yes, no = literal(True), literal(False)
    columns = (
        *(_N[name] for name in _OF_NEED),
        *(_K[name] for name in OF_TASK),
        *(_C[name] for name in (*OF_CASE, "person")),
        case((_K.kind == MEDICAL_NEED, yes), else_=no).label("urgent"),
        case((_K.state == NOT_POSSIBLE, yes), else_=no).label("to_decide"),
    )
    return open_needs(conn, scope, *columns)


OPEN_NEEDS = ListQuery(
    "open_needs",
    about="case",
    id="case_id",
    definition="needs of households at your places that are not met yet; of one that was not possible an "
    "officer decides",
    rows=_rows,
    columns=(*(Column(name) for name in (*_OF_NEED, *_TOLD, *OF_TASK, *OF_CASE)), *PERSON),
    sorts=(Sort("due", ("due_by", "need_id")),),
    filters=("kind", "role", "staff_id"),
    conditions={"overdue": OVERDUE},
    places=("grid", "community", "street"),
    households="household_id",
)
