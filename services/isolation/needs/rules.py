"""By when a need is met and by whom, and where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from contracts.faults import Fault
from field.days import local_day
from services.isolation.plans import states
from services.isolation.policies.rules import MEDICAL_NEED, MEET_NEED, OpeningTask

KINDS_OF_TASK: Final = (MEET_NEED, MEDICAL_NEED)
"""The tasks of needs."""
MEDICAL: Final = "medical"
MEDICINE: Final = "medicine"
PSYCHOLOGICAL: Final = "psychological"

BY: Final = time(18)
"""By then medicine is there on the day before it ends: should it be the wrong one, pharmacies are open."""
AT_LEAST: Final = timedelta(hours=4)
"""So long somebody has to bring medicine, however soon it ends."""

MOST_DAYS: Final = 90
"""Of medicine that lasts longer nobody needs any now."""

ASKED, SEEN, MET, NOT_POSSIBLE = "asked", "seen", "met", "not_possible"
NOT_MET, WITHDRAWN, ENDED = "not_met", "withdrawn", "ended"
OPEN: Final = (ASKED, SEEN, NOT_POSSIBLE)
"""Somebody has still to do something, or to decide."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for.

    :param days_left: of medicine, for how many days it lasts, today counted; None: nobody said.
    """

    kind: str
    days_left: int | None = None

    @property
    def is_urgent(self) -> bool:
        """Whoever must be told is told at once, at any hour: also where medicine ends today."""
        ends_today = self.kind == MEDICINE and self.days_left is not None and self.days_left <= 1
        return self.kind == MEDICAL or ends_today


def days_left_now(days_left: int | None, said: datetime, now: datetime, zone: ZoneInfo) -> int | None:
    """For how many days it lasts by now, today counted: what was said on a phone may come days later."""
    if days_left is None:
        return None
    since = (local_day(now, zone) - local_day(said, zone)).days
    return max(days_left - max(since, 0), 0)


def task_of(asked: Asked, needs: Mapping[str, OpeningTask], now: datetime, zone: ZoneInfo) -> OpeningTask:
    """The task that meets it, counted from now.

    Medicine of which the days are known is there on the day before it ends; what ends today or tomorrow has
    the least time, and what ends today is the health worker's, as an illness is.

    :param needs: of the policy.
    """
    task = needs[asked.kind]
    if asked.kind != MEDICINE or asked.days_left is None:
        return task
    if asked.is_urgent:
        return OpeningTask(MEDICAL_NEED, needs[MEDICAL].role, min(AT_LEAST, task.within))
    before = local_day(now, zone) + timedelta(days=asked.days_left - 2)
    term = datetime.combine(before, BY, zone)
    return replace(task, within=max(term - now, min(AT_LEAST, task.within)))


def state_of(task: str, *, seen: bool, withdrawn: bool) -> str:
    """Where a need stands, by its task: one of NEED_STATES.

    :param task: the state of the task.
    :param seen: whether somebody took it up.
    """
    if task == states.DONE:
        return MET
    if withdrawn:
        return WITHDRAWN
    if task == states.WAIVED:
        return NOT_MET
    if task == states.CANCELLED:
        return ENDED
    if task == states.NOT_POSSIBLE:
        return NOT_POSSIBLE
    return SEEN if seen else ASKED


def faults_of(kind: str, text: str | None, days_left: int | None, *, needs_cold: bool) -> list[Fault]:
    """What is wrong with what is asked for; none of it quotes the text."""
    faults = []
    if not (text or "").strip() and not (kind == MEDICINE and days_left is not None):
        faults.append(Fault("text", "missing", "say in a few words what is needed"))
    if kind != MEDICINE and (days_left is not None or needs_cold):
        faults.append(Fault("days_left", "only_medicine", "only of medicine it is said how long it lasts"))
    if days_left is not None and not 0 <= days_left <= MOST_DAYS:
        faults.append(Fault("days_left", "out_of_range", f"give a number of days, 0 to {MOST_DAYS}"))
    return faults
