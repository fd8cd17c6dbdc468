"""2,000 arrivals flow through the whole system on PostgreSQL while something is broken; in the end the result
must equal that of a day on which nothing was. `make soak`: 5,000."""

from __future__ import annotations

import fcntl
import os
import pickle
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from demo.day import Day, Line
from deploy.local import PrivateBroker, PrivatePostgres
from doorstep_client import BrokerError
from operations.services import SERVICES
from tests.chaos.outcome import Outcome, outcome_of
from tests.conftest import own_vhost
from tests.e2e.conftest import MORNING, migrated
from tests.system import System

ARRIVALS = int(os.environ.get("DOORSTEP_SOAK_ARRIVALS_OF_DAY") or 2000)
PUBLISHED_AT_ONCE = 100
TRICKLES_S = 300
# No gateway: messages stay queued, and the day costs no more than it must.
NO_SENDING = {"DOORSTEP_SMS_URL": "", "DOORSTEP_RETRY_DELAYS": "1,1,2,2,5"}


@pytest.fixture(scope="session")
def day() -> list[Line]:
    """Two reports of one coming, households, invalid and broken ones, repeats: all that a day brings."""
    return list(Day(arrivals=ARRIVALS, day=date(2022, 10, 1), seed=2022, now=MORNING))


@dataclass
class Chaos:
    """A system under load, and the day that flows through it."""

    system: System
    broker: PrivateBroker
    postgres: PrivatePostgres
    day: list[Line]
    vhost: str
    _problems: list[BaseException] = field(default_factory=list)

    @contextmanager
    def flow(self, seconds: float = 5.0) -> Iterator[threading.Event]:
        """The day is published over about `seconds`; yields an event that is set when all of it is out.

        Leaves when everything is published.
        """
        pause = seconds / (len(self.day) / PUBLISHED_AT_ONCE)
        with self._publishing(PUBLISHED_AT_ONCE, pause, threading.Event()) as out:
            yield out

    @contextmanager
    def trickle(self) -> Iterator[threading.Event]:
        """The day is published slowly while the block lasts, however long that is on a busy machine (up to
        some five minutes), and the rest of it when the block is left."""
        hurry, pause = threading.Event(), 0.5
        with self._publishing(max(1, round(len(self.day) * pause / TRICKLES_S)), pause, hurry) as out:
            yield out
            hurry.set()

    @contextmanager
    def _publishing(self, at_once: int, pause: float, hurry: threading.Event) -> Iterator[threading.Event]:
        out = threading.Event()

        def publish() -> None:
            try:
                lines = iter(self.day)
                while portion := list(islice(lines, PUBLISHED_AT_ONCE if hurry.is_set() else at_once)):
                    began = time.monotonic()
                    self._publish(portion)
                    hurry.wait(max(0.0, pause - (time.monotonic() - began)))
            except BaseException as error:
                self._problems.append(error)
            finally:
                out.set()

        thread = threading.Thread(target=publish, daemon=True)
        thread.start()
        yield out
        thread.join(pause * len(self.day) / at_once + 120)
        assert not thread.is_alive(), "publishing hangs"
        if self._problems:
            raise self._problems[0]

    def _publish(self, portion: list[Line], seconds: float = 90) -> None:
        """As a publisher does who gives up on nothing: again, with the same ids, until all is accepted."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self.system.publish(portion)
                return
            except (BrokerError, AssertionError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def outcome(self) -> Outcome:
        databases = {service: self.system.database(service) for service in SERVICES}
        try:
            return outcome_of(databases)
        finally:
            for database in databases.values():
                database.dispose()

    def settled_outcome(self, wait: float = 180) -> Outcome:
        self.system.settled(wait)
        return self.outcome()

    def queue_depth(self, queue: str) -> int:
        listed = self.broker.rabbitmqctl("list_queues", "-p", self.vhost, "name", "messages", "--quiet")
        depths = dict(line.split("\t") for line in listed.splitlines() if "\t" in line)
        return int(depths.get(queue, 0))


NewChaos = Callable[..., Chaos]


@pytest.fixture(scope="session")
def durable_postgres(disk_directory: Path) -> Iterator[PrivatePostgres]:
    """With fsync and on a disk, unlike the other tests' one: here it is stopped and killed."""
    with PrivatePostgres(disk_directory / "durable") as postgres:
        yield postgres


NewDatabases = Callable[[str], dict[str, str]]
"""(name) -> URL of a migrated database of each service, on the durable server."""


