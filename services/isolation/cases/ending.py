"""A case ends: nothing is asked of them here any more, and what is still to be done is taken back."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.policies.rules import SEE_ABNORMAL

UNSEEN: Final = "unseen"
"""In the history of a case that ends: tasks to look at somebody that were taken back with it."""


def ended(hand: CasesInHand, before: Case, to: str) -> tuple[Case, dict[str, list[str]]]:
    """The case in a state in which it is not followed, yet to be told, and what its history says besides.

    :param before: that is followed, or has ended and comes to another end.
    """
    taken_back = [task.cancelled() for task in hand.tasks(before) if task.live]
    hand.change_tasks(before, taken_back)
    unseen = [task.task_id for task in taken_back if task.kind == SEE_ABNORMAL]
    state = before.state
    if to == states.RELEASED and before.closed_at is None and state != states.RELEASE_REVIEW:
        state = states.CASE.move(state, states.RELEASE_REVIEW)
    if before.closed_at is None:  # else their load went with its end
        hand.book.loads.take(before.team)
    after = replace(
        before,
        state=states.CASE.move(state, to),
        plan_next=None,
        unassigned_since=None,
        closed_at=hand.uow.now,
    )
    return after, {UNSEEN: unseen} if unseen else {}
