"""Whether everything that came in is accounted for, across the three databases.

Each service answers for its own tables (`queries.audit`). What must follow from one service in the next is
held against it here: sorted ids of both are streamed and compared, so a million arrivals need no memory.
Subscribers are read first: what they know, the service before them had recorded earlier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from cli.passage import Missing, Passage, Recorded, Waiting, made_at, recorded_in_log, subscribers, waiting

STREAMED = 10_000
# Suspects are looked at again in steps of this many.
STEP = 2_000
NAMED = 100

# What of these events is held against tables instead of against the event log.
BY_TABLE = frozenset(
    {
        ("arrival.registered", "isolation.open_case"),
        ("arrival.reassessed", "isolation.reassess_case"),
        ("case.opened", "notification.tell_case_opened"),
        ("case.changed", "notification.tell_case_changed"),
    }
)


@dataclass
class Balance:
    """:param waiting: what waits in outboxes and queues, looked at before the databases are."""

    waiting: Waiting
    sums: dict[str, dict[str, Any]] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    _missing: dict[tuple[str, str], Missing] = field(default_factory=dict)
    _unnamed: int = 0
    passage: Passage = field(init=False)

    def __post_init__(self) -> None:
        self.passage = Passage(self.waiting)

    @property
    def missing(self) -> list[Missing]:
        return list(self._missing.values())

    @property
    def missing_count(self) -> int:
        return len(self._missing) + self._unnamed

    @property
    def only_lost(self) -> bool:
        """All that is missing are events that may still be in a consumer's hands."""
        return not self._unnamed and all(one.lost for one in self._missing.values())

    @property
    def in_flight(self) -> dict[str, int]:
        """Events by the handler that will take them; messages where no event is known yet."""
        found = Counter(self.passage.in_flight)
        found["outbox"] = sum(self.waiting.outboxes.values())
        for queue, count in (self.waiting.queues or {}).items():
            found[queue] = max(found[queue], count)
        return {name: count for name, count in sorted(found.items()) if count}

    def miss(self, what: str, id: str, why: str, *, lost: bool = False) -> None:
        key = (what, id)
        if key in self._missing:
            return
        if len(self._missing) < NAMED:
            self._missing[key] = Missing(what, id, why, lost)
        else:
            self._unnamed += 1

    def miss_more(self, count: int, named: int) -> None:
        """A query names only the first of what it counted."""
        self._unnamed += max(0, count - named)


def balance() -> Balance:
    from cli.databases import databases, snapshot

    found = Balance(waiting())
    with ExitStack() as stack:
        conns = {}
        for service in ("notification", "isolation", "registration"):
            conns[service] = stack.enter_context(snapshot(databases()[service]))
            conns[service].exec_driver_sql("SELECT 1 FROM leases")  # the snapshot is taken here
        _registration(found, conns["registration"])
        _isolation(found, conns["isolation"])
        _notification(found, conns["notification"])
        _arrivals_have_cases(found, conns["registration"], conns["isolation"])
        _cases_are_told(found, conns["isolation"], conns["notification"])
    _rest_of_the_log(found)
    _dead(found)
    for one in found.passage.missing:
        found.miss(one.what, one.id, one.why, lost=True)
    return found


# -- each service for itself ---------------------------------------------------------------------------------


def _registration(found: Balance, conn: Any) -> None:
    from services.registration import queries

    own = queries.audit(conn)
    found.sums["reports"] = {"received": own["reports"], **own["reports_by_outcome"]}
    for one in own["missing"]:
        why = f"report {one['event_id']} led to it, and it is not there"
        found.miss("arrival", one["arrival_id"], why)
    found.miss_more(own["arrivals_missing"], len(own["missing"]))
    for one in own["short_of_reports"]:
        why = f"it counts {one['counted']} reports, and {one['found']} are there"
        found.miss("report", one["arrival_id"], why)
    found.miss_more(own["arrivals_short_of_reports"], len(own["short_of_reports"]))
    if own["reports_without_arrival"]:
        found.miss("arrival", "reports", f"{own['reports_without_arrival']} accepted reports name no arrival")
    waiting, without = own["arrivals_on_unassigned_list"], own["arrivals_without_worker"]
    if waiting != without:
        found.miss("worker", "arrivals", f"{without} arrivals have no worker, {waiting} wait for one")
    _kept_reports(found, conn)
    _own(found, "registration", own)


