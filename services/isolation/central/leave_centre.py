"""Somebody leaves central isolation, or does not come: what is decided about their case frees the bed, and so
does the next stage of their measure, before they were there.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from sqlalchemy import ColumnElement, TextClause, or_, select

from chassis.commands.command import Said
from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.merged import known_as, with_merged
from services.isolation.central.carers import in_care
from services.isolation.central.rules import ADMITTED, LEFT, LET_GO
from services.isolation.central.tables import IS_DECIDED, TAKES_BED, TO_SETTLE, moves
from services.isolation.plans.states import FINISHED
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import IN_CENTRE_TASKS

_M: Final = moves.c
_WRITTEN: Final = ("state", "settled_at", "settled_by", "ended_as")


def leave_centre(hand: CasesInHand, said: Said, case: Case) -> None:
    """Give the bed back that is held or taken for them, if one is.

    :param case: that ends, or comes home.
    """
    theirs = select(_M.move_id, _M.state).where(*_of(hand, case)).order_by(_M.move_id)
    written = [
        {
            "move_id": row.move_id,
            "state": LEFT if row.state == ADMITTED else LET_GO,
            "settled_at": said.at,
            "settled_by": said.author.source,
            "ended_as": said.data["decision"],
        }
        for row in hand.uow.conn.execute(theirs)
    ]
    update_rows(hand.uow.conn, moves, written, key=["move_id"], set=_WRITTEN)
    for task in hand.tasks(case):
        if task.live and task.kind in IN_CENTRE_TASKS:  # who comes home: any other end took it back
            hand.done(said, case, task)


def come_no_more(uow: UnitOfWork, case_ids: Collection[str]) -> None:
    """The next stage of these begins, at home: give the beds back that are held for them, and let nobody look
    for another. Their tasks are seen to by whoever begins it.

    :param case_ids: of cases that are locked.
    """
    theirs = is_in(uow.conn, _M.case_id, with_merged(uow.conn, case_ids))
    open_ones = select(_M.move_id, _M.settled_at).join(tasks, tasks.c.task_id == _M.task_id)
    open_ones = open_ones.where(theirs, TO_SETTLE, or_(IS_DECIDED, tasks.c.state.not_in(sorted(FINISHED))))
    written = [
        {"move_id": row.move_id, "state": LET_GO, "settled_at": row.settled_at or uow.now}
        for row in uow.conn.execute(open_ones.order_by(_M.move_id))
    ]
    update_rows(uow.conn, moves, written, key=["move_id"], set=["state", "settled_at"])


def must_leave_nobody_alone(hand: CasesInHand, case: Case) -> None:
    """Raises Refused where somebody in their care stays in the centre who cannot be alone there. Whoever
    falls ill goes to hospital all the same; the list of who is there says whose carer has gone.
    """
    if case.state != states.MOVED_TO_CENTRAL:
        return
    own = select(_M.case_id).where(*_of(hand, case), _M.state == ADMITTED)
    if in_care(hand.uow.conn, set(hand.uow.conn.execute(own).scalars())):
        message = "somebody who cannot be alone is there in their care: decide first where that one goes"
        raise Refused("conflict", [Fault("decision", "leaves_somebody_alone", message)])


def _of(hand: CasesInHand, case: Case) -> tuple[ColumnElement[bool], TextClause]:
    conn = hand.uow.conn
    return is_in(conn, _M.case_id, known_as(conn, case.case_id)), TAKES_BED
