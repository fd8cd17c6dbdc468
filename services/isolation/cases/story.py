"""The story of a case: what became known about it, and when; everything else follows from it.

Events come in any order. A case therefore keeps each version of its arrival as a chapter. Its measure, days
and tasks are worked out from all chapters, and come out the same, whichever chapter came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from field.days import local_day
from services.isolation.plans.planning import Key, Piece, PlannedTask, plan, planner_of
from services.isolation.policies.counting import counted_from, release_day
from services.isolation.policies.rules import Exposure, Policy, Rule, decide, rank, stricter

_WATCHED: Final = "home_health_monitoring"
Absence = Literal["expected", "not_coming"]
"""Why nobody is there: they are announced and have not come yet, or do not come."""


class Exposed(NamedTuple):
    """They lived with somebody who was found positive.

    :param by: the case of that one.
    :param last_on: the last day on which they were together.
    """

    by: str
    last_on: date


@dataclass(frozen=True, slots=True)
class Chapter:
    """One thing that became known.

    :param version: the arrival's version; None: a policy began that applies to open cases, or the one the
        case is under was corrected so that it ends on another day, or was withdrawn.
    :param at: the time of the event.
    :param policy_id: the policy in force there at that time.
    :param absent: why nobody is there; None: they came.
    :param reopened: the case had ended, and was opened again: nothing else became known.
    :param exposed: they are a close contact, from then on.
    :param stage: the stage of the measure that begins with it; 0: none does.
    :param discharged: they were positive, and came home from hospital.
    :param entered_on: the day on which they entered the country, by that version of the arrival; None: they
        did not come from abroad, as far as it is known.
    """

    version: int | None
    at: datetime
    exposures: tuple[Exposure, ...]
    policy_id: str
    absent: Absence | None = None
    reopened: bool = False
    exposed: Exposed | None = None
    stage: int = 0
    discharged: bool = False
    entered_on: date | None = None

    @property
    def tells_of_them(self) -> bool:
        """Rather than of a policy alone."""
        return bool(self.version is not None or self.exposed or self.stage or self.discharged)


class Stage(NamedTuple):
    """One of the rules that follow each other, with its days."""

    rule: Rule
    day_zero: date
    release_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """A case's measure that holds now, its days, and since when it holds."""

    policy: Policy
    rule: Rule
    risk_level: str
    arrival_day: date
    day_zero: date
    release_on: date
    last_day: date
    """Day of the last task: the release, or where that had passed already, the day the measure began."""
    clock: datetime
    """When the measure in force began."""
    pieces: tuple[Piece, ...]
    asked_from: datetime
    """From when the terms of its opening tasks count: where it was opened again since, from then."""
    is_contact: bool
    """Asked, too, what a close contact is asked."""
    is_discharged: bool
    """Asked what whoever comes home from hospital is asked, instead of all before."""
    stage: int
    """Which stage of the measure holds; 0: the first, or the only one."""
    passed: tuple[Stage, ...]
    """The stages before it, whose days are full."""
    to_come: tuple[Stage, ...]
    """The stages that follow: nobody is released before the last one."""

    @property
    def ends_on(self) -> date:
        """When the days of the last stage are full."""
        return self.to_come[-1].release_on if self.to_come else self.release_on

    def tasks(self, through: date) -> dict[Key, PlannedTask]:
        """All tasks up to the end of a day."""
        return plan(self.pieces, self.clock, through, self.asked_from)

    @property
    def opening_kinds(self) -> set[str]:
        """Kinds of task with which any of the measures so far began."""
        return {task.kind for piece in self.pieces for task in piece.planner.rule.opening}


def in_order(chapters: Iterable[Chapter]) -> list[Chapter]:
    """By version; changes of policy between them by time. Clocks of replicas may differ a little."""
    versions: list[Chapter] = []
    policies: list[Chapter] = []
    for chapter in chapters:
        (policies if chapter.version is None else versions).append(chapter)
    versions.sort(key=lambda c: c.version or 0)
    ordered: list[Chapter] = []
    policies.sort(key=lambda c: (c.at, c.policy_id), reverse=True)
    for chapter in versions:
        while ordered and policies and policies[-1].at <= chapter.at:
            ordered.append(policies.pop())
        ordered.append(chapter)
    return [*ordered, *reversed(policies)]


def entry(chapters: Iterable[Chapter]) -> date | None:
    """The day of entry by the newest version of the arrival; None: they did not come from abroad."""
    return _newest(chapters).entered_on


def counts_as_inbound(policy: Policy, entered_on: date | None, arrival_day: date) -> bool:
    """Whether the policy has a rule for whoever came from abroad of which days were left when they came."""
    if entered_on is None or policy.inbound is None:
        return False
    return _full_on(policy.rules[policy.inbound], entered_on) > arrival_day


