"""Moves that are not settled, and that no officer has a task to see to any more; and beds of who has gone."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.cases.merged import going_on
from services.isolation.cases.states import MOVED_TO_CENTRAL
from services.isolation.cases.tables import cases
from services.isolation.central.rules import DECIDED, TAKEN_BACK
from services.isolation.central.tables import IS_ADMITTED, moves
from services.isolation.plans.states import CANCELLED, LIVE
from services.isolation.plans.tables import tasks

_M: Final = moves.c
_K: Final[Any] = tasks.c

UNSEEN: Final[ColumnElement[bool]] = or_(
    and_(_M.state == DECIDED, _K.state.not_in(sorted(LIVE))),
    and_(_M.state == TAKEN_BACK, _K.state == CANCELLED),
)
"""Of a move with its task. A held bed is open also where its task was done: a process of before the upgrade
took a report of it, of which nothing became.
"""


def gone(conn: Connection) -> list[str]:
    """Moves of who was admitted, and is in central isolation neither by their case nor by the one that goes
    on for it: a process of before the upgrade ended or opened it, and knew of no bed.
    """
    c = cases.c
    joined = select(_M.move_id, _M.case_id).join_from(moves, cases, c.case_id == _M.case_id)
    joined = joined.order_by(_M.admitted_at, _M.move_id)  # by the index of those who are there
    rows = conn.execute(joined.where(IS_ADMITTED, c.state != MOVED_TO_CENTRAL)).all()
    goes_on_as = going_on(conn, {row.case_id for row in rows}) if rows else {}
    others = select(c.case_id, c.state).where(is_in(conn, c.case_id, set(goes_on_as.values())))
    states = {row.case_id: row.state for row in conn.execute(others)} if goes_on_as else {}
    # Of a case that goes on for theirs and is not there yet nobody knows where they are.
    known = {id: states.get(other, MOVED_TO_CENTRAL) for id, other in goes_on_as.items()}
    return [row.move_id for row in rows if known.get(row.case_id) != MOVED_TO_CENTRAL]
