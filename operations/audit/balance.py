"""Whether everything that came in is accounted for, across the three databases.

Each service answers for its own tables (`queries.audit`); `operations.audit.streams` compares what one
service recorded with what the next one took in; the rest is found in the event logs.
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from operations.audit.in_flight import (
    Missing,
    Passage,
    Recorded,
    Waiting,
    recorded_in_log,
    subscribers,
    waiting,
)
from operations.audit.replayed_letters import replayed_are_handled
from operations.audit.streams import BY_TABLE, arrivals_have_cases, cases_are_told

NAMED = 100


@dataclass
class Balance:
    """:param waiting: what waits in outboxes and queues, looked at before the databases are."""

    waiting: Waiting
    sums: dict[str, dict[str, Any]] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    replayed_in_flight: Counter[str] = field(default_factory=Counter)
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
    def unseen(self) -> int:
        return self.passage.unseen

    @property
    def balanced(self) -> bool:
        return not self.missing_count and not self.unseen

    @property
    def only_lost(self) -> bool:
        """All that is missing are events that may still be in a consumer's hands."""
        return not self._unnamed and all(one.lost for one in self._missing.values())

    @property
    def in_flight(self) -> dict[str, int]:
        """Events by the handler that will take them; messages where no event is known yet."""
        found = Counter(self.passage.in_flight)
        found["outbox"] = sum(self.waiting.outboxes.values())
        for name, count in (*(self.waiting.queues or {}).items(), *self.replayed_in_flight.items()):
            found[name] = max(found[name], count)
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
    from operations.databases import databases, snapshot

    found = Balance(waiting())
    with ExitStack() as stack:
        conns = {}
        for service in ("notification", "isolation", "registration"):
            conns[service] = stack.enter_context(snapshot(databases()[service]))
            conns[service].exec_driver_sql("SELECT 1 FROM leases")  # the snapshot is taken here
        _registration(found, conns["registration"])
        _isolation(found, conns["isolation"])
        _notification(found, conns["notification"])
        arrivals_have_cases(found, conns["registration"], conns["isolation"])
        cases_are_told(found, conns["isolation"], conns["notification"])
    _rest_of_the_log(found)
    _dead(found)
    replayed_are_handled(found)
    for one in found.passage.missing:
        found.miss(one.what, one.id, one.why, lost=True)
    return found


# -- each service for itself ---------------------------------------------------------------------------------


def _registration(found: Balance, conn: Any) -> None:
    from services.registration.arrivals import balance as of_registration

    own = of_registration.audit(conn)
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
    """Every report that was handled has its row.

    A set is taken from a set: both are read once, where a join reads all reports for each row of the inbox.
    """
    from sqlalchemy import func, select

    from chassis.messaging.inbox import INBOX
    from services.registration.tables import reports

    handled = select(INBOX.c.source, INBOX.c.event_id).where(INBOX.c.handler == "registration.receive_report")
    gone = handled.except_(select(reports.c.source, reports.c.event_id)).subquery()
    named = select(gone.c.source, gone.c.event_id, func.count().over())
    rows = conn.execute(named.order_by(gone.c.source, gone.c.event_id).limit(NAMED)).all()
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

    from operations.databases import settings_of
    from services.isolation.cases import queries
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

    from chassis.database.statements import is_in
    from services.isolation.tables import cases, tasks

    there = select(func.count()).where(tasks.c.case_id == cases.c.case_id).scalar_subquery()
    rows = conn.execute(
        select(cases.c.case_id, cases.c.tasks_planned, there).where(is_in(conn, cases.c.case_id, case_ids))
    )
    return {case: f"{planned} tasks of the case were planned, {n} are there" for case, planned, n in rows}


def _notification(found: Balance, conn: Any) -> None:
    from services.notification.messages import queries
    from services.notification.messages.states import STATES

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


def _rest_of_the_log(found: Balance) -> None:
    """Places, staff, policies, overdue tasks, undeliverable messages: every event has been handled."""
    from operations.settings import SERVICES

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
    from operations.databases import databases

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
