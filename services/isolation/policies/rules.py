"""A policy: which measure follows from which risk, with everything that hangs on it.

Policies are documents (the `*.json` files beside this one are those that come with Doorstep); here are the
terms of a checked one. The strictest level that a person was exposed to within the look-back decides.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

from field.ladder import Ladder, Ladders
from field.words import LEVELS, MEASURES, NOT_KEPT_IN

# Kinds of task that are known by name.
CALL_BY_PHONE: Final = "call_them"
VISIT: Final = "visit_them"
"""Instead of a call, where no phone rings; by the same role within the same time."""
SEE_ABNORMAL: Final = "see_abnormal"
"""Somebody must look at a person at once: a temperature or a symptom asks for it."""
SEE_SILENT: Final = "see_silent"
"""Nothing was reported of somebody in so many windows in a row: somebody goes there and looks."""
SETTLE_REFUSAL: Final = "settle_refusal"
"""Somebody refuses: find out what would help, and decide."""
CONFIRM_RELEASE: Final = "confirm_release"
"""Nothing holds somebody any more: an officer releases them."""
PAST_THE_TERM: Final = "past_the_term"
"""The days are full and something still holds somebody: find out what, and end it."""
CONFIRM_TRANSFER: Final = "confirm_transfer"
"""Another district is to follow somebody: an officer finds out whether it does, and decides."""
SETTLE_TRANSFER: Final = "settle_transfer"
"""It did not take them over: find out where they are, and who follows them."""
TRANSFER_TASKS: Final = (CONFIRM_TRANSFER, SETTLE_TRANSFER)
ESCORT_TO_SITE: Final = "escort_to_site"
"""Somebody is fetched to central isolation; policies name it among opening tasks of that measure, too."""
CONFIRM_ADMISSION: Final = "confirm_admission"
"""A bed is held for somebody: an officer sees that they are admitted, or takes the decision back."""
SETTLE_CENTRAL: Final = "settle_central"
"""They were not admitted, and the bed was given back: an officer decides anew where they go."""
CENTRAL_TASKS: Final = (CONFIRM_ADMISSION, SETTLE_CENTRAL)
ON_THE_WAY_TASKS: Final = (*CENTRAL_TASKS, ESCORT_TO_SITE)
"""Of whom it was decided that they go to a centre, and who is not there yet."""
SETTLE_HOME: Final = "settle_home"
"""A home does not suit, or somebody of a special group is to go to central isolation and may stay at home: an
officer decides where they are.
"""
NAME_CARER: Final = "name_carer"
"""The carer has left of somebody in central isolation who cannot be alone: an officer finds another."""
LEAVE_CENTRAL: Final = "leave_central"
"""Somebody is in central isolation past the last day: an officer releases them, or decides otherwise."""
IN_CENTRE_TASKS: Final = (NAME_CARER, LEAVE_CENTRAL)
"""Of whose case has ended as they were admitted."""
ENDED_BY_DECISION: Final = (CONFIRM_RELEASE, PAST_THE_TERM)
"""An officer's: nobody reports them done or waives them, they end with what they ask for."""
MEET_NEED: Final = "meet_need"
"""A household needs something from outside."""
MEDICAL_NEED: Final = "medical_need"
"""It cannot wait: somebody needs a doctor, or medicine that ends today. It is urgent on every ladder."""
DECIDE_PERMIT: Final = "decide_permit"
"""Somebody asks for leave to go out."""
URGENT_PERMIT: Final = "urgent_permit"
"""The same, so shortly before that it does not wait for the morning."""
REVIEW_PERMIT: Final = "review_permit"
"""Somebody went out in an emergency: an officer looks at it after."""
PERMIT_TASKS: Final = (DECIDE_PERMIT, URGENT_PERMIT, REVIEW_PERMIT)
"""An officer's: they end with what is decided about the leave."""
SEE_BREACH: Final = "see_breach"
"""Somebody is not back in time, out without leave, or not at home: find them, and find out why."""
JUDGE_BREACH: Final = "judge_breach"
"""An officer says whether it is so, or what explains it; it ends with that alone."""
SETTLE_BREACH: Final = "settle_breach"
"""It is so for the second time: an officer decides whether they go to central isolation."""
SEE_POSITIVE: Final = "see_positive"
"""Somebody is positive: a person calls them, before any text."""
DECIDE_POSITIVE: Final = "decide_positive"
"""An officer decides where they go: to hospital, as a rule."""
LIST_CONTACTS: Final = "list_contacts"
"""An officer finds out with whom somebody positive was, and where, who has no case here."""
TELL_CONTACTS: Final = "tell_contacts"
"""Those on that list are told, each by a person. It ends with what came of the last one of them."""
CORRECT_CONTACTS: Final = "correct_contacts"
"""It was a mistake: whoever of them was told hears so."""
CONTACTS_TASKS: Final = (TELL_CONTACTS, CORRECT_CONTACTS)
SECOND_SAMPLE: Final = "second_sample"
"""A pooled tube, or a first finding, was positive: they are tested once more, each alone."""
LATE_RESULT: Final = "late_result"
"""Something was found, or corrected, after the end of a case: an officer decides whether it opens again."""
SIGNED_NOTICE: Final = "signed_notice"
"""The household is handed the notice of its measure; policies name it among the opening tasks."""
CHECK_IN: Final = "check_in"
TEST: Final = "test"
CLOSE_CONTACT: Final = "close_contact"
"""Beside the levels: the rule of whoever lives with somebody positive, where a policy has one for them."""
DISCHARGED: Final = "discharged"
"""Likewise of whoever was positive, and comes home from hospital."""
INBOUND: Final = "inbound"
"""Likewise of whoever came from abroad, counted from the day of entry."""
_ORDERS_AS: Final = {"health_monitoring": "home_health_monitoring"}
"""The word of earlier editions -> that of today for what it orders: nothing changes for who goes from one to
the other.
"""
COUNTED_FROM: Final = ("arrival", "leaving", "last_exposure", "discharge", "entry", "previous_stage")
"""What day 0 may be: that of coming, the last in the risk area, the last of being together with somebody
positive, that of coming home from hospital, that of entering the country, or that on which the days of the
stage before are full.
"""
PLANNED_OTHERWISE: Final = (CHECK_IN, TEST, CALL_BY_PHONE)
"""Planned by rules of their own: no policy names them among its opening or release tasks."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time of day in the jurisdiction's zone, from–to."""

    start: time
    end: time

    @property
    def length(self) -> timedelta:
        return timedelta(hours=self.end.hour - self.start.hour, minutes=self.end.minute - self.start.minute)


