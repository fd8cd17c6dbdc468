"""The first contact: somebody was reached, or was heard of, and their case is active from then on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import select

from contracts.envelope import Event
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.tables import case_history
from services.isolation.plans import states as task_states
from services.isolation.plans.task import FIRST_CONTACT

How = Literal["first_contact", "check_in", "notice"]

_ACTIVE: Final = "active"
_NOT_MET: Final = "active_taken_back"
_MEETS: Final = ("check_in", "notice")
"""Lines of history that say so too, and that nobody takes back."""
_KINDS: Final = ("details", _ACTIVE)
"""Beside `details`, of which every rule of notification knows already: nobody is told of it."""


def met(hand: CasesInHand, case: Case, how: How, at: datetime, event: Event, by: str) -> Case:
    """Their case is active from now on, if it is open: once, and told in case.changed.

    :param at: when they were reached.
    :param by: the source of who says so.
    """
    if case.state != states.OPEN:
        return case
    return _move(hand, case, states.ACTIVE, _ACTIVE, how, event, {"by": by, "at": at})


def met_no_more(hand: CasesInHand, case: Case, at: datetime, event: Event, by: str) -> Case:
    """A first contact was taken back: unless they were met otherwise, the case is open as before."""
    if case.state != states.ACTIVE or _was_met(hand, case):
        return case
    return _move(hand, case, states.OPEN, _NOT_MET, "first_contact", event, {"by": by, "at": at})


def _was_met(hand: CasesInHand, case: Case) -> bool:
    done = (task.state == task_states.DONE for task in hand.tasks(case) if task.kind == FIRST_CONTACT)
    if any(done):
        return True
    h = case_history.c
    meets = select(h.number).where(h.case_id == case.case_id, h.what.in_(_MEETS)).limit(1)
    return hand.uow.conn.execute(meets).first() is not None


def _move(
    hand: CasesInHand, before: Case, state: str, what: str, how: How, event: Event, detail: dict[str, Any]
) -> Case:
    after = replace(before, state=states.CASE.move(before.state, state))
    return hand.tell(before, after, what, event, _KINDS, how, {**detail, "reason": how}, at=detail["at"])
