"""A task that no plan foresees: something happened that somebody must see to."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.plans.planning import planned_task
from services.isolation.plans.task import Task, new_task
from services.isolation.policies.counting import day_number
from services.isolation.policies.rules import OpeningTask, Policy


def unplanned_task(
    case: Case, policy: Policy, asked: OpeningTask, at: datetime, zone: ZoneInfo, *, about: str
) -> Task:
    """From this moment on; what would end at night ends in the morning, unless it is urgent.

    :param policy: of the case.
    :param about: the id of what happened.
    """
    day = day_number(local_day(at, zone), case.counted_from)
    due_by = policy.ladders.awake(asked.kind, at + asked.within)
    planned = planned_task(policy.ladders, asked.kind, day, at, due_by, asked.role)
    return new_task(case.case_id, case.team, planned, about)
