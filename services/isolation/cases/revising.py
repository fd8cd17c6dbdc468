"""A case is revised when something new is known: its measure, whether it opens again, what has changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final, Literal

from services.isolation.cases import states
from services.isolation.cases.case import Arrival, Case
from services.isolation.cases.story import Chapter, Standing, absence, in_order, standing
from services.isolation.plans.present import Present
from services.isolation.policies.rules import Policy, strictness
from services.isolation.teams.rules import Member, owner

Direction = Literal["stricter", "laxer"]
_POLICY_CHANGED: Final = "policy_changed"

NEXT_STAGE: Final = "next_stage"
"""In case.changed, with its reason: the days of a stage are full, and the next one began."""

REOPENED: Final = "reopened"
"""In case.changed: an officer opened a case again that had ended."""

WRONG_NUMBER: Final = "wrong_number"
"""In case.changed: nobody says any more that the phone before is the person's."""


@dataclass(frozen=True, slots=True)
class Change:
    """Why a case is looked at again, and what became known since.

    :param reason: stands in the case's history and in case.changed.
    :param chapters: what became known.
    :param arrival: newer facts of the arrival; None: those the case has.
    :param details: something about the person changed that others must know.
    :param corrected: what of that somebody may have been told otherwise, as case.changed names it.
    :param from_today: leave the tasks of past days alone.
    :param merged: the arrival turned out to be another one, as which it is followed.
    :param reopened: the case is opened again, which has ended, though no news ask for that: by an officer.
    :param exposed_no_more: cases of which it turned out that nobody was found positive, or on another day.
    :param never_positive: when they came home from hospital, where they turned out to have been by mistake.
    :param again: tasks to look at somebody that the end took back: they begin anew.
    """

    reason: str
    chapters: tuple[Chapter, ...] = ()
    arrival: Arrival | None = None
    details: bool = False
    corrected: tuple[str, ...] = ()
    from_today: bool = False
    merged: bool = False
    reopened: bool = False
    exposed_no_more: frozenset[str] = frozenset()
    never_positive: frozenset[datetime] = frozenset()
    again: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Revision:
    """A case before a change and after it. Its team and tasks are seen to afterwards."""

    before: Case
    case: Case
    change: Change
    standing: Standing
    direction: Direction | None

    @property
    def only_noted(self) -> bool:
        """The case has ended and stays so: the change only goes into its history."""
        return self.before.closed_at is not None and self.case.closed_at is not None

    @property
    def is_called_off(self) -> bool:
        """Nobody comes any more: the case ends with this."""
        return self.before.closed_at is None and self.case.closed_at is not None

    @property
    def opens_again(self) -> bool:
        return self.before.closed_at is not None and self.case.closed_at is None

    @property
    def begins_stage(self) -> bool:
        """With the change; not where a text that was corrected a moment ago asks for more days of the stage
        before.
        """
        return bool(self.standing.stage and any(chapter.stage for chapter in self.change.chapters))


def revise(case: Case, change: Change, policies: Mapping[str, Policy], present: Present) -> Revision:
    """Work out anew where a case stands.

    - A correction of the policy's text that moves the day of release becomes a chapter of the story.
    - A released case opens again when a stricter measure still has days to run, and one whose arrival was
      expected or called off, when somebody comes. Any other case that has ended stays closed: the change is
      only noted. An officer opens any again. One that is stripped is never opened: nobody knows any more
      whose it was, and whoever comes is a new arrival.
    - A case whose arrival is called off, or turns out not to have come yet, is cancelled.
    - A release under review is taken back when another measure or other days are in force.
    """
    arrival = change.arrival or case.newest_facts
    reopened = [Chapter(None, present.now, (), case.policy_id, reopened=True)] if change.reopened else []
    holds = (one for one in case.story if not _is_taken_back(one, change))
    story = tuple(in_order([*holds, *change.chapters, *reopened]))
    stands = standing(story, arrival.arrived_at, policies, present.zone)
    if is_corrected(case, stands.policy) and stands.release_on != case.release_on:
        story = tuple(in_order([*story, Chapter(None, present.now, (), stands.policy.policy_id)]))
        stands = standing(story, arrival.arrived_at, policies, present.zone)
    direction = _direction(case, stands)
    opens = change.reopened or _opens_again(case, story, direction, stands, present)
    if case.closed_at is not None and (case.stripped_at is not None or not opens):
        return Revision(case, _seen(case, arrival, story, stands), change, stands, direction)
    if absence(story):
        cancelled = replace(
            case,
            arrival=arrival,
            state=states.CASE.move(case.state, states.CANCELLED),
            story=story,
            plan_next=None,
            closed_at=present.now,
        )
        return Revision(case, cancelled, change, stands, None)
    planned_until = max(present.through, case.planned_until)
    revised = replace(
        _as_it_stands(case, stands),
        arrival=arrival,
        state=_state(case, direction),
        story=story,
        opened_at=case.opened_at if case.version else present.now,
        planned_until=planned_until,
        plan_next=day_to_plan(planned_until, stands),
        closed_at=None,
        heard=None,
    )
    return Revision(case, revised, change, stands, direction)


