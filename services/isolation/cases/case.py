"""A case: one arrival that a neighbourhood follows, from the first report to the last task.

Nobody edits a case in place: a changed case is a new one; a test sees to it. The classes are not frozen: a
frozen one takes ten times as long to make, and one is made for every arrival.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from services.isolation.cases.story import Chapter
from services.isolation.teams.rules import Member, owner


@dataclass(slots=True)
class Arrival:
    """The facts of the arrival, as registration last stated them."""

    version: int
    """The highest version seen."""
    arrived_at: datetime
    person: str
    """Sealed; passed on, never opened here."""
    language: str
    household_id: str | None
    division: str | None
    street: str | None
    community: str | None
    grid: str | None
    worker: str | None
    """The worker that registration sent to the door."""
    identity: int | None = None
    """Blind index of the document's number; 0: none is known; None: registration did not say."""


@dataclass(slots=True)
class Case:
    """A case as it stands. Its id is the arrival's: one case for each arrival."""

    case_id: str
    version: int
    """Counts what was published: case.opened is 1; 0 as long as nobody came, or was told so."""
    arrival: Arrival
    state: str
    story: tuple[Chapter, ...]
    """All that became known, and when. The measure and its days are worked out from it."""
    measure: str
    days: int
    counted_from: date
    """Day 0."""
    release_on: date
    risk_level: str
    policy_id: str
    policy_version: int | None
    """Version of the policy's text by which it was planned; None: not known."""
    policies_seen: int
    """The epoch of the policies when the case was last looked at."""
    team: tuple[Member, ...]
    """The owner first."""
    team_lacks: tuple[str, ...]
    """Roles of the measure that nobody near has."""
    unassigned_since: datetime | None
    staff_seen: int
    """The revision of the staff when a team was last looked for."""
    tasks_planned: int
    """Rows in `tasks`, whatever their state."""
    plan_number: int
    """Counts the events task.planned."""
    planned_until: date
    plan_next: date | None
    """The day to be planned next; None when all is planned, or the case is closed."""
    history_lines: int
    opened_at: datetime
    closed_at: datetime | None
    """Since when it is not followed: it has ended, or nobody has come yet."""
    correlation_id: str
    moved_at: datetime | None = None
    """When it went to another known place last; None: it never did."""
    district: str | None = None
    """Above its street, by the place tree."""
    heard: Arrival | None = None
    """The facts as registration stated them last since the case ended: it keeps what it ended with."""
    stripped_at: datetime | None = None
    """When what is known of its people was stripped: it never opens again."""

    @property
    def newest_facts(self) -> Arrival:
        """By which it is followed when it opens again. A process of a version before, which keeps no facts of
        a case that has ended, may have heard of a newer version than these are of.
        """
        heard = self.heard
        return heard if heard is not None and heard.version == self.arrival.version else self.arrival

    @property
    def household(self) -> str:
        """The household's id; of somebody who lives alone, the case's."""
        return self.arrival.household_id or self.case_id

    @property
    def owner(self) -> str | None:
        return owner(self.team)
