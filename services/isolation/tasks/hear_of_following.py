"""An arrival was followed up: its first contact is settled, or held until the next try."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.words import HOW_FOLLOWED
from services.isolation.cases.case import Case
from services.isolation.cases.first_contact import met, met_no_more
from services.isolation.cases.in_hand import CasesInHand, cases_in_hand, in_story
from services.isolation.cases.tables import case_history
from services.isolation.plans import states
from services.isolation.plans.acts import ATTEMPT, DONE, TAKEN_BACK, Act
from services.isolation.plans.task import FIRST_CONTACT, Task

TAKES_BACK: Final = "arrival.follow_up_taken_back"
_TAKEN_BACK: Final = "arrival_followed_taken_back"
_REACHED: Final = ("contacted", "verified")
_IN_VAIN: Final = ("no_answer", "wrong_number", "no_such_door")
_IN_VAIN_UNSETTLED: Final = "lives_elsewhere"
"""In vain, too, where nobody said where: if the address came with it, the visit there is due as before."""


class NotHereYet(Exception):
    """The news about the arrival on which this follows has not come: it is tried again a little later."""


def hear_of_following(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Takes `arrival.followed_up`, and that one was taken back.

    Raises NotHereYet where the case has not heard of that version of the arrival yet.
    """
    with cases_in_hand(uow, {event.data["arrival_id"] for event in events}) as hand:
        for event in sorted(events, key=lambda event: event.version):
            case = hand.find(event.data["arrival_id"])
            if case is None or case.arrival.version < event.data["arrival_version"]:
                raise NotHereYet(f"arrival {event.data['arrival_id']}: its news come first")
            if event.type == TAKES_BACK:
                _take_back(hand, case, event)
            else:
                _settle(hand, case, event)


def _take_back(hand: CasesInHand, case: Case, event: Event) -> None:
    """Said of each first contact that is open or done, whether it has heard of the other already or does so
    later.
    """
    data = event.data
    other = f"arrival.followed_up:{data['arrival_id']}:{data['number']}"
    act = Act(TAKEN_BACK, data["at"], event.id, data["by"], of=other)
    about = [task for task in hand.tasks(case) if _is_about(task, act)]
    for task in about:
        hand.act_on(case, task, act, in_story(event, case))
    case = met_no_more(hand, case, data["at"], event, data["by"])
    hand.hear(
        *(case, _TAKEN_BACK, event),
        by=data["by"],
        of=other,
        at=data["at"],
        outcome=data["outcome"],
    )


def _settle(hand: CasesInHand, case: Case, event: Event) -> None:
    """A line of the case's history says so in any case: whoever reads it sees who was at the door."""
    data, act = event.data, _act(hand, case, event)
    about = [task for task in hand.tasks(case) if act and _is_about(task, act)]
    open_ones = [task for task in about if task.live]
    if act:
        for task in about:
            hand.act_on(case, task, act, in_story(event, case))
    if act and act.what == DONE and _counts(hand, case, about, event):
        case = met(hand, case, FIRST_CONTACT, data["at"], event, data["by"])
    hand.hear(
        case,
        "arrival_followed",
        event,
        by=data["by"],
        at=data["at"],
        outcome=data["outcome"],
        **({"settled": [task.task_id for task in open_ones]} if open_ones else {}),
    )


def _counts(hand: CasesInHand, case: Case, about: Sequence[Task], event: Event) -> bool:
    """Whether they were reached: not where that it was a mistake was heard first."""
    if about:
        done = {task.task_id for task in hand.tasks(case) if task.state == states.DONE}
        return any(task.task_id in done for task in about)
    h = case_history.c
    lines = select(h.detail).where(h.case_id == case.case_id, h.what == _TAKEN_BACK)
    return all(line.get("of") != event.id for line in hand.uow.conn.execute(lines).scalars())


def _is_about(task: Task, act: Act) -> bool:
    """Also one that is done: by what may yet turn out to be a mistake."""
    knows = task.acts is not None and act.of is not None and task.acts.has(act.by, act.of)
    stands = task.live or task.state == states.DONE
    return task.kind == FIRST_CONTACT and (stands or knows) and task.takes(act.what)


def _act(hand: CasesInHand, case: Case, event: Event) -> Act | None:
    """What it is of the task of first contact; None: nothing, the task stays as it is."""
    data = event.data
    if data["state"] == "expected":  # a call before they came; whether "came" was heard since tells nothing
        return None
    if data["outcome"] in _REACHED:
        return Act(DONE, data["at"], event.id, data["by"], how=HOW_FOLLOWED.get(data.get("how") or ""))
    unsettled = data["outcome"] == _IN_VAIN_UNSETTLED and _IN_VAIN_UNSETTLED in data["to_settle"]
    if data["outcome"] in _IN_VAIN or unsettled:
        longest = data["at"] + hand.book.policy(case).terms.next_try
        until = min(data.get("try_again_at") or longest, longest)
        return Act(ATTEMPT, data["at"], event.id, data["by"], until=until)
    return None
