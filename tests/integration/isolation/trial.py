"""Tests of isolation are made of a database, a clock that stands still, and events about arrivals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import select

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import ONE, Event, dump_event, event_document, read_message
from contracts.registry import read_data
from services.isolation import tables as t
from services.isolation.cases import queries
from services.isolation.cases.apply_policies import apply_policies
from services.isolation.cases.assign_waiting import assign_waiting
from services.isolation.cases.follow_arrivals import follow_arrivals
from services.isolation.cases.open_waiting import open_waiting
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.teams.copies import PLACES, STAFF

CHINA = ZoneInfo("Asia/Shanghai")
SEALER = Sealer({"k": b"s" * 32})


def china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


MORNING = china("2022-10-01 07:00")
CITY, DISTRICT, STREET, COMMUNITY, GRID = "lz", "cg", "zhangye-road", "c-1", "g-1"
TREE = (
    (CITY, None, "city"),
    (DISTRICT, CITY, "district"),
    (STREET, DISTRICT, "street"),
    (COMMUNITY, STREET, "community"),
    (GRID, COMMUNITY, "grid"),
)
PEOPLE = (
    ("worker-1", "grid_worker", GRID),
    ("worker-2", "grid_worker", GRID),
    ("officer", "community_officer", COMMUNITY),
    ("nurse", "health_worker", COMMUNITY),
    ("police", "police", STREET),
    ("street", "street_officer", STREET),
    ("district", "district_officer", DISTRICT),
)


class StandingClock(Clock):
    """Stands at a moment until it is moved."""

    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def advance(self, **by: float) -> None:
        self.moment += timedelta(**by)


def prepare(url: str) -> None:
    database = Database(url)
    upgrade("isolation", database)
    database.dispose()  # a template that somebody is connected to cannot be copied


def furnish(url: str) -> None:
    """With policies and the neighbourhood, made once and copied for each test."""
    prepare(url)
    with trial(url) as isolation:
        isolation.with_policies().with_neighbourhood()


def event(
    type: str, subject: str, version: int, data: dict[str, Any], at: datetime, id: str | None = None
) -> Event:
    """As it comes from the broker: through JSON and its contract."""
    document = event_document(
        id=id or f"{type}:{subject}:{version}",
        source="/doorstep/registration",
        type=type,
        data=data,
        time=at,
        subject=subject,
        dataschema=f"urn:doorstep:{type}:1",
        aggregateversion=version,
        correlationid=f"report-of-{subject}",
    )
    read = read_data(read_message(dump_event(document), ONE)[0])
    assert not read.problems, read.problems
    return read


def arrival(
    arrival_id: str | None = None,
    *,
    version: int = 1,
    level: str = "high",
    left_on: date | None = date(2022, 9, 30),
    at: datetime = MORNING,
    arrived_at: datetime | None = None,
    why: Sequence[str] = ("stop_added",),
    **changed: Any,
) -> Event:
    """arrival.registered, or from version 2 on arrival.reassessed."""
    arrival_id = arrival_id or new_id()
    destination = {
        "division": "620102002",
        "street": STREET,
        "community": COMMUNITY,
        "grid": GRID,
        "placed_by": "code",
        **changed.pop("destination", {}),
    }
    areas = [
        {
            "list": "l",
            "level": level,
            "division": "620402",
            "place": "京怡家园",
            "certainty": "exact",
            "stop": 0,
        }
    ]
    none = level == "none"
    data = {
        "arrival_id": arrival_id,
        "person_id": arrival_id,
        "household_id": None,
        "person": f"sealed-{version}",
        "language": "zh-CN",
        "arrived_at": arrived_at or MORNING - timedelta(minutes=48),
        "expected": False,
        "source_kinds": ["transport"],
        "reports": version,
        "destination": destination,
        "worker": None,
        "risk": {
            "level": level,
            "certainty": "exact",
            "left_on": None if none else left_on,
            "areas": [] if none else areas,
        },
        "change": None if version == 1 else {"why": list(why), "previous_level": "none"},
        **changed,
    }
    type = "arrival.registered" if version == 1 else "arrival.reassessed"
    return event(type, arrival_id, version, data, at)


def place(place_id: str, parent: str | None, level: str, version: int = 1, **changed: Any) -> Event:
    data = {"place_id": place_id, "parent": parent, "level": level, "name": f"name of {place_id}"}
    data |= {"aliases": [], "division": None, "kind": None, "removed": False, **changed}
    return event("place.changed", place_id, version, data, MORNING)


def staff(staff_id: str, role: str, where: str, version: int = 1, **changed: Any) -> Event:
    data = {"staff_id": staff_id, "role": role, "place": where, "active": True}
    data |= {"person": f"sealed-{staff_id}", "language": "zh-CN", **changed}
    return event("staff.changed", staff_id, version, data, MORNING)


def undeliverable(
    case_id: str,
    message_id: str,
    at: datetime,
    kind: str = "resident",
    staff_id: str | None = None,
    role: str | None = None,
    **told: Any,
) -> Event:
    """message.undeliverable; `told` is what of: `about` and `level`."""
    data = {
        "message_id": message_id,
        "case_id": case_id,
        "arrival_id": case_id,
        "recipient": {"kind": kind, "staff_id": staff_id, "role": role},
        "channel": "sms",
        "template": "resident_home_isolation",
        "reason": "number not in service",
        "attempts": 3,
        **told,
    }
    return event("message.undeliverable", message_id, 1, data, at)


def kinds(tasks: Sequence[dict[str, Any]]) -> list[str]:
    return [task["kind"] for task in tasks]


@dataclass
class Trial:
    """Isolation's use cases on a database of its own."""

    database: Database
    clock: StandingClock = field(default_factory=lambda: StandingClock(MORNING))

    @property
    def work(self) -> Work:
        return Work("isolation", self.database, self.clock, SEALER, BlindIndex(b"i" * 32), CHINA)

    def do(self, use_case: Callable[..., Any], *given: Any) -> Any:
        with self.work.unit() as uow:
            return use_case(uow, *given)

    def follow(self, *events: Event) -> None:
        self.do(follow_arrivals, events)

    def until_done(self, timer: Callable[[UnitOfWork], int]) -> int:
        total = 0
        while done := self.do(timer):
            total += done
        return total

    def run_timers(self) -> None:
        for timer in (open_waiting, assign_waiting, apply_policies):
            self.until_done(timer)
        self.until_done(plan_next_day)
        self.until_done(find_overdue)

    def with_policies(self, *ids: str) -> Trial:
        for document in documents.shipped():
            if not ids or document["policy_id"] in ids:
                self.do(import_policy, document)
        return self

    def with_neighbourhood(self, people: Iterable[tuple[str, str, str]] = PEOPLE) -> Trial:
        self.do(PLACES.keep, [place(*one) for one in TREE])
        self.do(STAFF.keep, [staff(*one) for one in people])
        return self

    def case(self, event_or_id: Event | str) -> dict[str, Any]:
        case_id = event_or_id if isinstance(event_or_id, str) else event_or_id.data["arrival_id"]
        return next(row for row in self.rows(t.cases) if row["case_id"] == case_id)

    def rows(self, table: Any) -> list[dict[str, Any]]:
        with self.database.read() as conn:
            return [dict(row) for row in conn.execute(select(table)).mappings()]

    def tasks(self, event_or_id: Event | str, *states: str) -> list[dict[str, Any]]:
        case_id = self.case(event_or_id)["case_id"]
        rows = [row for row in self.rows(t.tasks) if row["case_id"] == case_id]
        rows.sort(key=lambda row: (row["due_from"], row["kind"], row["about"]))
        return [row for row in rows if not states or row["state"] in states]

    def recorded(self, type: str) -> list[Event]:
        """Recorded events of a type, each held against its contract."""
        found = []
        for row in self.rows(TABLES["outbox"]):
            if row["routing_key"] == type:
                for document in orjson.loads(row["body"]):
                    read = read_data(read_message(orjson.dumps(document), ONE)[0])
                    assert not read.problems, (type, read.problems)
                    found.append(read)
        return sorted(found, key=lambda e: (e.subject or "", e.version))

    def audit(self) -> dict[str, Any]:
        with self.database.read() as conn:
            return queries.audit(conn, today=self.clock.today(CHINA))

    def trace(self, arrival_id: str) -> dict[str, Any]:
        with self.database.read() as conn:
            return queries.trace(conn, arrival_id, zone=CHINA)


@contextmanager
def trial(url: str) -> Iterator[Trial]:
    database = Database(url)
    try:
        yield Trial(database)
    finally:
        database.dispose()
