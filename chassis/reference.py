"""The copies of places and staff that services keep, and what somebody was at a time.

Registration owns both. A right is judged by the time of the act: the history of staff says who had which role
at which place from when to when.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    bindparam,
    or_,
    select,
)
from sqlalchemy.engine import Connection

from chassis.database.types import UtcDateTime
from field.places import PlaceTree


def places_table(metadata: MetaData) -> Table:
    """Add the copy of the places to a service's tables."""
    return Table(
        "places",
        metadata,
        Column("place_id", String(40), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("parent", String(40)),
        Column("level", String(20), nullable=False),
        Column("name", String(100), nullable=False),
        Column("division", String(12)),
        Column("removed", Boolean, nullable=False),
        Column("successor", String(40)),  # of a removed place: the one into which it was dissolved
    )


def staff_table(metadata: MetaData) -> Table:
    """Add the copy of the staff to a service's tables."""
    return Table(
        "staff",
        metadata,
        Column("staff_id", String(40), primary_key=True),
        Column("version", Integer, nullable=False),
        Column("role", String(40), nullable=False),
        Column("place", String(40), nullable=False),
        Column("active", Boolean, nullable=False),
        Column("person", Text, nullable=False),  # sealed
        Column("language", String(10), nullable=False),
        Column("replaced_by", String(40)),  # of somebody who has left: who goes on with all that is open
        *_absence_and_duty(),
    )


def staff_history_table(metadata: MetaData) -> Table:
    """Add the history of the staff: a row a version, each until the next one begins."""
    history = Table(
        "staff_history",
        metadata,
        Column("staff_id", String(40), primary_key=True),
        Column("version", Integer, primary_key=True, autoincrement=False),
        Column("role", String(40), nullable=False),
        Column("place", String(40), nullable=False),
        Column("active", Boolean, nullable=False),
        *_absence_and_duty(),
        Column("since", UtcDateTime),  # null: so already when this copy began
        Column("until", UtcDateTime),  # null: so now
    )
    deputised = history.c.deputy.is_not(None)
    Index("staff_deputised", history.c.deputy, postgresql_where=deputised, sqlite_where=deputised)
    return history


def _absence_and_duty() -> tuple[Column[object], ...]:
    return (
        Column("away_from", UtcDateTime),
        Column("away_to", UtcDateTime),  # null, with away_from: until further notice
        Column("deputy", String(40)),  # who does their work while they are away
        Column("duty_from", UtcDateTime),
        Column("duty_to", UtcDateTime),
    )


@dataclass(frozen=True, slots=True)
class Post:
    """A role at a place, which somebody has or has in another's stead.

    :param staff_id: whose post it is: their own, or that of somebody for whom they deputise.
    :param places: the place; where it has ended, also the one that answers for it now.
    """

    staff_id: str
    role: str
    places: frozenset[str]


@dataclass(frozen=True, slots=True)
class PlaceInTree:
    parent: str | None
    level: str


def read_tree(conn: Connection, places: Table) -> PlaceTree[PlaceInTree]:
    """All places, from a service's own table or its copy."""
    p = places.c
    rows = conn.execute(select(p.place_id, p.parent, p.level, p.removed, p.successor)).all()
    return PlaceTree(
        {row.place_id: PlaceInTree(row.parent, row.level) for row in rows if not row.removed},
        {row.place_id: row.successor or row.parent for row in rows if row.removed},
    )


@dataclass(frozen=True, slots=True)
class Period:
    """What an active member of staff is from `since` (null: always) to `until` (null: on), and when they are
    away then, from `away_from` to `away_to` (null: until further notice).
    """

    staff_id: str
    role: str
    place: str
    away_from: datetime | None
    away_to: datetime | None
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return _within(at, self.since, self.until)

    def is_away(self, at: datetime) -> bool:
        return self.away_from is not None and _within(at, self.away_from, self.away_to)


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or since <= at) and (until is None or at < until)


def read_periods(conn: Connection, of_staff: Table, staff_id: str) -> tuple[Period, ...]:
    """All periods that say at which posts somebody is: their own, and of whoever named them as deputy.

    :param of_staff: the history of the staff, or a table without one, which says what each is now.
    """
    rows = conn.execute(_periods(of_staff), {"who": staff_id})
    return tuple(Period(*row) for row in rows)


@lru_cache
def _periods(of_staff: Table) -> Select[Any]:
    """The statement with the parameter `who`, put together once."""
    s = of_staff.c
    who: BindParameter[str] = bindparam("who")
    columns = [s.staff_id, s.role, s.place, s.away_from, s.away_to]
    if "since" in s:
        columns += [s.since, s.until]
    return select(*columns).where(or_(s.staff_id == who, s.deputy == who), s.active.is_(True))


def posts_at(
    periods: Iterable[Period], tree: PlaceTree[Any], staff_id: str, at: datetime
) -> tuple[Post, ...]:
    """The posts that this member of staff had at a time (aware): their own while active, then those of
    whoever was away then and had named them as deputy. Nobody known or at work: none.

    :param periods: as `read_periods` found them.
    :param tree: says which place answers for one that has ended.
    """
    posts = [
        Post(one.staff_id, one.role, frozenset((one.place, tree.now(one.place) or one.place)))
        for one in periods
        if one.holds(at) and (one.staff_id == staff_id or one.is_away(at))
    ]
    return _own_first(posts, staff_id)


def _own_first(posts: Iterable[Post], staff_id: str) -> tuple[Post, ...]:
    return tuple(sorted(posts, key=lambda post: (post.staff_id != staff_id, post.staff_id)))
