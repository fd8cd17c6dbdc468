"""Versions that one service recorded, compared with those that the next one took in.

Sorted ids of both sides are streamed and compared, so a million arrivals need no memory; on PostgreSQL only
those of blocks in which the two sides differ. The side that knows later was read earlier: whatever it has,
the other had recorded before.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, islice

from sqlalchemy.engine import Connection

from chassis.handover import Block, VersionRows, blocks, stream
from operations.audit.relations import Relation
from operations.audit.result import Audit
from operations.audit.unhandled_events import Recorded

# Versions that the taker lacks are looked at again, in steps of this many ids.
STEP = 2_000
PAGE = 10_000


@dataclass(frozen=True)
class Pair:
    """How many versions were recorded, and how many were taken in. None: the id is not there at all."""

    id: str
    recorded: int | None
    taken_in: int | None


@dataclass(frozen=True)
class Alike:
    """A run of ids of which both sides have the same: how many ids, and how many versions."""

    ids: int
    versions: int


Versions = tuple[str, int]
Counts = tuple[Counter[str], Counter[str]]
"""For first versions, and for later ones: due = done + excused + in_flight + dead_lettered + lost + gone."""


@dataclass(frozen=True)
class Side:
    """What one of the two has. `blocks`: None where its database makes none."""

    conn: Connection
    rows: VersionRows
    blocks: dict[str, Block] | None

    def stream(self, block: str = "") -> Iterator[Versions]:
        return stream(self.conn, self.rows, block)


def side(conn: Connection, rows: VersionRows) -> Side:
    return Side(conn, rows, blocks(conn, rows) if conn.dialect.name == "postgresql" else None)


def compared_by_block(recorded: Side, taken_in: Side) -> Iterator[Alike | Pair]:
    """In order of id. Blocks that give one number on both sides are alike, and none of their ids is read."""
    ours, theirs = recorded.blocks, taken_in.blocks
    if ours is None or theirs is None:
        yield from in_step(recorded.stream(), taken_in.stream())
        return
    for block in sorted(ours.keys() | theirs.keys()):
        known = ours.get(block)
        if known is not None and known == theirs.get(block):
            yield Alike(known.ids, known.versions)
        else:
            yield from in_step(recorded.stream(block), taken_in.stream(block))


def in_step(recorded: Iterable[Versions], taken_in: Iterable[Versions]) -> Iterator[Alike | Pair]:
    """Both in order of id, page by page: where a page is alike on both sides, nothing is looked at singly."""
    left, right = iter(recorded), iter(taken_in)
    a, b = _page(left), _page(right)
    while a and b:
        end = min(a[-1][0], b[-1][0])
        here, there = bisect_right(a, end, key=_id), bisect_right(b, end, key=_id)
        one, other = a[:here], b[:there]
        if one == other:
            yield Alike(len(one), sum(version for _, version in one))
        else:
            yield from compared(one, other)
        a, b = a[here:] or _page(left), b[there:] or _page(right)
    yield from compared(chain(a, left), chain(b, right))  # of one side at the most there is more


def _page(rows: Iterator[Versions]) -> list[Versions]:
    return list(islice(rows, PAGE))


def _id(versions: Versions) -> str:
    return versions[0]


def compared(recorded: Iterable[Versions], taken_in: Iterable[Versions]) -> Iterator[Pair]:
    """Both in order of id; read side by side, and nothing is kept."""
    left, right = iter(recorded), iter(taken_in)
    a, b = next(left, None), next(right, None)
    while a is not None or b is not None:
        if b is None or (a is not None and a[0] < b[0]):
            assert a is not None
            yield Pair(a[0], a[1], None)
            a = next(left, None)
        elif a is None or b[0] < a[0]:
            yield Pair(b[0], None, b[1])
            b = next(right, None)
        else:
            yield Pair(a[0], a[1], b[1])
            a, b = next(left, None), next(right, None)


def count_handed_on(audit: Audit, relation: Relation, pairs: Iterable[Alike | Pair]) -> Counts:
    first: Counter[str] = Counter()
    later: Counter[str] = Counter()
    suspects: dict[str, int] = {}
    for pair in pairs:
        if isinstance(pair, Alike):
            for count, versions in ((first, pair.ids), (later, pair.versions - pair.ids)):
                count["due"] += versions
                count["done"] += versions
            continue
        if pair.recorded is None:
            what, why = relation.orphan
            audit.miss(what, pair.id, why)
            continue
        first["due"] += 1
        later["due"] += pair.recorded - 1
        if (pair.taken_in or 0) >= pair.recorded:
            first["done"] += 1
            later["done"] += pair.recorded - 1
            continue
        suspects[pair.id] = pair.recorded
        if len(suspects) >= STEP:
            _look_again(audit, relation, suspects, (first, later))
            suspects = {}
    _look_again(audit, relation, suspects, (first, later))
    return first, later


def _look_again(audit: Audit, relation: Relation, suspects: dict[str, int], counts: Counts) -> None:
    """Version by version, as it is now: taken in, excused, handled without a trace, or not handled yet."""
    if not suspects:
        return
    ids = list(suspects)
    taken_in, excused = relation.versions_taken_in(ids), relation.excused(ids)
    recorded_at = relation.recorded_at(ids)
    unseen: dict[tuple[str, str], list[Recorded]] = {relation.first: [], relation.later: []}
    for id, newest in suspects.items():
        for version in range(1, newest + 1):
            count = counts[version > 1]
            if version in taken_in.get(id, ()):
                count["done"] += 1
            elif (id, version) in excused:
                count["excused"] += 1
            else:
                kind = relation.kind(version)
                at = recorded_at.get(id)
                made = (at.newest if version > 1 else at.first) if at else datetime.now(UTC)
                unseen[kind].append(Recorded(f"{kind[0]}:{id}:{version}", kind[0], id, made))
    for number, (kind, events) in enumerate(unseen.items()):
        handled = audit.unhandled.handled(kind[1], relation.source, [event.id for event in events])
        _look_at_handled(audit, relation, [e for e in events if e.id in handled], counts[number])
        rest = [event for event in events if event.id not in handled]
        counts[number].update(audit.unhandled.judge(kind[1], relation.source, rest))


def _look_at_handled(
    audit: Audit, relation: Relation, events: Sequence[Recorded], count: Counter[str]
) -> None:
    """It may have been handled between our look at the tables and at the inbox."""
    if not events:
        return
    ids = [event.about for event in events]
    taken_in, excused = relation.versions_taken_in(ids), relation.excused(ids)
    for event in events:
        version = int(event.id.rpartition(":")[2])
        if version in taken_in.get(event.about, ()):
            count["done"] += 1
        elif (event.about, version) in excused:
            count["excused"] += 1
        else:
            count["gone"] += 1
            audit.miss(*relation.gone(event, event.about in taken_in))
