"""Check-ins: what is wrong with one, which task it settles, and whether somebody must look at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from contracts.faults import Fault
from field.days import day_begins, local_day
from services.isolation.plans import states
from services.isolation.plans.task import Task
from services.isolation.policies.rules import CHECK_IN, SEE_SILENT, Policy

EARLY: Final = timedelta(hours=1)
"""So long before its window a check-in counts as the one of the window."""
LATE_UNTIL: Final = timedelta(days=1, hours=12)
"""Counted from the beginning of the window's day: until noon of the next one a late check-in counts."""

Why = Literal["temperature", "symptom"]


def window_served(tasks: Iterable[Task], at: datetime, zone: ZoneInfo) -> Task | None:
    """The check-in task of the window in which a moment falls; None: it falls in none.

    Where windows are near each other the one that holds the moment counts, then the one about to begin, then
    the one that ended last. What else was reported, and whether the task is done, makes no difference: so it
    is the same in whatever order check-ins come.
    """
    asked = [task for task in tasks if task.kind == CHECK_IN and task.state != states.CANCELLED]
    during = [task for task in asked if task.due_from <= at <= task.due_by]
    soon = [task for task in asked if task.due_from - EARLY <= at < task.due_from]
    over = [task for task in asked if task.due_by < at <= counts_until(task, zone)]
    if during:
        return max(during, key=_begin)
    return min(soon, key=_begin) if soon else max(over, key=_begin, default=None)


def window_missed(tasks: Iterable[Task], now: datetime, zone: ZoneInfo) -> Task | None:
    """The check-in task of the last window that ended without one and for which one still counts, while a
    check-in now would be that of a later window; None: there is none.
    """
    asked = list(tasks)
    served = window_served(asked, now, zone)
    missed = [
        task
        for task in asked
        if task.kind == CHECK_IN
        and task.state not in (states.DONE, states.CANCELLED)
        and task.due_by < now <= counts_until(task, zone)
    ]
    last = max(missed, key=_begin, default=None)
    return last if served and last and last is not served and _begin(last) < _begin(served) else None


class Asked(NamedTuple):
    """A task to check in, or to look in on somebody, as far as it matters for how long they are silent."""

    task_id: str
    kind: str
    state: str
    due_from: datetime
    due_by: datetime
    ended_at: datetime | None = None
    """Of a visit: when somebody was there, or an officer waived it."""


def silent_windows(tasks: Iterable[Asked], now: datetime, policy: Policy) -> list[Asked]:
    """The windows in a row that ended with nothing reported, up to now, for which somebody is to go there:
    none of them before the last check-in or the last visit for this reason. None where they are fewer than
    the policy says, or while somebody is still to go.
    """
    asked = list(tasks)
    if any(task.kind == SEE_SILENT and task.state in states.LIVE for task in asked):
        return []
    silent = [task for task in _silent(asked) if task.due_by <= now]
    if len(silent) < policy.missed_check_ins:
        return []
    return sorted(silent, key=lambda task: (task.due_from, task.task_id))


def silent_since(tasks: Iterable[Asked], last: str) -> datetime | None:
    """When the windows in a row began with nothing reported for which somebody is to go there.

    :param last: the last of them (`about` of the visit). What was reported of later ones is left out. None:
        it is no window of these, or nothing is asked for it any more.
    """
    asked = list(tasks)
    until = next((task.due_from for task in asked if task.task_id == last), None)
    if until is None:
        return None
    before = [task for task in asked if task.kind == SEE_SILENT or task.due_from <= until]
    return min((task.due_from for task in _silent(before)), default=None)


def _silent(asked: Sequence[Asked]) -> list[Asked]:
    """The windows, also of later, of which nothing was reported: none before the last check-in or visit."""
    reported = [task.due_from for task in asked if task.kind == CHECK_IN and task.state == states.DONE]
    since = max([*reported, *(task.ended_at for task in asked if task.ended_at)], default=None)
    return [
        task
        for task in asked
        if task.kind == CHECK_IN and task.state in states.LIVE and (since is None or task.due_from > since)
    ]


def _begin(task: Task) -> tuple[datetime, str]:
    return task.due_from, task.task_id


def counts_until(task: Task, zone: ZoneInfo) -> datetime:
    """A check-in that came later settles the task no more."""
    return day_begins(local_day(task.due_from, zone), zone) + LATE_UNTIL


def why_abnormal(temperature: int | None, symptoms: Sequence[str], policy: Policy) -> tuple[Why, ...]:
    """Why somebody must look at once; empty: nobody need.

    :param temperature: in tenths of a degree Celsius.
    """
    hot: tuple[Why, ...] = ("temperature",) if temperature is not None and temperature >= policy.fever else ()
    return (*hot, "symptom") if symptoms else hot


def faults_of_values(temperature: int | None, symptoms: Sequence[str], policy: Policy) -> list[Fault]:
    """What is wrong with the values of one person, whatever their case; none of it quotes a value."""
    faults = []
    if temperature is None and not symptoms:
        faults.append(Fault("temperature", "missing", "give the temperature, or a symptom"))
    known = ", ".join(policy.symptoms) or "none"
    for number, symptom in enumerate(symptoms):
        if symptom not in policy.symptoms:
            message = f"the policy of this case knows no such symptom; it knows {known}"
            faults.append(Fault(f"symptoms[{number}]", "unknown_symptom", message))
    return faults
