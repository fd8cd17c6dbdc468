"""The cases that a batch of commands is about: each command finds what the ones before it left."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from chassis.commands.command import Said
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.places import PlaceTree
from field.scope import Scope
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.events import change_data
from services.isolation.cases.merged import going_on
from services.isolation.plans import states
from services.isolation.plans.acts import DONE, MOST, NOT_POSSIBLE, TAKEN, TAKEN_BACK, Act
from services.isolation.plans.replanning import reopened
from services.isolation.plans.task import FIRST_CONTACT, Task
from services.isolation.teams.alarm import alarmed
from services.isolation.teams.ladder import Informed, Whereabouts
from services.isolation.teams.rules import Place

_OFFICERS: Final = ("community_officer", "street_officer", "district_officer")
"""Roles that decide."""


class CasesInHand:
    """Cases with their tasks, locked, as the commands of the batch have left them so far."""

    def __init__(self, book: Casebook, case_ids: Iterable[str]) -> None:
        self.book = book
        self.uow = book.uow
        # The database would refuse the whole batch for one text that is no id.
        self._cases = book.lock({id for id in case_ids if is_id(id)})
        ended = [case.case_id for case in self._cases.values() if case.closed_at is not None]
        self._goes_on_as = going_on(book.uow.conn, ended) if ended else {}
        # Seldom, and out of the order of locks: two that wait for each other so are taken again.
        self._cases |= book.lock(set(self._goes_on_as.values()) - self._cases.keys())
        self._tasks = book.lock_tasks(self._cases.values())

    @property
    def ids(self) -> Collection[str]:
        return self._cases.keys()

    def find(self, case_id: str) -> Case | None:
        """The case as it stands, for what the services tell each other."""
        return self._cases.get(case_id)

    def case(self, said: Said, case_id: str) -> Case:
        """The case as it stands.

        Raises Refused: `unknown` where the author does not reach it, `conflict` where it is stripped.
        """
        for case in self.reached(said, [case_id]):
            if case.stripped_at is not None:
                message = "its term has passed, and nobody knows whose it was: say it of a new arrival"
                raise Refused("conflict", [Fault("case_id", "stripped", message)])
            return case
        raise Refused.unknown("case", case_id)

    def reached(self, said: Said, case_ids: Iterable[str]) -> list[Case]:
        """Those of these cases that the author reaches."""
        cases = (case for case_id in case_ids if (case := self._cases.get(case_id)))
        scope, places = said.scope, self.book.reference.places
        return [case for case in cases if reaches(scope, case, places) or _is_given_to(scope, case)]

    def reaches(self, said: Said, named: Case) -> bool:
        """Whether the author answers for that case, or for the one under which the person is followed now."""
        for case in (named, self.followed_as(named)):
            try:
                if case is not None and self.case(said, case.case_id):
                    return True
            except Refused as refused:
                if refused.kind != "unknown":
                    raise
        return False

    def is_officer(self, said: Said) -> bool:
        """Whether the author may decide: whoever does what was decided says only what came of it."""
        author = self.book.reference.staff.active(said.author.staff_id)
        return author is not None and author.role in _OFFICERS

    def followed_as(self, case: Case) -> Case | None:
        """The case under which they are followed: this one, or where it ended merged, the one that goes on.
        None: nobody follows them here.
        """
        if self.is_merged(case):
            other = self._cases.get(self._goes_on_as[case.case_id])
        else:
            other = self._cases[case.case_id]
        return other if other and other.closed_at is None else None

    def all_followed(self, people: Iterable[Case]) -> list[Case]:
        """The cases under which these are followed, each once. Raises Refused where nobody is any more."""
        followed = {case.case_id: case for one in people if (case := self.followed_as(one))}
        if not followed:
            raise Refused.conflict("case_ids", "nobody of these is followed here any more")
        return list(followed.values())

    def is_merged(self, case: Case) -> bool:
        """Whether another case goes on for it, be it there or not."""
        return case.case_id in self._goes_on_as

    def goes_on(self, case: Case) -> Case | None:
        """The case that goes on for one that ended merged; None: it did not, or no news of it have come."""
        return self._cases.get(self._goes_on_as[case.case_id]) if self.is_merged(case) else None

    def household(self, said: Said, case_ids: Sequence[str]) -> list[Case]:
        """These cases. Raises Refused, also where they are not of one household."""
        cases = [self.case(said, case_id) for case_id in dict.fromkeys(case_ids)]
        if len(cases) > 1 and len({case.household for case in cases}) > 1:
            raise Refused.invalid([Fault("case_ids", "other_household", "name cases of one household only")])
        return cases

    def tasks(self, case: Case) -> Sequence[Task]:
        """All tasks of the case, whatever their state."""
        return self._tasks.get(case.case_id, ())

    def change_tasks(self, case: Case, changed: Sequence[Task]) -> None:
        """Write changed tasks of the case."""
        by_id = {task.task_id: task for task in changed}
        self._tasks[case.case_id] = [by_id.get(task.task_id, task) for task in self.tasks(case)]
        self.book.change_tasks(changed)

    def report(self, said: Said, case: Case, task: Task, act: Act) -> Task:
        """Write what an act makes of a task of the case, and publish that it is done, once.

        Raises Refused where more was said of the task than is kept.
        """
        if not task.takes(act.what):
            raise Refused.invalid([Fault("", "too_many_acts", f"{MOST} acts on this task are kept already")])
        cause = self.cause(said, case)
        after = self.act_on(case, task, act, cause)
        if task.kind == FIRST_CONTACT and act.what == DONE and after.version > task.version:
            # apart, for registration wants to hear of no other kind; of each, for one may be taken back
            data = {"staff_id": act.staff_id, "act": act.id, **_done(task, act)}
            self.uow.record("case.contacted", task.task_id, _times(after, DONE), data, cause=cause)
        return after

    def act_on(self, case: Case, task: Task, act: Act, cause: Event) -> Task:
        """Write what an act that the task takes makes of it, and publish that it is done, or done no more."""
        after = task.after(act, self.book.policy(case).ladders, self.uow.zone)
        reopens = task.state == states.DONE != after.state
        if reopens:
            after = self._reopened(case, after)
        self.change_tasks(case, [after])
        if after.state == states.DONE != task.state:
            data = {"by": act.staff_id, **_done(task, act)}
            self.uow.record("task.done", task.task_id, _times(after, DONE), data, cause=cause)
        if reopens:
            data = {**_of_task(task), "at": act.at, "by": act.staff_id, "state": after.state}
            self.uow.record(
                "task.done_taken_back", task.task_id, _times(after, TAKEN_BACK), data, cause=cause
            )
        return after

    def _reopened(self, case: Case, task: Task) -> Task:
        """Of a case that has ended nobody asks for it again."""
        if case.closed_at is not None:
            return task.cancelled() if task.live else task
        stands = self.book.standing(case)
        return reopened(
            task,
            stands.tasks(case.planned_until),
            opening=stands.opening_kinds,
            ladders=self.book.policy(case).ladders,
            zone=self.uow.zone,
            team=case.team,
        )

    def taken(self, said: Said, case: Case, task: Task) -> Act:
        """The author does the task: its ladder waits for them once."""
        ladder = self.book.policy(case).ladders.of(task.kind)
        return act_of(said, TAKEN, until=said.at + ladder.interval(task.steps_informed))

    def not_possible(self, said: Said, case: Case, because: str) -> Act:
        """A task was not possible: the term of whoever decides about it begins when that comes."""
        until = self.uow.now + self.book.policy(case).terms.decide
        return act_of(said, NOT_POSSIBLE, until=until, because=because)

    def informed_at_once(self, case: Case, task: Task) -> Informed:
        """Whom a task of the case concerns at once, at any hour."""
        a, reference, ladders = case.arrival, self.book.reference, self.book.policy(case).ladders
        return alarmed(
            case.team,
            task.role,
            ladders.of(task.kind),
            Whereabouts(a.street, a.community, a.grid, case.owner),
            reference.places,
            reference.staff,
            self.uow.now,
            at_night=ladders.is_night(self.uow.now),
        )

    def done(self, said: Said, case: Case, task: Task, *, how: str | None = None) -> None:
        """Somebody did a task of the case, in time or late; one that is done already stays as it is."""
        if task.state != states.DONE:
            self.report(said, case, task, act_of(said, DONE, how=how))

    def add_task(self, said: Said, case: Case, task: Task) -> Case:
        """Plan one more task, and say so. Returns the case, which counts it.

        Where the case has ended, and the one that goes on for it is not there yet, the task waits for that
        one, taken back (households/plan_again.py).
        """
        if case.closed_at is None:
            after = self.book.add_unplanned(case, task, self.cause(said, case))
        else:
            task = task.cancelled()
            self.book.add_tasks([task])
            after = replace(case, tasks_planned=case.tasks_planned + 1)
        self._tasks[case.case_id] = [*self.tasks(case), task]
        self._cases[case.case_id] = after
        return after

    def plan(self, case: Case, task: Task, cause: Event) -> Case:
        """Plan one more task of a case that is followed, of what no command says."""
        self._tasks[case.case_id] = [*self.tasks(case), task]
        case = self._cases[case.case_id] = self.book.add_unplanned(case, task, cause)
        return case

    def change_details(self, said: Said, before: Case, after: Case, reason: str, /, **detail: Any) -> Case:
        """Say in case.changed that something about the person changed. Returns the case."""
        line = {"by": said.author.source, "at": said.at, "reason": reason, **detail}
        return self.tell(before, after, "details", said.event, ["details"], reason, line)

    def tell(
        self,
        before: Case,
        after: Case,
        what: str,
        event: Event,
        kinds: Sequence[str],
        reason: str,
        detail: Mapping[str, Any],
        **more: Any,
    ) -> Case:
        """Write a changed case, with the line in its history that says so, and tell it in case.changed.

        :param what: the line; `detail` is the rest of it.
        :param event: what caused it.
        :param kinds: of change, with their `reason`; `more` stands beside them.
        """
        case = replace(after, version=before.version + 1, history_lines=before.history_lines + 1)
        self._cases[case.case_id] = case
        self.book.change(case, what, event, detail)
        live = [task for task in self.tasks(case) if task.live]
        change = {**change_data(kinds, before, reason, case.team), **more}
        self.book.publish("case.changed", case, self.book.standing(case), live, in_story(event, case), change)
        return case

    def cause(self, said: Said, case: Case) -> Event:
        """The command as the cause of an event about the case: in the story of the report that opened it."""
        return in_story(said.event, case)

    def add_line(self, said: Said, case: Case, what: str, /, **detail: Any) -> Case:
        """Add a line to the case's history: who said what, and by which event. Returns the case with it.

        The case that goes on for it has a line, too, and with it whether they may be released is looked at.
        """
        case = self._cases[case.case_id] = replace(case, history_lines=case.history_lines + 1)
        by = {"by": said.author.source, "at": said.at}
        self.book.add_line(case, what, said.event, {**by, **detail})
        if self.is_merged(case) and (other := self.followed_as(case)):
            other = self._cases[other.case_id] = replace(other, history_lines=other.history_lines + 1)
            detail = {**by, "of": case.case_id, "said": what}
            self.book.add_line(other, "said_of_the_same", said.event, detail)
        return case

    def hear(self, case: Case, what: str, event: Event | None, **detail: Any) -> Case:
        """Add a line to the case's history of what an event says, or what was found by the clock."""
        case = self._cases[case.case_id] = replace(case, history_lines=case.history_lines + 1)
        self.book.add_line(case, what, event, detail)
        return case

    def change(self, said: Said, case: Case, what: str, **detail: Any) -> Case:
        """Write a changed case, with the line in its history that says so. Returns the case with it."""
        case = self._cases[case.case_id] = replace(case, history_lines=case.history_lines + 1)
        self.book.change(case, what, said.event, {"by": said.author.source, "at": said.at, **detail})
        return case


