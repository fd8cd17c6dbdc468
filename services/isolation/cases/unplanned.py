"""A task that no plan foresees: something happened that somebody must see to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.staffing import places_of
from services.isolation.plans.planning import planned_task
from services.isolation.plans.task import Task, new_task
from services.isolation.policies.counting import day_number
from services.isolation.policies.rules import OpeningTask, Policy
from services.isolation.teams.rules import nearest


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


def officers_task(book: Casebook, case: Case, asked: OpeningTask, *, about: str) -> Task:
    """One that an officer does, from now on: whoever has the role in the team, or nearest to the case. Where
    nobody has it, the ladder finds whoever is above.
    """
    task = unplanned_task(case, book.policy(case), asked, book.uow.now, book.uow.zone, about=about)
    return replace(task, staff_id=officer_of(book, case, asked.role))


def officer_of(book: Casebook, case: Case, role: str) -> str | None:
    """Whoever has the role in the team, or nearest to the case; None: nobody."""
    if own := next((member.staff_id for member in case.team if member.role == role), None):
        return own
    places = places_of(case.arrival, book.reference.places)
    return next(iter(nearest(role, places, book.reference.staff.roster)), None)