def _is_taken_back(chapter: Chapter, change: Change) -> bool:
    if chapter.discharged:
        return chapter.at in change.never_positive
    return chapter.exposed is not None and chapter.exposed.by in change.exposed_no_more


def _as_it_stands(case: Case, stands: Standing) -> Case:
    return replace(
        case,
        measure=stands.rule.measure,
        days=stands.rule.days,
        counted_from=stands.day_zero,
        release_on=stands.release_on,
        risk_level=stands.risk_level,
        policy_id=stands.policy.policy_id,
        policy_version=stands.policy.version,
    )


def _seen(case: Case, arrival: Arrival, story: tuple[Chapter, ...], stands: Standing) -> Case:
    """A case that is not followed and stays so, once it has heard the news.

    Of one that nobody was told of, the facts go on, and with them the measure that they would lead to: in any
    order of news it is the same. An ended one keeps what it ended with, for papers and figures say that; what
    is heard since stands beside it until it opens again.
    """
    if case.version or case.stripped_at is not None:
        was = replace(case.arrival, version=arrival.version)
        heard = None if case.stripped_at is not None or arrival is case.arrival else arrival
        return replace(case, arrival=was, heard=heard, story=story)
    state = states.EXPECTED if absence(story) == "expected" else states.CANCELLED
    if state != case.state:
        state = states.CASE.move(case.state, state)
    return replace(_as_it_stands(case, stands), arrival=arrival, story=story, state=state)


def next_stage(case: Case, stands: Standing, now: datetime) -> Chapter:
    """That the stage begins which follows the one in force."""
    return Chapter(None, now, (), case.policy_id, stage=stands.stage + 1)


def home_from_hospital(case: Case, at: datetime) -> Chapter:
    """That whoever was positive came home from hospital."""
    return Chapter(None, at, (), case.policy_id, discharged=True)


def is_corrected(case: Case, policy: Policy) -> bool:
    """Whether the case was planned by another text of the policy it is under."""
    return case.policy_id == policy.policy_id and case.policy_version != policy.version


def policy_change(case: Case, in_force: Policy | None, own: Policy, now: datetime) -> Change | None:
    """The change that policies make to an open case; None: they make none.

    :param in_force: where the case is, now.
    :param own: the one under which the case is.
    """
    another = in_force is not None and in_force.policy_id != case.policy_id
    if in_force and another and (in_force.applies_to_open_cases or own.withdrawn):
        begins = Chapter(None, now, (), in_force.policy_id)
        return Change(_POLICY_CHANGED, chapters=(begins,), from_today=True)
    if is_corrected(case, own):
        return Change(_POLICY_CHANGED, from_today=True)
    return None


def day_to_plan(planned_until: date, stands: Standing) -> date | None:
    """The day to be planned next; None: the last day is planned."""
    return planned_until + timedelta(days=1) if stands.last_day > planned_until else None


def _direction(case: Case, stands: Standing) -> Direction | None:
    """Whether the case becomes stricter or laxer: by the measure first, then by the day of release."""
    before = strictness(case.measure, case.release_on)
    after = strictness(stands.rule.measure, stands.release_on)
    return None if after == before else "stricter" if after > before else "laxer"


def _opens_again(
    case: Case, story: tuple[Chapter, ...], direction: Direction | None, stands: Standing, present: Present
) -> bool:
    if absence(story):
        return False
    if case.state in (states.EXPECTED, states.CANCELLED):
        return absence(case.story) is not None
    return case.state == states.RELEASED and direction == "stricter" and stands.last_day > present.today


def _state(case: Case, direction: Direction | None) -> str:
    """The state of a case that is followed, or followed again."""
    if case.closed_at is not None:
        return states.CASE.move(case.state, states.OPEN)
    if case.state == states.RELEASE_REVIEW and direction is not None:
        return states.CASE.move(case.state, states.ACTIVE)
    return case.state


def kinds_of_change(revision: Revision, team: tuple[Member, ...], *, asks_something_else: bool) -> list[str]:
    """The kinds of change that others must know, as case.changed names them; none: no event is needed.

    :param team: that of the revised case.
    :param asks_something_else: the resident is asked for something else than before.
    """
    before = revision.before
    kinds: list[str] = []
    if revision.opens_again:
        kinds.append(REOPENED if revision.change.reopened else "stricter")
    elif revision.direction:
        kinds.append(revision.direction)
    elif asks_something_else:
        kinds.append("rescheduled")
    if revision.begins_stage:
        kinds.append(NEXT_STAGE)
    if owner(team) not in (None, None if revision.opens_again else before.owner):
        kinds.append("assigned")
    only_the_team = not kinds and team != before.team
    new_details = _details(revision.case.arrival) != _details(before.arrival)
    corrected = revision.change.corrected
    if revision.change.details or corrected or only_the_team or new_details:
        kinds.append("details")
    return [*kinds, *corrected]


def _details(arrival: Arrival) -> tuple[str | None, ...]:
    a = arrival
    return (a.language, a.household_id, a.division, a.street, a.community, a.grid)
