"""Results of tests: what is wrong with one, and which task of testing it settles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from contracts.faults import Fault
from field.days import local_day
from field.moments import CLOCK_SKEW
from services.isolation.plans import states
from services.isolation.plans.task import Task
from services.isolation.policies.rules import TEST

POSITIVE: Final = "positive"
SETTLING: Final = frozenset({"negative", POSITIVE})
"""Of inconclusive and invalid ones the sample is to be taken again: the task stays."""
TAKE_UP_WITHIN: Final = timedelta(hours=1)
"""So long the district has to take up a positive of nobody here, at any hour."""


def tasks_served(tasks: Iterable[Task], result: str, sampled_at: datetime, zone: ZoneInfo) -> list[Task]:
    """The tasks of testing of the day on which the sample was taken."""
    if result not in SETTLING:
        return []
    day = local_day(sampled_at, zone)
    asked = [task for task in tasks if task.kind == TEST and task.state != states.CANCELLED]
    return [task for task in asked if local_day(task.due_from, zone) == day]


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
