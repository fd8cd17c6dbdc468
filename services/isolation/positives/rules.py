"""What is still to be done about what was found in somebody's samples. Pure.

It follows from what stands and from what was done so far, never from what came last: so it ends the same,
whatever the order of results, corrections, decisions and the end of a case.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from field.words import CONTACT_SETTLED
from services.isolation.cases import states
from services.isolation.plans import states as task_states
from services.isolation.policies.rules import CORRECT_CONTACTS, TELL_CONTACTS
from services.isolation.tests.judged import POSITIVE, Judged, Result, judge

SAMPLED_WITHIN: Final = timedelta(days=1)
"""So long after a second sample was taken its result is waited for; then another one is asked for."""
_WITH_OTHERS: Final = (states.MOVED_TO_HOSPITAL, states.MOVED_TO_CENTRAL, states.TRANSFERRED)
"""States in which others keep somebody for what was found."""
_KEPT: Final = (*sorted(task_states.LIVE), task_states.DONE, task_states.WAIVED)

INFORMED, PASSED_ON, NO_CONTACT = CONTACT_SETTLED
TAKEN_BACK: Final = "laboratory_mistake"
"""Settled so by no person: it was a mistake, and nobody had told them."""
TOLD: Final = (INFORMED, PASSED_ON)
"""What came of contacts who know of it."""


class Step(Enum):
    """One thing to do, in the order in which they are done."""

    END_SECOND_SAMPLE = "end_second_sample"
    END_LATE = "end_late"
    TAKE_BACK = "take_back"
    NOTE = "note"
    CALL = "call"
    DECIDE = "decide"
    LIST = "list"
    TELL_CONTACTS = "tell_contacts"
    CORRECT_CONTACTS = "correct_contacts"
    TAKE_SECOND_SAMPLE = "take_second_sample"
    DECIDE_LATE = "decide_late"


class Treated(Enum):
    """One thing to do about what was found before somebody came back from hospital."""

    TAKE_BACK = "take_back"
    NOTE = "note"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done so far.

    :param followed: somebody at this neighbourhood has something to do for the case.
    :param positive: result_id of the finding that is seen to; None: none.
    :param doubt: result_id for which a second sample is to be taken.
    :param late: result_id of what came after the end.
    :param to_tell: kinds of task of which somebody on the contacts' list has still to hear.
    :param call, decision, listing, second_sample, late_task: state of each task; None: there is none.
    :param telling, correcting: likewise.
    :param sampled_long_ago: the second sample was taken, and its result has not come for a day.
    """

    case_state: str
    followed: bool
    positive: str | None = None
    doubt: str | None = None
    late: str | None = None
    call: str | None = None
    decision: str | None = None
    listing: str | None = None
    second_sample: str | None = None
    late_task: str | None = None
    telling: str | None = None
    correcting: str | None = None
    to_tell: frozenset[str] = frozenset()
    sampled_long_ago: bool = False


def still_to_do(judged: Judged, done: Done) -> Iterator[Step]:
    """In order; nothing where all was done."""
    if done.doubt and not (done.followed and judged.doubt):
        yield Step.END_SECOND_SAMPLE
    if done.late and (done.followed or not (judged.positive or judged.doubt)):
        yield Step.END_LATE
    if done.positive and not judged.positive:
        yield Step.TAKE_BACK
    if judged.positive and done.positive is None:
        yield Step.NOTE
    if done.followed:
        yield from _of_followed(judged, done)
    # Also of who went to hospital at once: those with whom they were are still to be found.
    if judged.positive and done.listing not in _KEPT:
        yield Step.LIST
    for kind, step, state in (
        (TELL_CONTACTS, Step.TELL_CONTACTS, done.telling),
        (CORRECT_CONTACTS, Step.CORRECT_CONTACTS, done.correcting),
    ):
        # To be done where there is none, and to be ended where nobody is left to hear of it.
        if (kind in done.to_tell) != (state in task_states.LIVE):
            yield step
    if not done.followed and _is_late(judged, done):
        yield Step.DECIDE_LATE


def still_to_do_of_treated(
    stands: Result | None, noted: str | None, listing: str | None
) -> Iterator[Treated]:
    """About what was found before they came back from hospital: those with whom they were hear of it, and of
    a mistake, whenever that comes out.

    :param stands: the confirmed finding; None: nothing was confirmed, or it was a mistake.
    :param noted: result_id of the finding that is seen to.
    :param listing: state of the task to list those with whom they were; None: there is none.
    """
    if noted and not stands:
        yield Treated.TAKE_BACK
    if stands and not noted:
        yield Treated.NOTE
    if stands and listing not in _KEPT:
        yield Treated.LIST


def _of_followed(judged: Judged, done: Done) -> Iterator[Step]:
    if judged.positive:
        if done.call not in _KEPT:
            yield Step.CALL
        # Done by a decision that ended the case: they are followed all the same, so it was taken back.
        if done.decision not in (*task_states.LIVE, task_states.WAIVED):
            yield Step.DECIDE
    elif judged.doubt and not _waits_for_second_sample(judged.doubt, done):
        yield Step.TAKE_SECOND_SAMPLE


def _waits_for_second_sample(doubt: Result, done: Done) -> bool:
    """Somebody is to take it, or took it lately."""
    if done.second_sample in task_states.LIVE:
        return True
    return done.doubt == doubt.result_id and done.second_sample in _KEPT and not done.sampled_long_ago


def _is_late(judged: Judged, done: Done) -> bool:
    """Whether an officer is to look at somebody whom nobody follows any more."""
    if done.late_task in task_states.LIVE:
        return False
    if judged.positive:
        # Who is in hospital is in good hands, and of one who was positive before, the end was decided so.
        knew = done.case_state == states.MOVED_TO_HOSPITAL or done.decision == task_states.DONE
        return not knew and not _was_decided(judged.positive, done)
    if judged.doubt:
        return done.case_state == states.RELEASED and not _was_decided(judged.doubt, done)
    return done.positive is not None and done.case_state in _WITH_OTHERS


def _was_decided(found: Result, done: Done) -> bool:
    return done.late == found.result_id and done.late_task in _KEPT


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody on the contacts' list of a positive, or a place.

    :param mistake: it was one: whoever was told before hears that.
    :param settled: what came of it; None: somebody has still to tell them.
    """

    mistake: bool = False
    settled: str | None = None

    @property
    def asks_for(self) -> str | None:
        """The kind of task of whoever tells them; None: nothing is to be said."""
        if self.settled is not None:
            return None
        return CORRECT_CONTACTS if self.mistake else TELL_CONTACTS


def was_mistake(results: Iterable[Result]) -> bool:
    """Something was found in samples, and nothing of it stands."""
    known = list(results)
    judged = judge(known)
    return not (judged.positive or judged.doubt) and any(one.result == POSITIVE for one in known)


def contact_after(contact: Contact, mistake: bool) -> Contact:
    """As it is to be told now that what was found was a mistake, or is none."""
    if contact.mistake == mistake or (contact.settled == NO_CONTACT and mistake):
        return contact
    if mistake:
        return Contact(True, None if contact.settled in TOLD else TAKEN_BACK)
    # Whoever has not heard of the mistake knows it as it is.
    return Contact(False, INFORMED if contact.settled is None else None)
