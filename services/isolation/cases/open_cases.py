"""New cases are opened, with their team and their first tasks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from contracts.envelope import Event
from services.isolation.cases import states
from services.isolation.cases.case import Arrival, Case
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.revising import day_to_plan
from services.isolation.cases.staffing import choose_team, district_of, places_of, roles_lacking, roles_of
from services.isolation.cases.story import Absence, Chapter, Standing, absence, in_order, standing
from services.isolation.plans.task import Task, new_task
from services.isolation.teams.rules import Member


class Opening(NamedTuple):
    """An arrival that has no case yet, and all that became known about it.

    :param cause: the first event, whose correlation the case keeps.
    """

    case_id: str
    arrival: Arrival
    chapters: Sequence[Chapter]
    cause: Event


class _Prepared(NamedTuple):
    opening: Opening
    story: tuple[Chapter, ...]
    stands: Standing
    places: tuple[str, ...]


def open_cases(book: Casebook, openings: Collection[Opening]) -> set[str]:
    """Open a case for each arrival. Returns those that another replica has opened meanwhile.

    Of an arrival that is expected, or called off already, nobody is told and nothing is planned: its case is
    there in version 0, expected or cancelled, until they come.
    """
    prepared = [_prepare(book, opening) for opening in sorted(openings, key=lambda o: o.case_id)]
    book.loads.read((roles_of(new.stands), new.places) for new in prepared)
    opened = {new.opening.case_id: (new, *_open(book, new)) for new in prepared}
    inserted = book.insert([case for _, case, _ in opened.values()])
    for case_id in inserted:
        new, case, tasks = opened[case_id]
        cause = new.opening.cause
        if case.closed_at is not None:
            what = "expected" if case.state == states.EXPECTED else "called_off"
            book.note(case, what, cause, {"measure": case.measure, "policy": case.policy_id})
            continue
        book.add_tasks(tasks)
        book.loads.give(case.team)
        book.note(case, "opened", cause, {"measure": case.measure, "policy": case.policy_id})
        book.publish("case.opened", case, new.stands, tasks, cause)
        if tasks:
            book.publish_tasks(case, tasks, cause)
    return opened.keys() - set(inserted)


def _prepare(book: Casebook, opening: Opening) -> _Prepared:
    story = tuple(in_order(opening.chapters))
    reference = book.reference
    stands = standing(story, opening.arrival.arrived_at, reference.policies.by_id, book.uow.zone)
    return _Prepared(opening, story, stands, places_of(opening.arrival, reference.places))


def _open(book: Casebook, new: _Prepared) -> tuple[Case, list[Task]]:
    opening, stands, reference, present = new.opening, new.stands, book.reference, book.present
    if absent := absence(new.story):
        return _not_followed(_case(book, new, (), []), absent, present.now), []
    team = choose_team(opening.arrival, stands, new.places, reference.staff, book.loads.known)
    tasks = [new_task(opening.case_id, team, planned) for planned in stands.tasks(present.through).values()]
    return _case(book, new, team, tasks), tasks


def _not_followed(case: Case, absent: Absence, now: datetime) -> Case:
    return replace(
        case,
        version=0,
        state=states.EXPECTED if absent == "expected" else states.CANCELLED,
        unassigned_since=None,
        team_lacks=(),
        plan_next=None,
        closed_at=now,
    )


def _case(book: Casebook, new: _Prepared, team: tuple[Member, ...], tasks: Sequence[Task]) -> Case:
    opening, stands, reference, present = new.opening, new.stands, book.reference, book.present
    return Case(
        case_id=opening.case_id,
        version=1,
        arrival=opening.arrival,
        state=states.OPEN,
        story=new.story,
        measure=stands.rule.measure,
        days=stands.rule.days,
        counted_from=stands.day_zero,
        release_on=stands.release_on,
        risk_level=stands.risk_level,
        policy_id=stands.policy.policy_id,
        policy_version=stands.policy.version,
        # Policies were chosen by the events' times: one that began since is still to be applied.
        policies_seen=reference.policies.open_epoch(min(chapter.at for chapter in new.story)),
        team=team,
        team_lacks=roles_lacking(team, stands),
        unassigned_since=None if team else present.now,
        staff_seen=reference.staff.revision,
        tasks_planned=len(tasks),
        plan_number=1 if tasks else 0,
        planned_until=present.through,
        plan_next=day_to_plan(present.through, stands),
        history_lines=1,
        opened_at=present.now,
        closed_at=None,
        correlation_id=opening.cause.correlationid,
        district=district_of(new.places, reference.places),
    )
