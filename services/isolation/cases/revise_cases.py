"""Cases are revised: what follows from each change is decided for all of them, then written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from contracts.envelope import Event
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.events import change_data, differences, member_data
from services.isolation.cases.revising import WRONG_NUMBER, Change, Revision, kinds_of_change, revise
from services.isolation.cases.staffing import (
    choose_team,
    district_of,
    is_at_same_place,
    is_elsewhere,
    kept_members,
    places_of,
    roles_lacking,
    roles_of,
    unassigned_since,
)
from services.isolation.cases.story import Standing
from services.isolation.cases.unplanned import officer_of
from services.isolation.plans import states as task_states
from services.isolation.plans.planning import planned_task
from services.isolation.plans.replanning import OFFICERS_TASKS, replan
from services.isolation.plans.task import FIRST_CONTACT, Task
from services.isolation.policies.rules import (
    ENDED_BY_DECISION,
    ON_THE_WAY_TASKS,
    SETTLE_HOME,
    TEST,
    kept_in,
)
from services.isolation.teams.rules import Member, owner


class Occasion(NamedTuple):
    """A locked case, what became known about it, and the event that said so (None: a timer acts)."""

    case: Case
    change: Change
    cause: Event | None = None


def revise_cases(book: Casebook, occasions: Sequence[Occasion]) -> list[Revision]:
    """Work out anew where each case stands, plan accordingly, and publish what changed. Returns each case
    before and after it, in their order.
    """
    policies, places = book.reference.policies.by_id, book.reference.places
    revisions = [(revise(case, change, policies, book.present), cause) for case, change, cause in occasions]
    followed = [revision for revision, _ in revisions if not revision.only_noted]
    tasks = book.lock_tasks(revision.case for revision in followed)
    book.loads.read((roles_of(r.standing), places_of(r.case.arrival, places)) for r in followed)
    for revision, cause in revisions:
        if revision.is_called_off:
            _cancel(book, revision, tasks.get(revision.case.case_id, []), cause)
        elif revision.only_noted:
            case = replace(revision.case, history_lines=revision.case.history_lines + 1)
            book.change(case, "noted_after_the_end", cause, {"reason": revision.change.reason})
        else:
            _carry_out(book, revision, tasks.get(revision.case.case_id, []), cause)
    return [revision for revision, _ in revisions]


def _carry_out(book: Casebook, revision: Revision, written: Sequence[Task], cause: Event | None) -> None:
    before, case, change, stands = revision.before, revision.case, revision.change, revision.standing
    places = places_of(case.arrival, book.reference.places)
    team = _choose_team(book, revision, places)
    void = [task for task in written if task.live and _is_void(task, revision)]
    again = {task.task_id: _anew(book, stands, task) for task in written if task.task_id in change.again}
    written = [again.get(task.task_id, task) for task in written if task not in void]
    plan = replan(
        case.case_id,
        written,
        stands.tasks(case.planned_until),
        opening=stands.opening_kinds,
        clock=stands.clock,
        ladders=stands.policy.ladders,
        zone=book.uow.zone,
        team=team,
        untouched_before=book.present.today_begins if change.from_today else None,
        nothing_new_before=_asked_since(book, revision) if before.version else None,
        # Without them nothing would hold whoever was asked for a test that nobody took.
        made_up=(TEST,) if change.reopened and not _goes_on_otherwise(revision) else (),
    )
    kinds = kinds_of_change(revision, team, asks_something_else=plan.asks_something_else)
    handed_on = _handed_on(book, revision, team)
    if handed_on:
        kinds.append("handed_on")
    planned = [*plan.new, *plan.again, *(task for task in plan.live if task.task_id in again)]
    state = case.state
    if change.reopened and state == states.OPEN and was_met(written):
        state = states.CASE.move(state, states.ACTIVE)
    case = replace(
        case,
        state=state,
        version=case.version + bool(kinds),
        team=team,
        team_lacks=roles_lacking(team, stands),
        unassigned_since=unassigned_since(case, team, book.uow.now),
        staff_seen=book.reference.staff.revision,
        moved_at=book.uow.now if _has_moved(book, revision) else before.moved_at,
        district=district_of(places, book.reference.places),
        tasks_planned=case.tasks_planned + len(plan.new),
        plan_number=case.plan_number + bool(planned),
        history_lines=case.history_lines + 1,
    )
    book.add_tasks(plan.new)
    book.change_tasks([*again.values(), *plan.changed, *(task.cancelled() for task in void)])
    live = plan.live
    if _has_moved(book, revision):
        of_others = {task.task_id: task for task in _of_other_officers(book, case, live)}
        live = [of_others.get(task.task_id, task) for task in live]
        book.change_tasks(of_others.values())
    detail = {"reason": change.reason, **differences(before, case)}
    book.change(case, "+".join(kinds) or "looked_at", cause, detail)
    if kinds and before.version == 0:  # nobody knew of it before
        book.publish("case.opened", case, stands, live, cause)
    elif kinds:
        said = change_data(kinds, before, change.reason, team)
        if not is_at_same_place(before.arrival, case.arrival, book.reference.places):
            said.pop("joined", None)  # all are others there, as for a case that is opened
            if given := _given(book, case, written, live):
                said["given"] = given
        if handed_on:
            said["previous_owner"] = handed_on
        book.publish("case.changed", case, stands, live, cause, said)
    if planned:
        book.publish_tasks(case, planned, cause)


def _asked_since(book: Casebook, revision: Revision) -> datetime:
    """From when on news may ask for more of a case that is followed already: from the day on which they came,
    for a policy that was corrected or withdrawn before left the past alone; or from when they tell of.
    """
    return min([book.present.today_begins, *(chapter.at for chapter in revision.change.chapters)])


def _of_other_officers(book: Casebook, case: Case, live: Iterable[Task]) -> Iterable[Task]:
    """What an officer must decide is decided where the case lies now: whoever had it does not reach it."""
    for task in live:
        if task.kind in OFFICERS_TASKS and task.staff_id != (who := officer_of(book, case, task.role)):
            yield replace(task, staff_id=who)


def _given(book: Casebook, case: Case, written: Iterable[Task], live: Iterable[Task]) -> list[dict[str, Any]]:
    """Who has tasks now that others had where the case lay before; the owner is told as the owner.

    :param written: its tasks as they were before.
    """
    had = {task.task_id: task.staff_id for task in written}
    went_along = {task.staff_id for task in live if task.staff_id != had.get(task.task_id, task.staff_id)}
    by_id = book.reference.staff.by_id
    members = [by_id[id] for id in sorted(id for id in went_along if id and id != case.owner) if id in by_id]
    return [member_data(member.role, member.staff_id, book.reference.staff) for member in members]


def _goes_on_otherwise(revision: Revision) -> bool:
    """They come home to another stage, or from hospital as the policy says: tests of before are over."""
    from_hospital = any(chapter.discharged for chapter in revision.change.chapters)
    return revision.begins_stage or bool(from_hospital and revision.standing.policy.discharged)


def was_met(tasks: Iterable[Task]) -> bool:
    """Whether their first contact is done, which is not asked for again when a case is opened again."""
    return any(task.kind == FIRST_CONTACT and task.state == task_states.DONE for task in tasks)


def _anew(book: Casebook, stands: Standing, task: Task) -> Task:
    """A task to look at somebody that was taken back, with a term from now on."""
    ladders = stands.policy.ladders
    due_by = ladders.awake(task.kind, book.uow.now + stands.policy.see_abnormal.within)
    planned = planned_task(ladders, task.kind, task.day, task.due_from, due_by, task.role)
    return task.asked_for(planned, ladders, book.uow.zone)


def _is_void(task: Task, revision: Revision) -> bool:
    """Of a case that had ended only this is left: to tell somebody that they are asked for nothing. And
    whether somebody is to be released is asked anew where another measure or other days are in force. Whoever
    goes on with the next stage is fetched to no centre for the one before. Whether a home suits matters for
    where the measure kept them in.
    """
    asked_anew = revision.direction is not None and task.kind in ENDED_BY_DECISION
    too_late = revision.begins_stage and task.kind in ON_THE_WAY_TASKS
    moved = kept_in(revision.before.measure) != kept_in(revision.case.measure) and task.kind == SETTLE_HOME
    return bool(task.about) and (revision.opens_again or asked_anew or too_late or moved)


def _has_moved(book: Casebook, revision: Revision) -> bool:
    """Whether somebody who was followed at a known place lies in another now."""
    before, places = revision.before, book.reference.places
    return before.closed_at is None and is_elsewhere(before.arrival, revision.case.arrival, places)


def _choose_team(book: Casebook, revision: Revision, places: Sequence[str]) -> tuple[Member, ...]:
    """Those of the team who go on with the case, and others in place of the rest."""
    before, arrival, staff = revision.before, revision.case.arrival, book.reference.staff
    anew = before.state == states.CANCELLED and not revision.change.reopened
    keep = [] if anew else kept_members(before, arrival, book.reference.places, staff)
    team = choose_team(arrival, revision.standing, places, staff, book.loads.known, keep)
    book.loads.give(team)
    if before.closed_at is None:  # else their load went with its end
        book.loads.take(before.team)
    return team


def _handed_on(book: Casebook, revision: Revision, team: Sequence[Member]) -> dict[str, Any] | None:
    """The owner so far, who must know that news of the arrival gave the case to somebody else."""
    before, staff = revision.before, book.reference.staff
    if revision.change.arrival is None or revision.opens_again or owner(team) == before.owner:
        return None
    member = staff.active(before.owner)
    return member_data(member.role, member.staff_id, staff) if member else None


def _cancel(book: Casebook, revision: Revision, written: Sequence[Task], cause: Event | None) -> None:
    """Nobody comes: nothing is to be done any more. The team stays in the case, to be told of it."""
    before, change = revision.before, revision.change
    case = replace(
        revision.case,
        version=before.version + 1,
        unassigned_since=None,
        history_lines=before.history_lines + 1,
    )
    book.loads.take(before.team)
    book.change_tasks(task.cancelled() for task in written if task.live)
    # Nobody may read that nothing is asked any more: it is asked of them under the other arrival.
    what = "merged" if change.merged else "cancelled"
    book.change(case, what, cause, {"reason": change.reason, **differences(before, case)})
    kinds = [what, *(kind for kind in change.corrected if kind == WRONG_NUMBER)]
    said = change_data(kinds, before, change.reason, before.team)
    book.publish("case.changed", case, revision.standing, [], cause, said)
