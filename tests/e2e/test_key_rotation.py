"""A key follows another while reports come in: nothing is lost, and the old one seals nothing any more."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, inspect, text

from chassis.database.guards import remove
from chassis.messaging.outbox import OUTBOX
from chassis.sealing import Sealer
from demo.day import PLAIN, Day
from deploy.local import PrivateBroker
from operations.keys.tokens import Tokens
from operations.services import SERVICES
from tests.e2e.conftest import MORNING, prepared
from tests.e2e.databases import on
from tests.e2e.test_repairs import BROKEN
from tests.system import KEYS, System

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

OLD, NEW = "k1", "k2"


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    file = tmp_path / "seal_keys"
    file.write_text(KEYS["DOORSTEP_SEAL_KEYS"] + "\n")
    file.chmod(0o440)
    return file


@pytest.fixture
def system(
    tmp_path: Path, ring: Path, broker: PrivateBroker, broker_url: str, database_url: Callable[..., str]
) -> Iterator[System]:
    of_file = {"DOORSTEP_SEAL_KEYS_FILE": str(ring)}
    with prepared(tmp_path / "system", broker, broker_url, database_url, **of_file) as system:
        system.start_all()
        system.import_samples()
        yield system


@contextmanager
def reports_coming_in(system: System) -> Iterator[list[int]]:
    """All the while, ten at a time; afterwards the list says how many were taken."""
    ending, taken, failures = threading.Event(), [0], []
    lines = iter(Day(5_000, date(2022, 10, 1), now=MORNING, shares=PLAIN))

    def publish() -> None:
        try:
            while not ending.is_set():
                system.publish([next(lines) for _ in range(10)], packed=5)
                taken[0] += 10
                time.sleep(0.1)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=publish)
    thread.start()
    try:
        yield taken
    finally:
        ending.set()
        thread.join(90)
    assert not failures and not thread.is_alive(), failures


def started_again(system: System) -> None:
    """Each finishes what it has in hand."""
    for service in SERVICES:
        assert system.stop(service) == 0
        system.start(service, wait=False)
    system.wait_ready()


def texts_of(system: System, service: str) -> Iterator[tuple[str, str]]:
    """(table, text) of every text of every row."""
    database = system.database(service)
    with database.read() as conn:
        for table in inspect(database.engine).get_table_names():
            for row in conn.execute(text(f'SELECT * FROM "{table}"')):
                yield from ((table, value) for value in row if isinstance(value, str))
    database.dispose()


def sealed_by(system: System, id: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for service in SERVICES:
        for table, value in texts_of(system, service):
            if f"{id}." in value:
                where = f"{service}.{table}"
                found[where] = found.get(where, 0) + 1
    return found


def test_a_key_follows_another_while_reports_come_in(system: System, ring: Path) -> None:
    system.publish([BROKEN])
    with reports_coming_in(system) as taken:
        while taken[0] < 50:
            time.sleep(0.05)
        assert system.cli("keys", "add") == {"added": NEW}
        started_again(system)
        assert sealed_by(system, OLD), "the old one seals still"
        assert sealed_by(system, NEW) == {}
        assert system.cli("keys", "promote") == {"promoted": NEW}
        started_again(system)
        first = system.cli("keys", "reseal")
        assert first["newest"] == NEW and first["renewed"][OLD] > 100 and first["unopened"] == {}
        so_far = taken[0]
        while taken[0] < so_far + 30:
            time.sleep(0.05)
    before = system.settled()
    system.cli("keys", "reseal")
    _only_the_log_is_left(system)

    for service in SERVICES:  # as a week does
        database = system.database(service)
        with database.begin() as conn:
            remove(conn, delete(OUTBOX).where(OUTBOX.c.body.contains(f"{OLD}.")))
        database.dispose()
    assert system.cli("keys", "status", "--unused", OLD)["in_use"]["isolation"][OLD]["logged"] == 0
    assert system.cli("keys", "retire", OLD) == {"retired": OLD}
    assert ring.read_text().startswith(f"{NEW}:") and f"{OLD}:" not in ring.read_text()
    assert ring.stat().st_mode & 0o777 == 0o440
    started_again(system)

    assert sealed_by(system, OLD) == {}
    _everything_opens(system, Sealer.from_text(ring.read_text()))
    after = system.settled()
    assert (
        after["sums"]["reports"] == before["sums"]["reports"]
        and after["sums"]["reports"]["received"] == taken[0]
    )
    [arrival] = system.ask("registration", "SELECT id FROM arrivals ORDER BY id LIMIT 1")
    shown = system.cli("trace", str(arrival.id), "--reveal", "--why", "a test", "--by", "wang")
    assert shown["registration"], shown
    [letter] = [one for one in system.cli("dead", "list") if one["handler"] == "registration.receive_report"]
    assert system.run("dead", "show", letter["id"]).code == 0


def _only_the_log_is_left(system: System) -> None:
    refused = system.run("keys", "retire", OLD)
    assert refused.code != 0 and f"{OLD} is still in use" in refused.err and "Traceback" not in refused.err
    assert system.run("keys", "retire", NEW).code != 0, "it seals"
    status: dict[str, Any] = system.run("keys", "status", "--unused", OLD, "--json").json
    assert system.run("keys", "status", "--unused", OLD).code == 1
    assert status["keys"] == [NEW, OLD]
    for service in SERVICES:
        use = status["in_use"][service][OLD]
        says_names = service != "notification"
        assert use["values"] == {} and bool(use["logged"]) == says_names, (service, use)
        assert bool(use["logged_until"]) == says_names


def _everything_opens(system: System, sealer: Sealer) -> None:
    tokens = Tokens(sealer, [NEW])
    for service in SERVICES:
        for _, value in texts_of(system, service):
            tokens.renew(value)
    assert tokens.renewed[NEW] > 100 and not tokens.unopened
