"""The values of a service's `handover.py`: its own sums, the versions it recorded, the versions it took in.

Of what one service hands on to the next, each version is one event, and both services can say in order of id
how many versions they have. The audit compares these streams and reads no table of a service. The functions
get a connection and are named alike in every service, which has those that concern it:

    sums(conn, today)               its own sums, and what it finds missing in its own tables
    late(conn, now, zone)           what is there and stands still, by the time of the field
    recorded(conn)                  Versions of everything that it hands on, in order of id
    recorded_at(conn, ids)          id -> RecordedAt
    taken_in(conn)                  Versions of everything handed to it, in order of id
    versions_taken_in(conn, ids)    id -> the numbers of the versions that it knows
    excused(conn, ids)              (id, version) for whose absence it has recorded a reason
    kept(conn)                      the reports that events from outside led to
    COPIES                          of another service's reference data: compared with what its owner says
    differences(conn, since, zone)  between what publishers say they sent and what arrived
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, String, cast
from sqlalchemy.engine import Connection

# How many missing things a service names; it counts all.
MOST_NAMED = 100
# Rows of a stream that are in memory at once.
STREAMED = 10_000


class Versions(NamedTuple):
    """How many versions there are of something."""

    id: str
    how_many: int


@dataclass(frozen=True, slots=True)
class RecordedAt:
    """When the first version was recorded, and the newest; in the time of the field."""

    first: datetime
    newest: datetime


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that must be there and is not.

    :param what: its kind ("report"); `id`: its own id, or where it is missing; `why`: a sentence.
    """

    what: str
    id: str
    why: str


@dataclass
class Sums:
    """A service's own account.

    :param by_subject: subject -> figure -> number, for people and programs: `sums["cases"]["closed"]`.
    :param lacks: at most MOST_NAMED of each kind; `unnamed` counts the others.
    :param balanced: False where the sums do not add up.
    """

    by_subject: dict[str, dict[str, Any]] = field(default_factory=dict)
    lacks: list[Lack] = field(default_factory=list)
    unnamed: int = 0
    balanced: bool = True

    def lack(self, what: str, id: str, why: str) -> None:
        self.lacks.append(Lack(what, id, why))

    def count_unnamed(self, count: int, named: int) -> None:
        """A query names only the first of the things it counts."""
        self.unnamed += max(0, count - named)


def stream(conn: Connection, statement: Select[tuple[str, int]]) -> Iterator[Versions]:
    """Rows of (id, how many), a page in memory at a time."""
    rows = conn.execution_options(yield_per=STREAMED).execute(statement)
    for page in rows.partitions():
        yield from map(Versions._make, page)


def as_text(id: ColumnElement[Any]) -> ColumnElement[str]:
    """An id to stream, whose order is the same: to make texts of a million UUIDs here takes seconds."""
    return cast(id, String)
