"""When leave to go out is possible, who decides on it by when, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from contracts.faults import Fault
from field.days import day_begins, local_day
from field.ladder import Ladders
from services.isolation.policies.rules import URGENT_PERMIT, OpeningTask

EMERGENCY: Final = "emergency"
"""It waits for nobody: whoever asks goes."""
EMERGENCY_LASTS: Final = timedelta(hours=12)
"""By then they are back from an emergency, or somebody asks where they are."""
LONGEST: Final = timedelta(hours=72)
LATELY: Final = timedelta(minutes=15)
"""So long ago an outing may have begun when it is asked for: a form takes its time."""
BEFORE: Final = timedelta(minutes=30)
"""So long before the first outing it is decided."""
AT_LEAST: Final = timedelta(minutes=15)
"""So long somebody has to decide, however soon they go."""

ASKED, GRANTED, REFUSED, WITHDRAWN, ENDED = "asked", "granted", "refused", "withdrawn", "ended"


@dataclass(frozen=True, slots=True, order=True)
class Outing:
    """Once out and back: from when they may be out, and by when they are back."""

    begins: datetime
    ends: datetime

    def overlaps(self, other: Outing) -> bool:
        return self.begins < other.ends and other.begins < self.ends


def asked_for(kind: str, outings: Sequence[Outing], at: datetime) -> list[Outing]:
    """Those that are asked for, in their order; an emergency is from now on where nothing else is said."""
    if kind == EMERGENCY and not outings:
        return [Outing(at, at + EMERGENCY_LASTS)]
    return sorted(outings)


def stays_until(ends_on: date, now: datetime, zone: ZoneInfo) -> datetime:
    """To the end of the day on which the days are full; whoever is held longer, to the end of tomorrow."""
    last = max(ends_on, local_day(now, zone) + timedelta(days=1))
    return day_begins(last + timedelta(days=1), zone)


def faults_of(
    kind: str,
    outings: Sequence[Outing],
    at: datetime,
    until: datetime,
    taken: Iterable[Outing],
    zone: ZoneInfo,
) -> list[Fault]:
    """What is wrong with the outings that are asked for, each with what would be possible.

    An emergency may be beyond all of this, but it too ends after it begins.

    :param outings: in their order.
    :param at: when it was asked for.
    :param until: to when the measure of whoever goes lasts.
    :param taken: outings of theirs that are asked for or granted already.
    """
    if not outings:
        return [Fault("outings", "missing", "say when they go out, and by when they are back")]
    faults = [fault for one in outings if (fault := _fault_of(one, zone))]
    if faults or kind == EMERGENCY:
        return faults
    if any(one.begins < at - LATELY for one in outings):
        faults.append(Fault("outings", "in_the_past", f"possible is from {_said(at, zone)} on"))
    if any(one.ends > until for one in outings):
        message = f"the measure lasts to {_said(until, zone)}: possible is what ends by then"
        faults.append(Fault("outings", "beyond_measure", message))
    if any(one.overlaps(other) for one, other in pairwise(outings)):
        message = "two of them overlap: possible is one after the other"
        faults.append(Fault("outings", "overlap_each_other", message))
    if found := next((own for own in sorted(taken) if any(own.overlaps(one) for one in outings)), None):
        between = f"{_said(found.begins, zone)} to {_said(found.ends, zone)}"
        message = f"{between} is asked for or granted already: possible is what lies before or after it"
        faults.append(Fault("outings", "taken", message))
    return faults


def _fault_of(outing: Outing, zone: ZoneInfo) -> Fault | None:
    if outing.ends <= outing.begins:
        message = f"one ends before it begins: possible is an end after {_said(outing.begins, zone)}"
        return Fault("outings", "ends_before", message)
    if outing.ends - outing.begins > LONGEST:
        hours = int(LONGEST / timedelta(hours=1))
        return Fault("outings", "too_long", f"possible are up to {hours} hours; ask for another one after it")
    return None


def _said(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def task_of(
    kind: str, first: Outing, permits: Mapping[str, OpeningTask], ladders: Ladders, now: datetime
) -> OpeningTask:
    """The task of whoever decides, counted from now: it ends before they go, if need be at night.

    :param permits: of the policy.
    """
    asked = permits[kind]
    if kind == EMERGENCY:
        return asked
    latest = first.begins - BEFORE
    if ladders.awake(asked.kind, now + asked.within) <= latest:
        return asked
    return replace(asked, kind=URGENT_PERMIT, within=max(latest - now, AT_LEAST))


def state_of(kind: str, decision: str | None, *, withdrawn: bool, dropped: bool) -> str:
    """Where it stands: one of PERMIT_STATES.

    :param decision: granted or refused; None: nobody decided yet.
    :param dropped: its task was taken back with the case.
    """
    if withdrawn:
        return WITHDRAWN
    if decision is not None:
        return decision
    if kind == EMERGENCY:
        return GRANTED
    return ENDED if dropped else ASKED