def _kept_reports(found: Balance, conn: Any) -> None:
    """Every report that was handled has its row."""
    from sqlalchemy import and_, func, select

    from chassis.messaging.inbox import INBOX
    from services.registration.tables import reports

    gone = (
        select(INBOX.c.source, INBOX.c.event_id, func.count().over())
        .outerjoin(reports, and_(reports.c.source == INBOX.c.source, reports.c.event_id == INBOX.c.event_id))
        .where(INBOX.c.handler == "registration.receive_report", reports.c.id.is_(None))
        .limit(NAMED)
    )
    rows = conn.execute(gone).all()
    for source, event_id, _ in rows:
        found.miss("report", f"{source} {event_id}", "it was received, and its row is not there")
    found.miss_more(rows[0][2] if rows else 0, len(rows))


_PROBLEMS = {
    "task_count": ("task", "the case has another number of tasks than were planned"),
    "history_count": ("case history", "the case has another number of history lines than it counts"),
    "task_without_case": ("case", "there are tasks of it, and no case"),
    "history_without_case": ("case", "there is history of it, and no case"),
    "nobody_responsible": ("owner", "nobody is responsible, and it does not wait for anybody"),
    "nothing_next": ("next task", "the case is open, and nothing is to be done or to be planned"),
}


def _isolation(found: Balance, conn: Any) -> None:
    from sqlalchemy import func, select

    from cli.databases import settings_of
    from services.isolation import queries
    from services.isolation.tables import cases

    settings = settings_of("isolation")
    own = queries.audit(conn, today=settings.clock().today(settings.zone))
    c = cases.c
    owned = conn.execute(
        select(func.count()).select_from(cases).where(c.closed_at.is_(None), c.owner.is_not(None))
    ).scalar_one()
    closed = conn.execute(
        select(func.count()).select_from(cases).where(c.closed_at.is_not(None))
    ).scalar_one()
    found.sums["cases"] = {
        "all": own["cases"],
        "closed": closed,
        "with_owner": owned,
        "waiting_for_owner": own["cases"] - closed - owned,
        "by_state": own["cases_by_state"],
    }
    found.sums["tasks"] = {
        "planned": own["tasks_planned"],
        "found": own["tasks_found"],
        "by_state": own["tasks_by_state"],
    }
    for problem in own["problems"]:
        what, why = _PROBLEMS.get(problem["what"], (problem["what"], "isolation's own audit found it"))
        said: dict[str, str] = {}
        if problem["what"] == "task_count":
            said = _task_counts(conn, problem["cases"])
        for case_id in problem["cases"]:
            found.miss(what, case_id, said.get(case_id) or why)
        found.miss_more(problem["count"], len(problem["cases"]))
    _own(found, "isolation", own)


def _task_counts(conn: Any, case_ids: list[str]) -> dict[str, str]:
    from sqlalchemy import func, select

    from chassis.database import is_in
    from services.isolation.tables import cases, tasks

    there = select(func.count()).where(tasks.c.case_id == cases.c.case_id).scalar_subquery()
    rows = conn.execute(
        select(cases.c.case_id, cases.c.tasks_planned, there).where(is_in(conn, cases.c.case_id, case_ids))
    )
    return {case: f"{planned} tasks of the case were planned, {n} are there" for case, planned, n in rows}


def _notification(found: Balance, conn: Any) -> None:
    from services.notification import queries
    from services.notification.domain.states import STATES

    own = queries.audit(conn)
    found.sums["messages"] = {
        "planned": own["messages_planned"],
        "found": own["messages_found"],
        "by_state": {state: count for state, count in own["messages_by_state"].items() if count},
    }
    named = 0
    for one in own["missing"]:
        named += abs(one["planned"] - one["found"])
        why = f"{one['planned']} messages were planned, {one['found']} are there"
        lacking = ", ".join(one["missing"])
        found.miss("message", f"{one['case_id']} {one['notice']}", f"{why}: {lacking}" if lacking else why)
    found.miss_more(own["messages_missing"], named)
    if own["messages_without_notice"]:
        found.miss("notice", "messages", f"{own['messages_without_notice']} messages belong to no notice")
    for state in sorted(set(own["messages_by_state"]) - set(STATES)):
        found.miss("message state", state, f"{own['messages_by_state'][state]} messages are in it")
    _own(found, "notification", own)


