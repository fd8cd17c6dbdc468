"""Somebody says that the health code of a person who was released is set back: gates stop them no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand
from services.isolation.cases.states import RELEASED
from services.isolation.release.codes import await_codes_no_more, awaited_codes

_SET_BACK: Final = "code_set_back"


def set_back_code(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """It is in the history of the case and told to those who follow it; said again, nothing changes."""
    with cases_in_hand(uow, (said.data["case_id"] for said in commands)) as hand:
        waiting = awaited_codes(uow.conn, hand.ids)
        before = set(waiting)
        outcomes = each_in_turn(commands, lambda said: _set_back(hand, waiting, said))
        await_codes_no_more(uow.conn, before - waiting)
    return outcomes


def _set_back(hand: CasesInHand, waiting: set[str], said: Said) -> Outcome:
    case = hand.case(said, said.data["case_id"])
    if case.state != RELEASED:
        raise Refused.conflict(
            "case_id", f"the case is {case.state}: a code is set back once they are released"
        )
    if case.case_id not in waiting:
        return Outcome.not_noted(case_id=case.case_id)
    waiting.remove(case.case_id)
    detail = {"by": said.author.source, "at": said.at, "staff_id": said.author.staff_id}
    hand.tell(case, case, _SET_BACK, said.event, ["details", _SET_BACK], _SET_BACK, detail)
    return Outcome.done(case_id=case.case_id)
