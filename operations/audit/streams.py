"""What one service recorded, held against what the next one has made of it.

Arrivals must have cases, and cases notices; each version of an arrival or a case is one event whose id
follows from it. Sorted ids of both sides are streamed and compared, so a million arrivals need no memory.
The side that knows later was read earlier: what it has, the other had recorded before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from operations.audit.in_flight import Recorded

if TYPE_CHECKING:
    from operations.audit.balance import Balance

STREAMED = 10_000
# What is not where it should be is looked at again, in steps of this many.
STEP = 2_000

Versions = dict[str, set[int]]


@dataclass(frozen=True)
class Relation:
    """:param source: the service that records.
    :param first: type and handler of the event of version 1; `later` of all others.
    :param known: of these ids, the versions that the next service has taken in by now.
    :param excused: versions for whose absence it has recorded a reason.
    :param recorded_at: when the first version and the last were recorded, in real time.
    :param orphan: what is missing, and how it is said, where the next service knows an id that this one does
        not; `gone` where it has handled an event of which nothing is left.
    """

    source: str
    first: tuple[str, str]
    later: tuple[str, str]
    known: Callable[[Sequence[str]], Versions]
    excused: Callable[[Sequence[str]], set[tuple[str, int]]]
    recorded_at: Callable[[Sequence[str]], dict[str, tuple[datetime, datetime]]]
    orphan: tuple[str, str]
    gone: Callable[[Recorded, bool], tuple[str, str, str]]

    def kind(self, version: int) -> tuple[str, str]:
        return self.first if version == 1 else self.later


@dataclass(frozen=True)
class Pair:
    """How many versions were recorded here and are known there. None: the id is not there at all."""

    id: str
    recorded: int | None
    known: int | None


Sums = tuple[Counter[str], Counter[str]]
"""For first versions, and for later ones: due = done + excused + in_flight + dead_lettered + lost + gone."""


def compared(recorded: Iterable[tuple[str, int]], known: Iterable[tuple[str, int]]) -> Iterator[Pair]:
    """Both in order of id; one after the other, none kept."""
    left, right = iter(recorded), iter(known)
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


def hand_on(found: Balance, relation: Relation, pairs: Iterable[Pair]) -> Sums:
    first: Counter[str] = Counter()
    later: Counter[str] = Counter()
    suspects: dict[str, int] = {}
    for pair in pairs:
        if pair.recorded is None:
            what, why = relation.orphan
            found.miss(what, pair.id, why)
            continue
        first["due"] += 1
        later["due"] += pair.recorded - 1
        if (pair.known or 0) >= pair.recorded:
            first["done"] += 1
            later["done"] += pair.recorded - 1
            continue
        suspects[pair.id] = pair.recorded
        if len(suspects) >= STEP:
            _look_again(found, relation, suspects, (first, later))
            suspects = {}
    _look_again(found, relation, suspects, (first, later))
    return first, later


def _look_again(found: Balance, relation: Relation, suspects: dict[str, int], sums: Sums) -> None:
    """Version by version, as it is now: taken in, excused, handled without a trace, or not handled yet."""
    if not suspects:
        return
    ids = list(suspects)
    known, excused, at = relation.known(ids), relation.excused(ids), relation.recorded_at(ids)
    unseen: dict[tuple[str, str], list[Recorded]] = {relation.first: [], relation.later: []}
    for id, newest in suspects.items():
        for version in range(1, newest + 1):
            count = sums[version > 1]
            if version in known.get(id, ()):
                count["done"] += 1
            elif (id, version) in excused:
                count["excused"] += 1
            else:
                kind = relation.kind(version)
                made = at[id][version > 1] if id in at else datetime.now(UTC)
                unseen[kind].append(Recorded(f"{kind[0]}:{id}:{version}", kind[0], id, made))
    for number, (kind, events) in enumerate(unseen.items()):
        handled = found.passage.handled(kind[1], relation.source, [event.id for event in events])
        _look_at_handled(found, relation, [e for e in events if e.id in handled], sums[number])
        rest = [event for event in events if event.id not in handled]
        sums[number].update(found.passage.judge(kind[1], relation.source, rest))


def _look_at_handled(
    found: Balance, relation: Relation, events: Sequence[Recorded], count: Counter[str]
) -> None:
    """It may have been handled between our look at the tables and at the inbox."""
    if not events:
        return
    ids = [event.about for event in events]
    known, excused = relation.known(ids), relation.excused(ids)
    for event in events:
        version = int(event.id.rpartition(":")[2])
        if version in known.get(event.about, ()):
            count["done"] += 1
        elif (event.about, version) in excused:
            count["excused"] += 1
        else:
            count["gone"] += 1
            found.miss(*relation.gone(event, event.about in known))


# -- arrivals and their cases --------------------------------------------------------------------------------


def arrivals_have_cases(found: Balance, registration: Any, isolation: Any) -> None:
    from sqlalchemy import case, select

    from services.isolation.tables import cases
    from services.registration.tables import arrivals

    a, c = arrivals.c, cases.c
    story = case((c.arrival_version > 1, c.chapters))
    known = (
        (id, len(_told_in(chapters)) if chapters else newest)
        for id, newest, chapters in streamed(
            isolation, select(c.case_id, c.arrival_version, story).order_by(c.case_id)
        )
    )
    recorded = streamed(registration, select(a.id, a.version).order_by(a.id))
    first, later = hand_on(found, _ARRIVALS, compared(recorded, known))
    found.sums["arrivals"] = {
        "registered": first["due"],
        "with_case": first["done"],
        "waiting_for_policy": first["excused"],
        **_open(first),
    }
    found.sums["reassessments"] = {
        "recorded": later["due"],
        "taken_in": later["done"],
        "waiting_for_policy": later["excused"],
        **_open(later),
    }


def _versions_in_cases(ids: Sequence[str]) -> Versions:
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from operations.databases import database_of
    from services.isolation.tables import cases

    with database_of("isolation").read() as conn:
        rows = conn.execute(
            select(cases.c.case_id, cases.c.chapters).where(is_in(conn, cases.c.case_id, ids))
        )
        return {id: _told_in(chapters) for id, chapters in rows}


def _told_in(chapters: str | Sequence[Any]) -> set[int]:
    """The versions of the arrival that a case knows; chapters without one are changes of policy."""
    import orjson

    story: Sequence[Any] = orjson.loads(chapters) if isinstance(chapters, str) else chapters
    return {version for version, *_ in story if version is not None}


def _waiting_for_policy(ids: Sequence[str]) -> set[tuple[str, int]]:
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from operations.databases import database_of
    from services.isolation.tables import waiting_for_policy

    w = waiting_for_policy.c
    with database_of("isolation").read() as conn:
        rows = conn.execute(select(w.arrival_id, w.version).where(is_in(conn, w.arrival_id, ids)))
        return {(id, version) for id, version in rows}


def _arrivals_recorded_at(ids: Sequence[str]) -> dict[str, tuple[datetime, datetime]]:
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from operations.databases import database_of
    from services.registration.tables import arrivals

    a = arrivals.c
    with database_of("registration").read() as conn:
        rows = conn.execute(select(a.id, a.created_at, a.updated_at).where(is_in(conn, a.id, ids)))
        return {id: _both(first, last, "registration") for id, first, last in rows}


def _case_gone(event: Recorded, known: bool) -> tuple[str, str, str]:
    if known:
        return "reassessment", event.id, "isolation handled it, and the case does not know it"
    return "case", event.about, "isolation handled its arrival; there is no case, and no reason for none"


_ARRIVALS = Relation(
    source="registration",
    first=("arrival.registered", "isolation.open_case"),
    later=("arrival.reassessed", "isolation.reassess_case"),
    known=_versions_in_cases,
    excused=_waiting_for_policy,
    recorded_at=_arrivals_recorded_at,
    orphan=("arrival", "isolation has its case, and registration has no such arrival"),
    gone=_case_gone,
)


# -- cases and what was told of them -------------------------------------------------------------------------


def cases_are_told(found: Balance, isolation: Any, notification: Any) -> None:
    """Every opening and change of a case has its notice; the notice knows which messages it planned."""
    from sqlalchemy import func, select

    from services.isolation.tables import cases
    from services.notification.tables import notices

    c, n = cases.c, notices.c
    of_case = n.event.in_(("case.opened", "case.changed"))
    told = select(n.case_id, func.count()).where(of_case).group_by(n.case_id).order_by(n.case_id)
    recorded = streamed(isolation, select(c.case_id, c.version).order_by(c.case_id))
    first, later = hand_on(found, _CASES, compared(recorded, streamed(notification, told)))
    both = first + later
    found.sums["notices"] = {"due": both["due"], "written": both["done"], **_open(both)}


def _versions_told(case_ids: Sequence[str]) -> Versions:
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from operations.databases import database_of
    from services.notification.tables import notices

    n = notices.c
    found: Versions = {}
    with database_of("notification").read() as conn:
        wanted = is_in(conn, n.case_id, case_ids) & n.event.in_(("case.opened", "case.changed"))
        for case_id, version in conn.execute(select(n.case_id, n.version).where(wanted)):
            found.setdefault(case_id, set()).add(version)
    return found


def _cases_recorded_at(case_ids: Sequence[str]) -> dict[str, tuple[datetime, datetime]]:
    """By their history, of which every change writes a line."""
    from sqlalchemy import func, select

    from chassis.database.statements import is_in
    from operations.databases import database_of
    from services.isolation.tables import case_history

    h = case_history.c
    with database_of("isolation").read() as conn:
        rows = conn.execute(
            select(h.case_id, func.min(h.at), func.max(h.at))
            .where(is_in(conn, h.case_id, case_ids))
            .group_by(h.case_id)
        )
        return {id: _both(first, last, "isolation") for id, first, last in rows}


def _notice_gone(event: Recorded, known: bool) -> tuple[str, str, str]:
    return "notice", event.id, "notification handled it, and the notice is not there"


_CASES = Relation(
    source="isolation",
    first=("case.opened", "notification.tell_case_opened"),
    later=("case.changed", "notification.tell_case_changed"),
    known=_versions_told,
    excused=lambda ids: set(),
    recorded_at=_cases_recorded_at,
    orphan=("case", "notification told of it, and isolation has no such case"),
    gone=_notice_gone,
)

BY_TABLE = frozenset((_ARRIVALS.first, _ARRIVALS.later, _CASES.first, _CASES.later))
"""(event type, handler) of what is held against tables here, and need not be looked up in the event log."""


def streamed(conn: Any, statement: Any) -> Iterator[tuple[Any, ...]]:
    rows = conn.execution_options(yield_per=STREAMED).execute(statement)
    while page := list(islice(rows, STREAMED)):
        yield from map(tuple, page)


def _open(count: Counter[str]) -> dict[str, int]:
    return {name: count[name] for name in ("in_flight", "dead_lettered", "lost", "gone")}


def _both(first: datetime, last: datetime, service: str) -> tuple[datetime, datetime]:
    """Times of the field in real time, as the field's clock runs now."""
    from operations.databases import settings_of

    offset = settings_of(service).clock().now() - datetime.now(UTC)
    return first - offset, last - offset
