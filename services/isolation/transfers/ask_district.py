"""Another district is asked to take somebody over, and an officer finds out whether it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Select, select

from chassis.commands.command import Said
from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.ids import new_id
from services.isolation.cases.case import Case
from services.isolation.cases.decisions import NOT_TAKEN_OVER
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.merged import known_as
from services.isolation.cases.unplanned import officers_task
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import OpeningTask
from services.isolation.transfers.states import ASKED_ANEW
from services.isolation.transfers.tables import transfers as table
from services.isolation.transfers.unseen import UNSEEN

SEALED_AS: Final = "person"
_T: Final = table.c
_WRITTEN: Final = ("task_id", "outcome", "settled_at", "settled_by", "said")


def ask_district(hand: CasesInHand, said: Said, case: Case) -> Case:
    """Plan a task for an officer, who finds out whether they are taken over.

    What was asked under a case that ended merged in this one, and is not planned again yet, is asked with it.
    Returns the case, which counts its task.
    """
    conn, k = hand.uow.conn, tasks.c
    unseen = _open(hand, case).join(tasks, k.task_id == _T.task_id).where(UNSEEN)
    _settle(hand, said, conn.execute(unseen).all(), ASKED_ANEW)
    id = new_id()
    case, task_id = _plan(hand, said, case, hand.book.policy(case).confirm_transfer, id)
    asked = {"agency": said.data["place"], "note": said.data["note"]}
    row = {
        "transfer_id": id,
        "case_id": case.case_id,
        "asked": hand.uow.sealer.seal({name: text for name, text in asked.items() if text}, SEALED_AS),
        "at": said.at,
        "task_id": task_id,
        "source": said.author.source,
        "event_id": said.event.id,
    }
    insert_rows(conn, table, [row])
    return case


def settle_transfer(hand: CasesInHand, said: Said, case: Case, outcome: str) -> Case:
    """Note what came of what was asked. Of whom nobody took over an officer has a task: they may have gone.

    Returns the case, which counts its task.
    """
    waiting = hand.uow.conn.execute(_open(hand, case).where(_T.outcome.is_(None))).all()
    if outcome != NOT_TAKEN_OVER:
        _settle(hand, said, waiting, outcome)
        return case
    for row in waiting:
        case, task_id = _plan(hand, said, case, hand.book.policy(case).settle_transfer, row.transfer_id)
        _settle(hand, said, [row], outcome, task_id)
    return case


def _open(hand: CasesInHand, case: Case) -> Select[Any]:
    """Of the case, and of those that ended merged in it, what nobody has settled."""
    theirs = known_as(hand.uow.conn, case.case_id)
    unsettled = _T.outcome.is_(None) | (_T.outcome == NOT_TAKEN_OVER)
    these = select(_T.transfer_id, _T.task_id).where(is_in(hand.uow.conn, _T.case_id, theirs), unsettled)
    return these.order_by(_T.at, _T.transfer_id)


def _plan(hand: CasesInHand, said: Said, case: Case, asked: OpeningTask, id: str) -> tuple[Case, str]:
    """Returns the case, which counts the task, and the task's id."""
    task = officers_task(hand.book, case, asked, about=id)
    return hand.add_task(said, case, task), task.task_id


def _settle(hand: CasesInHand, said: Said, rows: Sequence[Any], outcome: str, task_id: str = "") -> None:
    """:param task_id: of whoever sees to it from now on; "": nobody has to."""
    note = {"note": said.data["note"]} if said.data["note"] else {}
    settled = {
        "outcome": outcome,
        "settled_at": said.at,
        "settled_by": said.author.source,
        "said": hand.uow.sealer.seal(note, SEALED_AS),
    }
    written = [{"transfer_id": row.transfer_id, "task_id": task_id or row.task_id, **settled} for row in rows]
    update_rows(hand.uow.conn, table, written, key=["transfer_id"], set=_WRITTEN)
