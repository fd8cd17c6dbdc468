"""Cases are revised: what follows from each change is decided for all of them, then written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from contracts.envelope import Event
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.events import change_data, differences
from services.isolation.cases.revising import Change, Revision, kinds_of_change, revise
from services.isolation.cases.staffing import (
    choose_team,
    kept_members,
    places_of,
    roles_lacking,
    roles_of,
    unassigned_since,
)
from services.isolation.plans.replanning import replan
from services.isolation.plans.task import Task
from services.isolation.teams.rules import Member


class Occasion(NamedTuple):
    """A locked case, what became known about it, and the event that said so (None: a timer acts)."""

    case: Case
    change: Change
    cause: Event | None = None


def revise_cases(book: Casebook, occasions: Sequence[Occasion]) -> None:
    """Work out anew where each case stands, plan accordingly, and publish what changed."""
    policies, places = book.reference.policies.by_id, book.reference.places
    revisions = [(revise(case, change, policies, book.present), cause) for case, change, cause in occasions]
    followed = [revision for revision, _ in revisions if not revision.only_noted]
    tasks = book.lock_tasks(revision.case for revision in followed)
    book.loads.read((roles_of(r.standing), places_of(r.case.arrival, places)) for r in followed)
    for revision, cause in revisions:
        if revision.only_noted:
            case = replace(revision.case, history_lines=revision.case.history_lines + 1)
            book.change(case, "noted_after_the_end", cause, {"reason": revision.change.reason})
        else:
            _carry_out(book, revision, tasks.get(revision.case.case_id, []), cause)


def _carry_out(book: Casebook, revision: Revision, written: Sequence[Task], cause: Event | None) -> None:
    before, case, change, stands = revision.before, revision.case, revision.change, revision.standing
    team = _choose_team(book, revision)
    plan = replan(
        case.case_id,
        written,
        stands.tasks(case.planned_until),
        opening=stands.opening_kinds,
        clock=stands.clock,
        ladder=stands.policy.ladder,
        team=team,
        untouched_before=book.present.today_begins if change.from_today else None,
    )
    kinds = kinds_of_change(revision, team, asks_something_else=plan.asks_something_else)
    planned = [*plan.new, *plan.again]
    case = replace(
        case,
        version=case.version + bool(kinds),
        team=team,
        team_lacks=roles_lacking(team, stands),
        unassigned_since=unassigned_since(case, team, book.uow.now),
        staff_seen=book.reference.staff.revision,
        tasks_planned=case.tasks_planned + len(plan.new),
        plan_number=case.plan_number + bool(planned),
        history_lines=case.history_lines + 1,
    )
    book.add_tasks(plan.new)
    book.change_tasks(plan.changed)
    detail = {"reason": change.reason, **differences(before, case)}
    book.change(case, "+".join(kinds) or "looked_at", cause, detail)
    if kinds:
        said = change_data(kinds, before, change.reason)
        book.publish("case.changed", case, stands, plan.live, cause, said)
    if planned:
        book.publish_tasks(case, planned, cause)


def _choose_team(book: Casebook, revision: Revision) -> tuple[Member, ...]:
    """Those of the team who go on with the case, and others in place of the rest."""
    before, arrival, staff = revision.before, revision.case.arrival, book.reference.staff
    places = places_of(arrival, book.reference.places)
    keep = kept_members(before, arrival, staff)
    team = choose_team(arrival, revision.standing, places, staff, book.loads.known, keep)
    book.loads.give(team)
    book.loads.take(before.team)
    return team