def _own(found: Balance, service: str, own: dict[str, Any]) -> None:
    """The net under the above: a service that finds fault with itself is never balanced."""
    if not own["balanced"] and not found.missing_count:
        found.miss("balance", service, f"the service's own sums do not add up: {own}")


# -- from one service to the next ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """How far the same thing is here and there: versions recorded, versions known. None: not there."""

    id: str
    recorded: int | None
    known: int | None


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


def _arrivals_have_cases(found: Balance, registration: Any, isolation: Any) -> None:
    from sqlalchemy import case, select

    from services.isolation.tables import cases
    from services.registration.tables import arrivals

    a, c = arrivals.c, cases.c
    story = case((c.arrival_version > 1, c.chapters))
    known = (
        (id, _known_versions(version, chapters))
        for id, version, chapters in _streamed(
            isolation, select(c.case_id, c.arrival_version, story).order_by(c.case_id)
        )
    )
    recorded = _streamed(registration, select(a.id, a.version).order_by(a.id))
    sums = found.sums["arrivals"] = {"registered": 0, "with_case": 0} | dict.fromkeys(_ENDS, 0)
    suspects: list[Pair] = []
    for pair in compared(recorded, known):
        if pair.recorded is None:
            found.miss("arrival", pair.id, "isolation has its case, and registration has no such arrival")
            continue
        sums["registered"] += 1
        sums["with_case"] += pair.known is not None
        if (pair.known or 0) < pair.recorded:
            suspects.append(pair)
            if len(suspects) >= STEP:
                _look_at_arrivals(found, suspects, sums)
                suspects = []
    _look_at_arrivals(found, suspects, sums)


_ENDS = ("waiting_for_policy", "in_flight", "dead_lettered", "lost", "without_case")


def _known_versions(newest: int, chapters: str | list[Any] | None) -> int:
    """How many versions of an arrival the case has taken in; chapters without one are policy changes."""
    import orjson

    if newest <= 1 or chapters is None:
        return newest
    told = orjson.loads(chapters) if isinstance(chapters, str) else chapters
    return len({version for version, *_ in told if version is not None})


def _look_at_arrivals(found: Balance, suspects: list[Pair], sums: dict[str, int]) -> None:
    """What isolation has not taken in: again, now, and event by event."""
    if not suspects:
        return
    ids = [pair.id for pair in suspects]
    versions, waiting = _versions_in_cases(ids)
    changed_at = _changed_at(ids)
    unseen: dict[str, list[Recorded]] = {"arrival.registered": [], "arrival.reassessed": []}
    for pair in suspects:
        for version in range(1, (pair.recorded or 0) + 1):
            if version in versions.get(pair.id, ()):
                continue
            if (pair.id, version) in waiting:
                sums["waiting_for_policy"] += version == 1
                continue
            kind = "arrival.registered" if version == 1 else "arrival.reassessed"
            at = made_at(pair.id) if version == 1 else changed_at[pair.id]
            unseen[kind].append(Recorded(f"{kind}:{pair.id}:{version}", kind, pair.id, at))
        sums["with_case"] += pair.known is None and pair.id in versions
    gone: set[str] = set()
    for kind, handler in (
        ("arrival.registered", "isolation.open_case"),
        ("arrival.reassessed", "isolation.reassess_case"),
    ):
        events = unseen[kind]
        handled = found.passage.handled(handler, "registration", [event.id for event in events])
        taken_in = [event for event in events if event.id in handled]
        if taken_in:
            # Between our look at the cases and at the inbox it may have been handled.
            versions, waiting = _versions_in_cases([event.about for event in taken_in])
        for event in taken_in:
            version = int(event.id.rpartition(":")[2])
            if version in versions.get(event.about, ()) or (event.about, version) in waiting:
                continue
            if event.about in versions:
                found.miss("reassessment", event.id, "isolation handled it, and the case does not know it")
            else:
                gone.add(event.about)
                why = "isolation handled its arrival, and there is no case and no reason for having none"
                found.miss("case", event.about, why)
        judged = found.passage.judge(handler, "registration", [e for e in events if e.id not in handled])
        if kind == "arrival.registered":
            for name, count in judged.items():
                sums[name] += count
    sums["without_case"] += len(gone)