@dataclass(frozen=True, slots=True)
class OpeningTask:
    """Due within so long after the measure begins."""

    kind: str
    role: str
    within: timedelta


@dataclass(frozen=True, slots=True)
class ReleaseTask:
    """Due in a window of the last day."""

    kind: str
    role: str
    window: Window


@dataclass(frozen=True, slots=True)
class CheckIns:
    """Temperature and symptoms, asked once in each window of every day."""

    role: str
    windows: tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class Tests:
    """PCR tests by day number.

    :param catch_up: a person who comes when days of testing have already passed is tested at once, unless a
        measure before asked for a test on the last of them or later.
    :param apart: all tests of such days that nobody asked for are made up for, each so long after the one
        before at the least, on days that have none; None: the one at once makes up for all. A day's own test
        keeps its window, however soon after.
    """

    role: str
    days: tuple[int, ...]
    window: Window
    catch_up: bool
    apart: timedelta | None


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """The measure that follows from one risk level, with its days, tasks and roles."""

    level: str
    measure: str
    days: int
    counted_from: str
    care_team: tuple[str, ...]
    """Roles; the first one that somebody near has answers for the case."""
    opening: tuple[OpeningTask, ...]
    check_ins: CheckIns | None
    tests: Tests | None
    on_release: tuple[ReleaseTask, ...]
    arrival_is_day: int
    """0, or 1 where the day of arrival counts: then day 0 is the day before."""
    release: tuple[str, ...]
    """Conditions besides the days: tests_negative, no_fever."""
    told: tuple[str, ...]
    """Of TOLD_OF_CASES: who gets a message of a case, besides whoever answers for it."""
    ladders: Ladders
    """Those of its policy: by them a term that would end at night ends in the morning."""
    then: tuple[Rule, ...]
    """The stages that follow, each laxer than the one before; of a stage that follows none."""

    @property
    def stages(self) -> tuple[Rule, ...]:
        return (self, *self.then)

    def first_day(self, day_zero: date, arrival_day: date) -> date:
        """The day with which people are told that their days begin: that of arrival where it counts as day 1,
        and day 0 where an exposure after it began them anew.
        """
        counts = day_zero == arrival_day - timedelta(days=self.arrival_is_day)
        return arrival_day if counts else day_zero


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long at most an act on a task keeps it from climbing."""

    decide: timedelta
    """An officer decides about a task that was not possible."""
    next_try: timedelta
    acknowledged: timedelta


@dataclass(frozen=True, slots=True)
class UnusualBatch:
    """Which batch of a laboratory waits for one call, and for how long at most.

    :param percent: more than this share of positives is unusual.
    :param least: of fewer results than these nothing is said.
    """

    percent: int
    least: int
    wait: timedelta

    def is_unusual(self, results: int, positives: int) -> bool:
        return results >= self.least and positives * 100 > self.percent * results


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """One edition. In force from the start of `valid_from` to the end of `valid_to`."""

    policy_id: str
    version: int
    edition: str
    title: str
    valid_from: date
    valid_to: date | None
    places: tuple[str, ...]
    """Division code prefixes; none means everywhere."""
    look_back_days: int
    applies_to_open_cases: bool
    rules: Mapping[str, Rule]
    ladders: Ladders
    terms: Terms
    stand_ins: tuple[str, ...]
    """Roles that take a case where nobody has a role of its measure: those of the community's rung."""
    call_by_phone: OpeningTask
    """The task for a resident whom no message reached."""
    fever: int
    """In tenths of a degree Celsius: from this temperature on somebody must look at once."""
    symptoms: tuple[str, ...]
    """The symptoms that are asked for; any of them is abnormal."""
    see_abnormal: OpeningTask
    missed_check_ins: int
    """After so many windows in a row of which nothing was reported somebody goes there."""
    see_silent: OpeningTask
    settle_refusal: OpeningTask
    confirm_release: OpeningTask
    past_the_term: OpeningTask
    confirm_transfer: OpeningTask
    settle_transfer: OpeningTask
    escort_to_site: OpeningTask
    confirm_admission: OpeningTask
    settle_central: OpeningTask
    settle_home: OpeningTask
    stays_at_home: tuple[str, ...]
    """Special groups that stay at home under guidance: of SPECIAL_GROUPS."""
    name_carer: OpeningTask
    leave_central: OpeningTask
    needs: Mapping[str, OpeningTask]
    """Kind of need -> its task: who meets it, and within how long after it was asked for."""
    see_breach: OpeningTask
    see_positive: OpeningTask
    decide_positive: OpeningTask
    list_contacts: OpeningTask
    tell_contacts: OpeningTask
    correct_contacts: OpeningTask
    second_sample: OpeningTask
    late_result: OpeningTask
    call_first: timedelta
    """So long those who live with somebody positive get no text before that one was called."""
    unusual_batch: UnusualBatch
    close_contact: str
    """By which of the rules whoever lives with somebody positive is followed: a level's, or its own."""
    discharged: str | None
    """By which of the rules whoever comes home from hospital is followed; None: as before they went."""
    inbound: str | None
    """By which of the rules whoever came from abroad is followed; None: as if they came from elsewhere."""
    judge_breach: OpeningTask
    settle_breach: OpeningTask
    refused_visits: int
    """So many visits that somebody refuses are to be looked into as a breach."""
    door_sensors: bool
    """Whether the opening of a door that a sensor reports is looked into; the notice must say so."""
    permits: Mapping[str, OpeningTask]
    """Kind of permit -> its task: who decides, and within how long; of an emergency, who reviews it."""
    retention_days: int
    """After the end of a case; then what is known of its people is stripped."""
    withdrawn: bool = False
    """It holds nowhere, and what it said of cases counts as never said."""

    @property
    def ladder(self) -> Ladder:
        """The one of every kind that has none of its own, and of messages that reached nobody."""
        return self.ladders.default


