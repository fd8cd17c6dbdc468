"""Results of tests: what is wrong with one, and which task of testing it settles."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.faults import Fault
from field.days import local_day
from field.moments import CLOCK_SKEW
from services.isolation.plans import states
from services.isolation.plans.task import Task
from services.isolation.policies.rules import TEST
from services.isolation.tests.judged import made_up

TAKE_UP_WITHIN: Final = timedelta(hours=1)
"""So long the district has to take up a positive of nobody here, at any hour."""
_NOT_ASKED: Final = (states.CANCELLED, states.WAIVED)


def tasks_served(
    tasks: Iterable[Task], sampled_on: date, negative: Collection[date], zone: ZoneInfo
) -> list[Task]:
    """The tasks of testing of the day on which a sample was taken, and those of days before that nobody did,
    where a later sample makes up for them: a negative one, as for the release.

    :param negative: days of all negative samples of the person, this one's among them.
    """
    days = {
        task.task_id: local_day(task.due_from, zone)
        for task in tasks
        if task.kind == TEST and task.state != states.CANCELLED
    }
    asked = [task for task in tasks if task.task_id in days]
    late = made_up([days[task.task_id] for task in asked if task.state not in _NOT_ASKED], negative)
    return [
        task
        for task in asked
        if days[task.task_id] == sampled_on or (task.live and days[task.task_id] in late)
    ]


def left_undone(tasks: Iterable[Task], before: date, zone: ZoneInfo) -> bool:
    """Whether a test of a day before that is still to be done."""
    return any(task.kind == TEST and task.live and local_day(task.due_from, zone) < before for task in tasks)


def faults_of(data: Mapping[str, Any], now: datetime) -> list[Fault]:
    """What is wrong with a result."""
    faults = []
    if bool(data.get("case_id")) == bool(data.get("identity")):
        faults.append(Fault("case_id", "one_of_two", "name the person by case_id, or by identity"))
    if data["sampled_at"] > data["reported_at"]:
        faults.append(Fault("sampled_at", "after_the_result", "a sample is taken before its result is known"))
    if data["reported_at"] > now + CLOCK_SKEW:
        faults.append(Fault("reported_at", "in_the_future", "a result is reported when it is known"))
    size = data.get("pool_size")
    if size is not None and not 1 <= size <= 100:
        faults.append(Fault("pool_size", "impossible", "a tube holds the samples of 1 to 100 people"))
    return faults