def _versions_in_cases(ids: list[str]) -> tuple[dict[str, set[int]], set[tuple[str, int]]]:
    """Of these arrivals: the versions their cases have taken in, and those that wait for a policy."""
    from sqlalchemy import select

    from chassis.database import is_in
    from cli.databases import database_of
    from services.isolation.tables import cases, waiting_for_policy

    w = waiting_for_policy.c
    with database_of("isolation").read() as conn:
        rows = conn.execute(
            select(cases.c.case_id, cases.c.chapters).where(is_in(conn, cases.c.case_id, ids))
        )
        versions = {id: {version for version, *_ in chapters if version} for id, chapters in rows}
        rows = conn.execute(select(w.arrival_id, w.version).where(is_in(conn, w.arrival_id, ids)))
        return versions, {(id, version) for id, version in rows}


def _changed_at(ids: list[str]) -> dict[str, datetime]:
    """When these arrivals changed last, in real time: as the field's clock runs now."""
    from sqlalchemy import select

    from chassis.database import is_in
    from cli.databases import database_of
    from services.registration.tables import arrivals

    with database_of("registration").read() as conn:
        rows = conn.execute(
            select(arrivals.c.id, arrivals.c.updated_at).where(is_in(conn, arrivals.c.id, ids))
        )
        return {id: _real(at, "registration") for id, at in rows}


def _cases_are_told(found: Balance, isolation: Any, notification: Any) -> None:
    """Every opening and change of a case has its notice; the notice knows which messages it planned."""
    from sqlalchemy import func, select

    from services.isolation.tables import cases
    from services.notification.tables import notices

    c, n = cases.c, notices.c
    of_case = n.event.in_(("case.opened", "case.changed"))
    known = _streamed(
        notification, select(n.case_id, func.count()).where(of_case).group_by(n.case_id).order_by(n.case_id)
    )
    recorded = _streamed(isolation, select(c.case_id, c.version).order_by(c.case_id))
    sums = found.sums["notices"] = dict.fromkeys(
        ("due", "written", "in_flight", "dead_lettered", "lost", "gone"), 0
    )
    suspects: list[Pair] = []
    for pair in compared(recorded, known):
        sums["due"] += pair.recorded or 0
        sums["written"] += min(pair.known or 0, pair.recorded or 0)
        if pair.recorded is None:
            found.miss("case", pair.id, "notification told of it, and isolation has no such case")
        elif (pair.known or 0) < pair.recorded:
            suspects.append(pair)
            if len(suspects) >= STEP:
                _look_at_notices(found, suspects, sums)
                suspects = []
    _look_at_notices(found, suspects, sums)


def _look_at_notices(found: Balance, suspects: list[Pair], sums: dict[str, int]) -> None:
    if not suspects:
        return
    recorded = {pair.id: pair.recorded or 0 for pair in suspects}
    known = {pair.id: pair.known or 0 for pair in suspects}
    written = _notices_of(list(recorded))
    told_at = _told_at(list(recorded))
    unseen: dict[str, list[Recorded]] = {"case.opened": [], "case.changed": []}
    for case_id, newest in recorded.items():
        there = written.get(case_id, set())
        sums["written"] += len([v for v in there if v <= newest]) - known[case_id]
        for version in range(1, newest + 1):
            if version not in there:
                kind = "case.opened" if version == 1 else "case.changed"
                at = told_at[case_id]
                unseen[kind].append(Recorded(f"{kind}:{case_id}:{version}", kind, case_id, at))
    for kind, handler in (
        ("case.opened", "notification.tell_case_opened"),
        ("case.changed", "notification.tell_case_changed"),
    ):
        events = unseen[kind]
        handled = found.passage.handled(handler, "isolation", [event.id for event in events])
        again = _notices_of([event.about for event in events if event.id in handled])
        for event in events:
            version = int(event.id.rpartition(":")[2])
            if event.id in handled and version not in again.get(event.about, ()):
                sums["gone"] += 1
                found.miss("notice", event.id, "notification handled it, and the notice is not there")
            elif event.id in handled:
                sums["written"] += 1
        judged = found.passage.judge(handler, "isolation", [e for e in events if e.id not in handled])
        for name, count in judged.items():
            sums[name] += count