@dataclass(frozen=True, slots=True)
class Exposure:
    """A risk level that a person was exposed to; `left_on` is the last day there, None where unknown."""

    level: str
    left_on: date | None


NO_EXPOSURE: Final = Exposure("none", None)


def decide(policy: Policy, exposures: Sequence[Exposure], arrival_day: date) -> tuple[Rule, Exposure]:
    """The rule that the strictest exposure within the look-back leads to, and that exposure."""
    earliest = arrival_day - timedelta(days=policy.look_back_days)
    counting = [e for e in exposures if e.left_on is None or e.left_on >= earliest]
    worst = max(counting, key=_severity, default=NO_EXPOSURE)
    return policy.rules[worst.level], worst


def _severity(exposure: Exposure) -> tuple[int, date]:
    # Of two equal levels the later one left, and an unknown day, keep a person longer.
    return LEVELS.index(exposure.level), exposure.left_on or date.max


def rank(measure: str) -> int:
    """How strict a measure is; two words of one rank order the same."""
    return MEASURES.index(_ORDERS_AS.get(measure, measure))


def kept_in(measure: str) -> str | None:
    """Where a measure keeps people: `centre` or `home`; None: they go out without leave."""
    if measure in NOT_KEPT_IN:
        return None
    return "centre" if measure == "central_isolation" else "home"


def strictness(measure: str, release_on: date) -> tuple[int, date]:
    """Orders standings: the stricter measure first, then the longer one."""
    return rank(measure), release_on


def stricter(rule: Rule, other: Rule) -> Rule:
    """By the measure first, then by its days."""
    return max(rule, other, key=lambda one: (rank(one.measure), one.days))
