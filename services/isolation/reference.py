"""Policies, places and staff as this process knows them: read again when their revision has changed.

The revisions are read in the transaction that uses the copy, so a case is never given to somebody who was
already gone when the transaction began.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.engine import Connection, Engine

from chassis.database.statements import insert_rows
from field.days import local_day
from field.policies import in_force
from services.isolation import tables as t
from services.isolation.plans.planning import Planner
from services.isolation.policies.documents import policy_from
from services.isolation.policies.rules import Policy, Rule

POLICIES, PLACES, STAFF = "policies", "places", "staff"
OPEN_POLICIES = "open_policies"
"""Policies that apply to open cases, and corrections: only these make every open case be looked at again."""
# Beginnings and ends of policies also count as changes of the epoch; there are never so many policies.
_STEP = 10_000


@dataclass(frozen=True, slots=True)
class Place:
    parent: str | None
    level: str
    name: str


@dataclass(frozen=True, slots=True)
class StaffMember:
    staff_id: str
    role: str
    place: str
    person: str
    language: str
    active: bool


class Policies:
    """All policies, and the planners made from their rules."""

    def __init__(
        self, revision: int, open_revision: int, found: Mapping[str, Policy], zone: ZoneInfo
    ) -> None:
        self.revision = revision
        self.open_revision = open_revision
        self.by_id = found
        self._zone = zone
        self._planners: dict[Rule, Planner] = {}
        self._in_force: dict[tuple[str | None, date], Policy | None] = {}

    def planner(self, rule: Rule) -> Planner:
        found = self._planners.get(rule)
        if found is None:
            found = self._planners[rule] = Planner(rule, self._zone)
        return found

    def in_force(self, division: str | None, at: datetime) -> Policy | None:
        key = (division, local_day(at, self._zone))
        if key not in self._in_force:
            if len(self._in_force) > 50_000:
                self._in_force.clear()
            self._in_force[key] = in_force(self.by_id.values(), *key)
        return self._in_force[key]

    def epoch(self, now: datetime) -> int:
        """Grows whenever another policy may be in force: by an import, by a beginning, by an end."""
        return self.revision * _STEP + self._turns(now, self.by_id.values())

    def open_epoch(self, now: datetime) -> int:
        """The same for policies that apply to open cases."""
        applying = [policy for policy in self.by_id.values() if policy.applies_to_open_cases]
        return self.open_revision * _STEP + self._turns(now, applying)

    def _turns(self, now: datetime, policies: Iterable[Policy]) -> int:
        today = local_day(now, self._zone)
        return sum(
            (p.valid_from <= today) + (p.valid_to is not None and p.valid_to < today) for p in policies
        )


@dataclass(frozen=True, slots=True)
class Places:
    revision: int
    by_id: Mapping[str, Place]

    def upward(self, *nearest: str | None) -> tuple[str, ...]:
        """The given places, nearest first, and everything above them."""
        chain = [place for place in nearest if place]
        above = chain[-1] if chain else None
        for _ in range(12):  # levels of the tree; a loop in bad data ends here
            known = self.by_id.get(above) if above else None
            above = known.parent if known else None
            if above is None:
                break
            if above not in chain:
                chain.append(above)
        return tuple(chain)

    def at_level(self, level: str, chain: Sequence[str]) -> str | None:
        for place in chain:
            known = self.by_id.get(place)
            if known is not None and known.level == level:
                return place
        return None


@dataclass(frozen=True, slots=True)
class Staff:
    revision: int
    by_id: Mapping[str, StaffMember]
    roster: Mapping[tuple[str, str], tuple[str, ...]]
    """(role, place) -> active staff."""


@dataclass(frozen=True, slots=True)
class Reference:
    policies: Policies
    places: Places
    staff: Staff


_copies: WeakKeyDictionary[Engine, Reference] = WeakKeyDictionary()
_lock = threading.Lock()


def current(conn: Connection, zone: ZoneInfo) -> Reference:
    """The copy, brought up to date."""
    r = t.revisions.c
    revisions = {name: number for name, number in conn.execute(select(r.name, r.revision))}
    with _lock:
        known = _copies.get(conn.engine)
    policies = known.policies if known else None
    places = known.places if known else None
    staff = known.staff if known else None
    if policies is None or policies.revision != revisions.get(POLICIES, 0):
        policies = _read_policies(conn, revisions, zone)
    if places is None or places.revision != revisions.get(PLACES, 0):
        places = _read_places(conn, revisions.get(PLACES, 0))
    if staff is None or staff.revision != revisions.get(STAFF, 0):
        staff = _read_staff(conn, revisions.get(STAFF, 0))
    if known and policies is known.policies and places is known.places and staff is known.staff:
        return known
    fresh = Reference(policies, places, staff)
    with _lock:
        _copies[conn.engine] = fresh
    return fresh


def changed(conn: Connection, name: str) -> None:
    """Say in this transaction that policies, places or staff have changed."""
    insert_rows(conn, t.revisions, [{"name": name, "revision": 0}], ignore_conflicts=True)
    conn.execute(
        update(t.revisions).where(t.revisions.c.name == name).values(revision=t.revisions.c.revision + 1)
    )


def _read_policies(conn: Connection, revisions: Mapping[str, int], zone: ZoneInfo) -> Policies:
    rows = conn.execute(select(t.policies.c.policy_id, t.policies.c.version, t.policies.c.document))
    found = {row.policy_id: policy_from(row.document, row.version) for row in rows}
    return Policies(revisions.get(POLICIES, 0), revisions.get(OPEN_POLICIES, 0), found, zone)


def _read_places(conn: Connection, revision: int) -> Places:
    p = t.places.c
    rows = conn.execute(select(p.place_id, p.parent, p.level, p.name).where(p.removed.is_(False)))
    return Places(revision, {r.place_id: Place(r.parent, r.level, r.name) for r in rows})


def _read_staff(conn: Connection, revision: int) -> Staff:
    s = t.staff.c
    columns = (s.staff_id, s.role, s.place, s.person, s.language, s.active)
    by_id = {row.staff_id: StaffMember(*row) for row in conn.execute(select(*columns).order_by(s.staff_id))}
    roster: dict[tuple[str, str], list[str]] = {}
    for member in by_id.values():
        if member.active:
            roster.setdefault((member.role, member.place), []).append(member.staff_id)
    return Staff(revision, by_id, {where: tuple(who) for where, who in roster.items()})
