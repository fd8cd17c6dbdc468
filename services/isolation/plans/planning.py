"""Which tasks a case has: arithmetic over a policy's rule, worked out once a day for all cases alike.

A task is known by its case, kind and `due_from` (its natural key), so that planning the same days again,
by another replica or after a restart, plans nothing new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import chain, zip_longest
from typing import NamedTuple
from zoneinfo import ZoneInfo

from field.days import local_day
from field.ladder import Ladders
from services.isolation.policies.counting import day_number
from services.isolation.policies.rules import CHECK_IN, TEST, OpeningTask, Rule, Tests, Window

HORIZON = timedelta(days=1)
"""How far ahead tasks are planned: today and tomorrow, so that a change of policy rewrites little."""


Key = tuple[str, datetime]
"""(kind, due_from): by this a task of a case is known."""


class PlannedTask(NamedTuple):
    """One thing one role must do for a case. Times are UTC; `day` is the day number of the measure.

    :param first_step_at: when the ladder's first step falls due if nobody does it.
    """

    kind: str
    day: int
    due_from: datetime
    due_by: datetime
    role: str
    first_step_at: datetime

    @property
    def key(self) -> Key:
        return (self.kind, self.due_from)


def planned_task(
    ladders: Ladders, kind: str, day: int, due_from: datetime, due_by: datetime, role: str
) -> PlannedTask:
    return PlannedTask(kind, day, due_from, due_by, role, ladders.falls_due(kind, due_by, 1))


class Planner:
    """The tasks that one rule asks for. They are worked out once and kept: cases of one day share them, and
    those that begin in one batch of events begin at one moment.
    """

    def __init__(self, rule: Rule, zone: ZoneInfo) -> None:
        self.rule = rule
        self.zone = zone
        self._days: dict[tuple[date, date, date], tuple[PlannedTask, ...]] = {}
        self._openings: dict[tuple[datetime, date, datetime], tuple[PlannedTask, ...]] = {}

    def opening(self, clock: datetime, day_zero: date, asked_from: datetime) -> tuple[PlannedTask, ...]:
        """The tasks with which a measure begins at `clock`; their terms count from `asked_from`."""
        key = (clock, day_zero, asked_from)
        tasks = self._openings.get(key)
        if tasks is None:
            if len(self._openings) > 500:
                self._openings.clear()
            tasks = self._openings[key] = self._opening(clock, day_zero, asked_from)
        return tasks

    def _opening(self, clock: datetime, day_zero: date, asked_from: datetime) -> tuple[PlannedTask, ...]:
        number = day_number(local_day(asked_from, self.zone), day_zero)
        ladders = self.rule.ladders

        def due_by(task: OpeningTask) -> datetime:
            return ladders.awake(task.kind, asked_from + task.within)

        return tuple(
            planned_task(ladders, task.kind, number, clock, due_by(task), task.role)
            for task in self.rule.opening
        )

    def on_day(self, day: date, day_zero: date, last_day: date) -> tuple[PlannedTask, ...]:
        """Check-ins and tests of a whole day, and on the last day the release; in order of time."""
        key = (day, day_zero, last_day)
        tasks = self._days.get(key)
        if tasks is None:
            if len(self._days) > 5000:  # a few weeks of days; a process may run for months
                self._days.clear()
            tasks = self._days[key] = tuple(
                sorted(self._work_out(day, day_zero, last_day), key=lambda task: (task.due_from, task.kind))
            )
        return tasks

    def _work_out(self, day: date, day_zero: date, last_day: date) -> Iterator[PlannedTask]:
        number = day_number(day, day_zero)
        rule = self.rule
        release = min((task.window.start for task in rule.on_release), default=None)
        before = release if day == last_day else None
        if rule.check_ins and day <= last_day:
            for window in rule.check_ins.windows:
                if before is None or window.start < before:
                    yield self.in_window(CHECK_IN, number, day, window, rule.check_ins.role)
        if rule.tests and number in rule.tests.days:
            yield self.in_window_of_tests(day, day_zero, rule.tests)
        if day == last_day:
            for task in rule.on_release:
                yield self.in_window(task.kind, number, day, task.window, task.role)

    def in_window_of_tests(self, day: date, day_zero: date, tests: Tests) -> PlannedTask:
        return self.in_window(TEST, day_number(day, day_zero), day, tests.window, tests.role)

    def in_window(self, kind: str, number: int, day: date, window: Window, role: str) -> PlannedTask:
        start = datetime.combine(day, window.start, self.zone).astimezone(UTC)
        end = datetime.combine(day, window.end, self.zone).astimezone(UTC)
        return planned_task(self.rule.ladders, kind, number, start, end, role)


@lru_cache(maxsize=1000)
def planner_of(rule: Rule, zone: ZoneInfo) -> Planner:
    """One planner for each rule, shared by all cases."""
    return Planner(rule, zone)


class Piece(NamedTuple):
    """A time during which one rule held for a case: [start, end)."""

    planner: Planner
    start: datetime
    end: datetime | None
    day_zero: date
    last_day: date
    begins_measure: bool
    """The measure itself began with this piece, not only its days or its edition."""
    sets_last_day: bool
    """The last day follows from this piece; otherwise it is that of the piece before."""


def plan(
    pieces: Iterable[Piece], clock: datetime, through: date, asked_from: datetime | None = None
) -> dict[Key, PlannedTask]:
    """All tasks of a case up to the end of the local day `through`, by key.

    :param pieces: one after another; the last one holds now.
    :param clock: when the measure in force began; its opening tasks are known by it.
    :param asked_from: from when their terms count; None: from there.

    Each piece keeps the tasks that fell due in its time. Opening and release tasks are those of the last
    piece: an earlier measure's tasks for its beginning or end are overtaken.
    """
    tasks: dict[Key, PlannedTask] = {}
    tested: set[date] = set()
    last: Piece | None = None
    began = clock
    last_day_set = clock  # what is done on the last day was not asked for before
    pieces = list(pieces)
    for piece, following in zip_longest(pieces, pieces[1:]):
        if piece.sets_last_day:
            last_day_set = piece.start
        if piece.begins_measure:
            began = piece.start
        goes_on = _goes_on(piece, following)
        for task in chain(
            _days_of(piece, through, tested, goes_on),
            _tests_made_up(piece, began, through, tested, goes_on),
        ):
            tasks[task.key] = task
        last = piece
    if last is None:
        return tasks
    zone = last.planner.zone
    if local_day(clock, zone) <= through:
        for task in last.planner.opening(clock, last.day_zero, asked_from or clock):
            tasks[task.key] = task
    if last.last_day <= through:
        kinds = {task.kind for task in last.planner.rule.on_release}
        for task in last.planner.on_day(last.last_day, last.day_zero, last.last_day):
            if task.kind in kinds:
                if task.due_from < last_day_set:
                    task = _at_once(task, last_day_set, last.planner.rule)
                tasks[task.key] = task
    return tasks


def _goes_on(piece: Piece, following: Piece | None) -> bool:
    """Whether the next piece asks for the same on the same days."""
    return following is None or (not following.begins_measure and following.day_zero == piece.day_zero)


def _days_of(piece: Piece, through: date, tested: set[date], goes_on: bool) -> Iterator[PlannedTask]:
    planner = piece.planner
    rule = planner.rule
    if rule.check_ins is None and rule.tests is None:
        return
    first = day = local_day(piece.start, planner.zone)
    end = min(through, piece.last_day)
    if piece.end is not None:
        end = min(end, local_day(piece.end, planner.zone))
    while day <= end:
        for task in planner.on_day(day, piece.day_zero, piece.last_day):
            if task.kind == CHECK_IN:
                wanted = task.due_from >= piece.start
            elif task.kind == TEST:
                wanted = day not in tested
                if wanted and task.due_from < piece.start:  # a test is made up for, a check-in is not
                    task = _at_once(task, piece.start, rule)
            else:
                continue
            if wanted and _fell_due(task, piece.end, goes_on):
                if task.kind == TEST:
                    tested.add(day)
                yield task
        day += timedelta(days=1)
        assert day > first


def _tests_made_up(
    piece: Piece, began: datetime, through: date, tested: set[date], goes_on: bool
) -> Iterator[PlannedTask]:
    """For a person who begins a measure when days of testing have passed already: one test at once, where
    none was asked for since, or as many as passed without one, each on a day that has none.

    :param began: when the measure began, with this piece or one before.
    """
    planner, tests = piece.planner, piece.planner.rule.tests
    if tests is None or not tests.catch_up:
        return
    first = day = local_day(began, planner.zone)
    passed = [piece.day_zero + timedelta(days=number) for number in tests.days]
    passed = [on for on in passed if on < first]
    # A policy or a measure before may have asked for a test on some of them, or after them.
    if tests.apart:
        missing = sum(on not in tested for on in passed)
    else:
        last = max((on for on in tested if on < first), default=date.min)
        missing = int(any(on > last for on in passed))
    before = began
    while missing and day <= min(through, max(first, piece.last_day)):
        own = day_number(day, piece.day_zero) in tests.days and (day > first or day in tested)
        test = None if own else _made_up(planner, day, piece.day_zero, began, before, tests)
        if own:
            before = max(planner.in_window_of_tests(day, piece.day_zero, tests).due_from, began)
        elif test:
            missing, before = missing - 1, test.due_from
            if test.due_from >= piece.start and day not in tested and _fell_due(test, piece.end, goes_on):
                tested.add(day)
                yield test
        if not tests.apart:
            return
        day += timedelta(days=1)


def _made_up(
    planner: Planner, day: date, day_zero: date, began: datetime, before: datetime, tests: Tests
) -> PlannedTask | None:
    """The test that a day without one of its own gets; None: it would be too soon after the one before."""
    number, ladders = day_number(day, day_zero), planner.rule.ladders
    if day == local_day(began, planner.zone):
        due_by = ladders.awake(TEST, began + tests.window.length)
        return planned_task(ladders, TEST, number, began, due_by, tests.role)
    test = planner.in_window_of_tests(day, day_zero, tests)
    due_from = max(test.due_from, before + (tests.apart or timedelta()))
    if due_from >= test.due_by:
        return None
    return planned_task(ladders, TEST, number, due_from, test.due_by, tests.role)


def _fell_due(task: PlannedTask, end: datetime | None, goes_on: bool) -> bool:
    """Whether a piece keeps the task when it ends.

    A check-in under way is finished. A test that could still be taken is left to the rule that holds now, so
    that a case that became known in two steps ends as one that became known at once.
    """
    if end is None:
        return True
    return task.due_from < end if task.kind == CHECK_IN or goes_on else task.due_by <= end


def _at_once(task: PlannedTask, start: datetime, rule: Rule) -> PlannedTask:
    """The same task, its window moved to begin then. It does not end at night."""
    due_by = rule.ladders.awake(task.kind, start + (task.due_by - task.due_from))
    return planned_task(rule.ladders, task.kind, task.day, start, due_by, task.role)