@pytest.fixture(scope="session")
def new_databases(durable_postgres: PrivatePostgres) -> NewDatabases:
    """Migrated once, and then copied."""
    for service in SERVICES:
        migrated(service)(durable_postgres.create_database(f"{service}_migrated"))
    return _copies(durable_postgres, "migrated")


def _copies(postgres: PrivatePostgres, of: str) -> NewDatabases:
    return lambda name: {
        service: postgres.create_database(f"{service}_{name}", template=f"{service}_{of}")
        for service in SERVICES
    }


@pytest.fixture(scope="session")
def furnished_databases(
    tmp_path_factory: pytest.TempPathFactory,
    broker: PrivateBroker,
    durable_postgres: PrivatePostgres,
    new_databases: NewDatabases,
) -> NewDatabases:
    """The samples are in them: imported once, by services that run, and then copied."""
    urls, directory = new_databases("furnished"), tmp_path_factory.mktemp("furnished")
    with (
        own_vhost(broker) as vhost,
        System(directory, broker.url(vhost), urls, NO_SENDING, broker.management_url()) as system,
    ):
        start(system)
        system.import_samples()
    return _copies(durable_postgres, "furnished")


def start(system: System, *parts: str) -> None:
    """These, or all services, at nine in the morning. Returns when they are ready."""
    system.prepare(MORNING)
    for part in parts or SERVICES:
        system.start(part, wait=False)
    system.wait_ready()


@pytest.fixture
def new_chaos(
    tmp_path: Path,
    broker: PrivateBroker,
    vhost: str,
    durable_postgres: PrivatePostgres,
    furnished_databases: NewDatabases,
    day: list[Line],
    request: pytest.FixtureRequest,
) -> Iterator[NewChaos]:
    systems: list[System] = []

    def new(environment: dict[str, str] = NO_SENDING, sms: bool = False) -> Chaos:
        urls = furnished_databases(str(abs(hash((request.node.nodeid, len(systems)))) % 10**9))
        system = System(
            tmp_path / f"system{len(systems)}", broker.url(vhost), urls, environment, broker.management_url()
        )
        systems.append(system)
        start(system, *(["sms"] if sms else []), *SERVICES)
        return Chaos(system, broker, durable_postgres, day, vhost)

    yield new
    for system in systems:
        system.stop_all()


@pytest.fixture
def chaos(new_chaos: NewChaos) -> Chaos:
    return new_chaos()


Faultless = Callable[[], Outcome]
"""The outcome of the day when nothing breaks. Called once a test has its own: no worker waits for it."""

_reference: dict[int, Outcome] = {}


@pytest.fixture
def faultless(
    tmp_path_factory: pytest.TempPathFactory,
    broker: PrivateBroker,
    durable_postgres: PrivatePostgres,
    furnished_databases: NewDatabases,
    day: list[Line],
) -> Faultless:
    """Played once for each length of the day, by whichever worker comes first."""
    ours = tmp_path_factory.getbasetemp()
    shared = ours.parent if os.environ.get("PYTEST_XDIST_WORKER") else ours

    def outcome() -> Outcome:
        if len(day) not in _reference:
            with (shared / f"faultless-{len(day)}").open("ab+") as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                file.seek(0)
                if not (known := file.read()):
                    directory = tmp_path_factory.mktemp("faultless")
                    urls = furnished_databases(f"faultless_{len(day)}")
                    with own_vhost(broker) as vhost:
                        system = System(
                            directory, broker.url(vhost), urls, NO_SENDING, broker.management_url()
                        )
                        undisturbed = Chaos(system, broker, durable_postgres, day, vhost)
                        known = pickle.dumps(_outcome_of(undisturbed))
                    file.write(known)
            _reference[len(day)] = pickle.loads(known)
        return _reference[len(day)]

    return outcome


def _outcome_of(undisturbed: Chaos) -> Outcome:
    with undisturbed.system as system:
        start(system)
        with undisturbed.flow():
            pass
        return undisturbed.settled_outcome()


def same(found: Outcome, expected: Outcome) -> None:
    """Fails with the first few differences, not with 5,000 lines."""
    for part in ("arrivals", "pairs", "reports", "dead", "acts"):
        differences: list[Any] = []
        one, other = (outcome.get(part, {}) for outcome in (found, expected))
        for key in one.keys() | other.keys():
            if one.get(key) != other.get(key):
                differences.append((key, one.get(key), other.get(key)))
        assert not differences, f"{part}: {len(differences)} differ, such as {differences[:3]}"
    assert found["cases_without_arrival"] == [] and found["messages_without_arrival"] == []