def absence(chapters: Iterable[Chapter]) -> Absence | None:
    """Why nobody is there, by the newest version of the arrival; None: they came."""
    return _newest(chapters).absent


def _newest(chapters: Iterable[Chapter]) -> Chapter:
    return max((chapter for chapter in chapters if chapter.version), key=lambda c: c.version or 0)


def standing(
    chapters: Sequence[Chapter],
    arrived_at: datetime,
    policies: Mapping[str, Policy],
    zone: ZoneInfo,
) -> Standing:
    """The measure, the days and all else that follows from the chapters (in order, at least one).

    A case keeps the policy it began under until one comes that says it applies to open cases. Of a policy
    only the latest text counts: if a correction shortens a measure below the days already served, the case
    ends on the day of the correction. A policy that was withdrawn counts as never published: what became
    known while it was in force goes by the policy of before, or where the case began under it, by the next.
    While nobody was there, nothing was asked of anybody: a measure begins when they have come. A close
    contact keeps to the stricter of their own measure and that of contacts, and its days begin anew with the
    last day on which they were together. Of a measure in stages the one holds that began last, but none after
    one whose days are not full by what is known by then: a new exposure leads back to the first. What was
    asked of them before is over for whoever comes home from hospital, where the policy says how they go on.
    Whoever came from abroad keeps to the stricter of their own measure and that of entry; stages whose days
    were full when they came were served where they entered.
    """
    reopened = max((chapter.at for chapter in chapters if chapter.reopened), default=None)
    chapters = [chapter for chapter in chapters if not chapter.reopened]
    chapters = [chapter for chapter in chapters if not chapter.absent] or chapters
    chapters = [chapter for chapter in chapters if not _is_void(chapter, policies)] or chapters
    arrival_day = local_day(arrived_at, zone)
    policy = _first(chapters, policies)
    pieces: list[Piece] = []
    exposures: tuple[Exposure, ...] = ()
    entered_on: date | None = None
    exposed_on: date | None = None
    discharged_on: date | None = None
    clock = start = arrived_at
    stage, of_entry = 0, False
    for chapter in chapters:
        newer = policies[chapter.policy_id]
        newer = policy if newer.withdrawn else newer
        corrected = chapter.version is None and newer is policy and chapter.exposed is None
        if newer.applies_to_open_cases:
            policy = newer
        stage = 0 if chapter.discharged and policy.discharged else chapter.stage or stage
        if chapter.version is not None:
            exposures, entered_on = chapter.exposures, chapter.entered_on
        if chapter.exposed:
            exposed_on = max(chapter.exposed.last_on, exposed_on or chapter.exposed.last_on)
        if chapter.discharged:
            discharged_on = local_day(chapter.at, zone)
        exposure = decide(policy, exposures, arrival_day)[1]
        home_on = discharged_on if policy.discharged else None
        contact_on = exposed_on if exposed_on and (home_on is None or exposed_on > home_on) else None
        course = _course(*_asked(policy, exposure, arrival_day, entered_on, home_on, contact_on))
        start = max(start, chapter.at)
        before = pieces[-1] if pieces else None
        was_of_entry, of_entry = of_entry, _is_of_entry(policy, entered_on, course)
        if of_entry:
            stage = max(stage, sum(one.release_on <= arrival_day for one in course))
        elif was_of_entry:
            stage = chapter.stage  # it was one of a measure that holds no more
        stage = _reached(stage, course, local_day(start, zone))
        rule, day_zero, release_on = course[min(stage, len(course) - 1)]
        if before is not None and stage >= len(course):
            # A text that knows no such stage ends it, and leads nobody back into the one before.
            rule = _after_the_last(before.planner.rule, rule)
            day_zero = release_on - timedelta(days=rule.days)
        another = before is None or rank(before.planner.rule.measure) != rank(rule.measure)
        begins = another or (chapter.discharged and policy.discharged is not None)
        if begins:
            clock = start
        if before is not None and not (begins or corrected) and release_on == _release_of(before):
            last_day, sets_last_day = before.last_day, False
        else:
            last_day, sets_last_day = max(release_on, local_day(start, zone)), True
        if before is not None:
            pieces[-1] = before._replace(end=start)
        pieces.append(Piece(planner_of(rule, zone), start, None, day_zero, last_day, begins, sets_last_day))
    return Standing(
        policy=policy,
        rule=rule,
        risk_level=exposure.level,
        arrival_day=arrival_day,
        day_zero=day_zero,
        release_on=release_on,
        last_day=last_day,
        clock=clock,
        pieces=tuple(pieces),
        asked_from=max(clock, reopened) if reopened else clock,
        is_contact=contact_on is not None,
        is_discharged=home_on is not None,
        stage=stage,
        passed=tuple(course[: min(stage, len(course) - 1)]),
        to_come=tuple(course[stage + 1 :]),
    )


