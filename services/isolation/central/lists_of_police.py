"""What police see beside confirmed breaches: of whom a refusal was decided, and who is to be escorted.

Who it is and where, and nothing of their health, measure or needs.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Column, ListQuery, Sort
from chassis.doors.within import Bounds
from services.isolation.cases.lists import PERSON, in_scope
from services.isolation.cases.tables import IS_REFUSED, case_history, cases
from services.isolation.cases.waiting import OF_CASE, OVERDUE, WAITING
from services.isolation.central.tables import IS_DECIDED, centres, moves
from services.isolation.plans.tables import tasks

_C, _H, _K, _M = cases.c, case_history.c, tasks.c, moves.c
_OF_ESCORT: Final = ("move_id", "decided_at", "due_by", "centre", "room_id")


def _refused(conn: Connection, scope: Bounds) -> Select[Any]:
    decided = select(func.max(_H.at)).where(_H.case_id == _C.case_id, _H.what == "refused")
    columns = (decided.scalar_subquery().label("decided_at"), *(_C[name] for name in (*OF_CASE, "person")))
    return select(*columns).where(IS_REFUSED, in_scope(conn, scope))


def _escorts(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = (
        *(_M.move_id, _M.decided_at, _M.room_id, _K.due_by, centres.c.name.label("centre")),
        *(_C[name] for name in (*OF_CASE, "person")),
    )
    joined = select(*columns).select_from(moves).join(tasks, _K.task_id == _M.task_id)
    joined = joined.join(centres, centres.c.centre_id == _M.centre_id)
    # As they are followed now, perhaps under another case.
    joined = joined.join(cases, _C.case_id == _K.case_id)
    return joined.where(IS_DECIDED, *WAITING, in_scope(conn, scope))


DECIDED_REFUSALS: Final = ListQuery(
    "decided_refusals",
    about="case",
    id="case_id",
    definition="people of your places of whom an officer has decided that they refuse, until they follow or "
    "are moved",
    rows=_refused,
    columns=(*(Column(name) for name in ("decided_at", *OF_CASE)), *PERSON),
    sorts=(Sort("newest", ("case_id",), descending=True),),
    places=("grid", "community", "street"),
    households="household_id",
)
ESCORTS: Final = ListQuery(
    "escorts",
    about="case",
    id="case_id",
    definition="people of your places who are to be taken to central isolation, and are not admitted yet",
    rows=_escorts,
    columns=(*(Column(name) for name in (*_OF_ESCORT, *OF_CASE)), *PERSON),
    sorts=(Sort("due", ("due_by", "move_id")),),
    conditions={"overdue": OVERDUE},
    places=("grid", "community", "street"),
    households="household_id",
)