def act_of(said: Said, what: str, **more: Any) -> Act:
    """A command as the act on a task that it is."""
    return Act(what, said.at, said.event.id, said.author.source, said.author.staff_id, **more)


def in_story(event: Event, case: Case) -> Event:
    """An event as a cause in the story of the report that opened the case."""
    return replace(event, correlationid=case.correlation_id)


def _done(task: Task, act: Act) -> dict[str, Any]:
    """What is published of a task that is done."""
    return {**_of_task(task), "at": act.at, "how": act.how}


def _of_task(task: Task) -> dict[str, Any]:
    return {
        "task_id": task.task_id,
        "case_id": task.case_id,
        "arrival_id": task.case_id,
        "kind": task.kind,
    }


def _times(task: Task, what: str) -> int:
    """How often it was said of the task: the number of the event that tells of the newest time."""
    return task.acts.how_often(what) if task.acts else 0


@contextmanager
def cases_in_hand(uow: UnitOfWork, case_ids: Iterable[str]) -> Iterator[CasesInHand]:
    """Those of these cases that there are; what becomes of them is written when the block ends."""
    with casebook(uow) as book:
        yield CasesInHand(book, case_ids)


def reaches(scope: Scope, case: Case, places: PlaceTree[Place]) -> bool:
    """Whether the scope reaches the case: by one of its places or below, or by one of its households."""
    a = case.arrival
    own = (a.grid, a.community, a.street)
    there = scope.covers(*own, case.district, *places.upward(*own))
    return there or scope.covers_household(case.household)


def _is_given_to(scope: Scope, case: Case) -> bool:
    """A case that lies in no known grid is given to workers of the community's grids."""
    return any(member.staff_id in scope.staff for member in case.team)
