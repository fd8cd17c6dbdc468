"""What is still to be done about what was found in somebody's samples. Pure.

It follows from what stands and from what was done so far, never from what came last: so it ends the same,
whatever the order of results, corrections, decisions and the end of a case.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import Final

from services.isolation.cases import states
from services.isolation.plans import states as task_states
from services.isolation.tests.judged import Judged, Result

SAMPLED_WITHIN: Final = timedelta(days=1)
"""So long after a second sample was taken its result is waited for; then another one is asked for."""
_WITH_OTHERS: Final = (states.MOVED_TO_HOSPITAL, states.MOVED_TO_CENTRAL, states.TRANSFERRED)
"""States in which others keep somebody for what was found."""
_KEPT: Final = (*sorted(task_states.LIVE), task_states.DONE, task_states.WAIVED)


class Step(Enum):
    """One thing to do, in the order in which they are done."""

    END_SECOND_SAMPLE = "end_second_sample"
    END_LATE = "end_late"
    TAKE_BACK = "take_back"
    NOTE = "note"
    CALL = "call"
    DECIDE = "decide"
    LIST = "list"
    TAKE_SECOND_SAMPLE = "take_second_sample"
    DECIDE_LATE = "decide_late"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done so far.

    :param followed: somebody at this neighbourhood has something to do for the case.
    :param positive: result_id of the finding that is seen to; None: none.
    :param doubt: result_id for which a second sample is to be taken.
    :param late: result_id of what came after the end.
    :param call, decision, listing, second_sample, late_task: state of each task; None: there is none.
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
    if not done.followed and _is_late(judged, done):
        yield Step.DECIDE_LATE


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
