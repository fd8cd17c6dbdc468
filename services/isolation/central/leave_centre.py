"""Somebody leaves central isolation, or does not come: what is decided about their case frees the bed."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, TextClause, select

from chassis.commands.command import Said
from chassis.database.statements import is_in, update_rows
from contracts.faults import Fault, Refused
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.merged import known_as
from services.isolation.central.carers import in_care
from services.isolation.central.rules import ADMITTED, LEFT, LET_GO
from services.isolation.central.tables import TAKES_BED, moves
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