def _asked(
    policy: Policy,
    exposure: Exposure,
    arrival_day: date,
    entered_on: date | None,
    home_on: date | None,
    contact_on: date | None,
) -> tuple[Sequence[Rule], date]:
    """The stages of the measure, and the day 0 of the first.

    :param home_on: when they came home from hospital, where the policy says how they go on.
    :param contact_on: the last day with somebody positive, where that counts.
    """
    rule = policy.rules[exposure.level]
    day_zero = counted_from(
        rule.counted_from,
        arrival_day=arrival_day,
        left_on=exposure.left_on,
        arrival_is_day=rule.arrival_is_day,
    )
    if entered_on and counts_as_inbound(policy, entered_on, arrival_day):
        rule, day_zero = _with_entry(policy, rule, day_zero, entered_on, arrival_day)
    if home_on and policy.discharged:
        rule, day_zero = policy.rules[policy.discharged], home_on
    if contact_on is None:
        return rule.stages, day_zero
    contact, own_end = policy.rules[policy.close_contact], release_day(day_zero, rule.days)
    then = contact.then or rule.then
    rule = stricter(rule, contact)
    # Before their own days end nobody gets out by being a contact.
    return (rule, *then), max(day_zero, contact_on, own_end - timedelta(days=rule.days))


def _with_entry(
    policy: Policy, own: Rule, day_zero: date, entered_on: date, arrival_day: date
) -> tuple[Rule, date]:
    """The stricter of their own measure and that of entry, with its day 0: neither ends before the other's
    days are full.
    """
    assert policy.inbound
    inbound = policy.rules[policy.inbound]
    own_end, end = _full_on(own, day_zero), _full_on(inbound, entered_on)
    left = next(one for one in _course(inbound.stages, entered_on) if one.release_on > arrival_day)
    if (rank(own.measure), own_end) > (rank(left.rule.measure), end):
        return own, max(day_zero, end - timedelta(days=_days_of(own)))
    return inbound, max(entered_on, own_end - timedelta(days=_days_of(inbound)))


def _is_of_entry(policy: Policy, entered_on: date | None, course: Sequence[Stage]) -> bool:
    """Whether the measure is that of whoever came from abroad."""
    inbound = policy.inbound and policy.rules[policy.inbound]
    return entered_on is not None and course[0].rule is inbound


def _full_on(rule: Rule, day_zero: date) -> date:
    """The day on which the days of its last stage are full."""
    return release_day(day_zero, _days_of(rule))


def _days_of(rule: Rule) -> int:
    return sum(stage.days for stage in rule.stages)


def _course(rules: Iterable[Rule], day_zero: date) -> list[Stage]:
    """A measure's stages with their days, each from the day on which those of the one before are full.

    Whoever was held there longer, by a result that came late, is not held so much longer at home.
    """
    found: list[Stage] = []
    for rule in rules:
        found.append(Stage(rule, day_zero, release_day(day_zero, rule.days)))
        day_zero = found[-1].release_on
    return found


def _reached(stage: int, course: Sequence[Stage], day: date) -> int:
    """Where somebody stands that day who was said to be in that stage."""
    while stage and course[min(stage, len(course)) - 1].release_on > day:
        stage -= 1
    return stage


def _after_the_last(before: Rule, last: Rule) -> Rule:
    """By what somebody is followed who is in a stage that no text knows any more, until they are released.

    :param before: by which they were followed before that stage, or in it.
    :param last: of the stages that are left.
    """
    return before if rank(before.measure) < rank(last.measure) else _at_home(last)


@lru_cache(maxsize=100)
def _at_home(last: Rule) -> Rule:
    """They are looked at as before, and asked for nothing new. It was a laxer measure than the last one;
    which one, the text says no more.
    """
    watched = rank(_WATCHED) < rank(last.measure)
    measure = _WATCHED if watched else "self_monitoring"
    return replace(last, measure=measure, opening=(), tests=None)


def _is_void(chapter: Chapter, policies: Mapping[str, Policy]) -> bool:
    """Whether it tells of nothing but a policy that was withdrawn."""
    return not chapter.tells_of_them and policies[chapter.policy_id].withdrawn


def _first(chapters: Sequence[Chapter], policies: Mapping[str, Policy]) -> Policy:
    """The policy under which the case began; of one that began under a withdrawn one, the next."""
    named = [policies[chapter.policy_id] for chapter in chapters]
    return next((policy for policy in named if not policy.withdrawn), named[0])


def _release_of(piece: Piece) -> date:
    return release_day(piece.day_zero, piece.planner.rule.days)