def _notices_of(case_ids: list[str]) -> dict[str, set[int]]:
    """The versions of these cases that were told."""
    from sqlalchemy import select

    from chassis.database import is_in
    from cli.databases import database_of
    from services.notification.tables import notices

    n = notices.c
    found: dict[str, set[int]] = {}
    with database_of("notification").read() as conn:
        for case_id, version in conn.execute(
            select(n.case_id, n.version).where(
                is_in(conn, n.case_id, case_ids), n.event.in_(("case.opened", "case.changed"))
            )
        ):
            found.setdefault(case_id, set()).add(version)
    return found


def _told_at(case_ids: list[str]) -> dict[str, datetime]:
    """When isolation last told something of these cases, in real time."""
    from sqlalchemy import func, select

    from chassis.database import is_in
    from cli.databases import database_of
    from services.isolation.tables import case_history, cases

    with database_of("isolation").read() as conn:
        rows = conn.execute(
            select(cases.c.case_id, func.max(func.coalesce(case_history.c.at, cases.c.opened_at)))
            .outerjoin(case_history, case_history.c.case_id == cases.c.case_id)
            .where(is_in(conn, cases.c.case_id, case_ids))
            .group_by(cases.c.case_id)
        )
        return {id: _real(at, "isolation") for id, at in rows}


def _rest_of_the_log(found: Balance) -> None:
    """Places, staff, policies, overdue tasks, undeliverable messages: every event has been handled."""
    from cli.environment import SERVICES

    sums = found.sums["other_events"] = dict.fromkeys(
        ("recorded", "handled", "in_flight", "dead_lettered", "lost"), 0
    )
    wanted = {
        kind: [handler for handler, _ in handlers if (kind, handler) not in BY_TABLE]
        for kind, handlers in subscribers().items()
    }
    types = sorted(kind for kind, handlers in wanted.items() if handlers)
    for service in SERVICES:
        for page in recorded_in_log(service, types):
            by_type: dict[str, list[Recorded]] = {}
            for event in page:
                by_type.setdefault(event.type, []).append(event)
            for kind, events in by_type.items():
                for handler in wanted[kind]:
                    handled = found.passage.handled(handler, service, [event.id for event in events])
                    unhandled = [event for event in events if event.id not in handled]
                    sums["recorded"] += len(events)
                    sums["handled"] += len(events) - len(unhandled)
                    for name, count in found.passage.judge(handler, service, unhandled).items():
                        sums[name] += count


def _dead(found: Balance) -> None:
    from sqlalchemy import func, select

    from chassis.messaging.dead_letters import DEAD
    from cli.databases import databases

    sums = found.sums["dead_letters"] = {"waiting": 0, "replayed": 0, "discarded": 0}
    for database in databases().values():
        with database.read() as conn:
            rows = conn.execute(
                select(DEAD.c.handler, DEAD.c.state, func.count()).group_by(DEAD.c.handler, DEAD.c.state)
            )
            for handler, state, count in rows:
                sums[state] += count
                if state == "waiting":
                    found.dead_letters[handler] = found.dead_letters.get(handler, 0) + count


def _streamed(conn: Any, statement: Any) -> Iterator[tuple[Any, ...]]:
    rows = conn.execution_options(yield_per=STREAMED).execute(statement)
    while page := list(islice(rows, STREAMED)):
        yield from map(tuple, page)


def _real(moment: datetime, service: str) -> datetime:
    from datetime import UTC

    from cli.databases import settings_of

    return moment - (settings_of(service).clock().now() - datetime.now(UTC))
