"""The values of a service's `handover.py`: its own sums, the versions it recorded, the versions it took in.

Of what one service hands on to the next, each version is one event, and both services can say in order of id
how many versions they have. The audit compares these streams and reads no table of a service. The functions
get a connection and are named alike in every service, which has those that concern it:

    sums(conn, today)               its own sums, and what it finds missing in its own tables
    late(conn, now, zone)           what is there and stands still, by the time of the field
    recorded(conn)                  of everything that it hands on the id and how many versions: `versions`
    recorded_at(conn, ids)          id -> RecordedAt
    taken_in(conn)                  the same of everything handed to it
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

from sqlalchemy import BigInteger, ColumnElement, Select, String, cast, func, select
from sqlalchemy.engine import Connection

# How many missing things a service names; it counts all.
MOST_NAMED = 100
# Rows of a stream that are in memory at once.
STREAMED = 10_000
# Hex digits in which the ids of a block are alike.
BLOCK = 6
_ENDS = ("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff")


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


VersionRows = Select[tuple[str, int]]
"""Rows of (`id`, `how_many`), in no order."""


def versions(id: ColumnElement[Any], how_many: ColumnElement[Any]) -> VersionRows:
    return select(id.label("id"), how_many.label("how_many"))


def stream(conn: Connection, rows: VersionRows, block: str = "") -> Iterator[Versions]:
    """In order of id, a page in memory at a time.

    :param block: only those whose ids begin so.
    """
    all_of_them = rows.subquery()
    id = all_of_them.c.id
    # As text, whose order is the same: to make texts of a million UUIDs here takes seconds.
    wanted = select(cast(id, String), all_of_them.c.how_many).order_by(id)
    if block:
        first, last = (block + end[len(block) :] for end in _ENDS)
        wanted = wanted.where(id >= first, id <= last)
    for page in conn.execution_options(yield_per=STREAMED).execute(wanted).partitions():
        yield from map(Versions._make, page)


@dataclass(frozen=True, slots=True)
class Block:
    """Of ids that begin alike: how many there are, how many versions, and a number that both give."""

    ids: int
    versions: int
    digest: int


def blocks(conn: Connection, rows: VersionRows) -> dict[str, Block]:
    """By how ids begin. PostgreSQL only: a million rows are read there and not here.

    Ids are in order of time: a block has those of five hours.
    """
    all_of_them = rows.subquery()
    id, how_many = all_of_them.c.id, cast(all_of_them.c.how_many, BigInteger)
    begins = func.encode(func.substring(func.uuid_send(id), 1, BLOCK // 2), "hex").label("begins")
    digest = func.bit_xor(func.uuid_hash_extended(id, how_many))
    found = conn.execute(select(begins, func.count(), func.sum(how_many), digest).group_by(begins))
    return {block: Block(ids, int(count), number) for block, ids, count, number in found}
