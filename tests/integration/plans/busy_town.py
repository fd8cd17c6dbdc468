"""A town of the sample places on three PostgreSQL databases that are full of arrivals which are over.

Services take in what the others record, as by a broker, but in this process and without one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

import orjson
from sqlalchemy import select, update

from benchmarks.arrivals import CHINA, DAY, PUBLISHER, event
from benchmarks.bulk_load import load
from benchmarks.bulk_rows import KEYS
from chassis.clock import Clock
from chassis.commands.command import Author
from chassis.database.engine import Database
from chassis.database.tables import TABLES
from chassis.handlers import Handler, Service
from chassis.messaging.transaction import settle_events
from chassis.names import EVENTS
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from contracts.envelope import BATCH, ONE, Event, read_message
from contracts.registry import read_data
from demo.samples import PLACES, RISK_AREAS, STAFF, sample
from services.isolation import door as isolation
from services.registration import door as registration

SERVICES: Final = ("registration", "isolation", "notification")
EVENING: Final = datetime(DAY.year, DAY.month, DAY.day, 19, tzinfo=CHINA)
_OUTBOX = TABLES["outbox"]


class StandingClock(Clock):
    def __init__(self, moment: datetime) -> None:
        super().__init__()
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


@dataclass
class BusyTown:
    """
    :param urls: service -> URL of its database, migrated and empty.
    """

    urls: Mapping[str, str]
    clock: StandingClock = field(default_factory=lambda: StandingClock(EVENING))

    def __post_init__(self) -> None:
        sealer, index = Sealer({"k": b"s" * 32, **KEYS}), BlindIndex(b"i" * 32)
        self.works = {
            name: Work(name, Database(url), self.clock, sealer, index, CHINA)  # type: ignore[arg-type]
            for name, url in self.urls.items()
        }
        self.services: dict[str, Service] = {
            name: import_module(f"services.{name}.service").SERVICE for name in SERVICES
        }

    def fill(self, arrivals: int) -> None:
        load({name: url.replace("+psycopg", "") for name, url in self.urls.items()}, arrivals)

    def open(self) -> None:
        """Places, staff, a risk list and policies, known to all services."""
        with self.works["registration"].unit() as uow:
            registration.IMPORT_PLACES(uow, sample(PLACES).read_text(encoding="utf-8"))
            registration.IMPORT_STAFF(uow, sample(STAFF).read_text(encoding="utf-8"))
            listed = registration.READ_OFFICIAL_LIST(orjson.loads(sample(RISK_AREAS).read_bytes()), uow.zone)
            registration.IMPORT_RISK_LIST(uow, listed, "nhc")
        with self.works["isolation"].unit() as uow:
            for document in isolation.SHIPPED_POLICIES():
                isolation.IMPORT_POLICY(uow, document)
        self.hand_on()

    def report(self, numbers: Iterable[int], run: str = "town") -> None:
        self.receive([event(number, run) for number in numbers])

    def receive(self, documents: Iterable[Mapping[str, Any]]) -> None:
        events = [read_data(one) for document in documents for one in _read(document)]
        self.settle("registration", "receive_report", events)

    def handler(self, service: str, name: str) -> Handler:
        return next(one for one in self.services[service].handlers if one.name == name)

    def settle(self, service: str, name: str, events: Sequence[Event]) -> None:
        handler, work = self.handler(service, name), self.works[service]
        with work.unit() as uow:
            settle_events(uow, handler.queue(service), handler, events)

    def hand_on(self) -> None:
        """What the services have recorded, to those who take it, until nothing more is."""
        while recorded := [event for service in SERVICES for event in self._recorded(service)]:
            for service in SERVICES:
                for handler in self.services[service].handlers:
                    mine = [
                        one for one in recorded if handler.exchange == EVENTS and one.type in handler.events
                    ]
                    for first in range(0, len(mine), handler.batch):
                        self.settle(service, handler.name, mine[first : first + handler.batch])

    def _recorded(self, service: str) -> list[Event]:
        """Since it was asked last."""
        wanted = select(_OUTBOX).where(_OUTBOX.c.published_at.is_(None), _OUTBOX.c.exchange == EVENTS)
        with self.works[service].database.begin() as conn:
            rows = conn.execute(wanted.order_by(_OUTBOX.c.created_at, _OUTBOX.c.id)).all()
            gone = _OUTBOX.c.published_at.is_(None)
            conn.execute(update(_OUTBOX).where(gone).values(published_at=datetime.now(CHINA)))
        return [read_data(one) for row in rows for one in read_message(row.body.encode(), BATCH)]

    def timers(self) -> Iterator[tuple[str, Callable[[], int]]]:
        """Each timer of each service by its full name, and one turn of it."""
        for service in SERVICES:
            for timer in self.services[service].timers:
                yield f"{service}.{timer.name}", self._turn(service, timer.use_case)

    def _turn(self, service: str, use_case: Callable[[Any], int]) -> Callable[[], int]:
        def turn() -> int:
            with self.works[service].unit() as uow:
                return use_case(uow)

        return turn

    def later(self, **by: float) -> None:
        self.clock.moment += timedelta(**by)

    def one(self, service: str, query: str) -> Any:
        """The first column of the first row."""
        with self.works[service].database.read() as conn:
            return conn.exec_driver_sql(query).scalar()

    def dispose(self) -> None:
        for work in self.works.values():
            work.database.dispose()


def _read(document: Mapping[str, Any]) -> Sequence[Event]:
    return read_message(orjson.dumps(document), ONE, publisher=PUBLISHER)


def staff_author(staff_id: str) -> Author:
    return Author("staff", f"/console/{staff_id}", staff_id)
