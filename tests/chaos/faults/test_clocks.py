"""The clock of the machine, or of its database, is a day ahead and a day behind while a day flows."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from deploy.local import PrivateBroker, PrivatePostgres
from operations.services import SERVICES
from tests.chaos.conftest import NO_SENDING, Chaos, Faultless, same
from tests.e2e.conftest import MORNING, migrated
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

WRONG_S = 3.0
DAY_S = 86_400


def library() -> Path:
    """Of Debian's package libfaketime, which `make test` installs."""
    return next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))


class Watch:
    """A wall clock that processes started with `environment` go by; the monotonic one stays as it is."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.is_off(0)
        self.environment = {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def is_off(self, seconds: int) -> None:
        """Processes see it within a second."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.chmod(0o644)
        new.replace(self._file)


@pytest.fixture
def of_machine(nodes_directory: Path) -> Watch:
    return Watch(nodes_directory / "watch-of-machine")


@pytest.fixture
def of_database(nodes_directory: Path) -> Watch:
    return Watch(nodes_directory / "watch-of-database")


@pytest.fixture
def chaos(
    tmp_path: Path,
    nodes_directory: Path,
    broker: PrivateBroker,
    vhost: str,
    day: list[dict[str, Any]],
    of_machine: Watch,
    of_database: Watch,
) -> Iterator[Chaos]:
    postgres = PrivatePostgres(nodes_directory / "postgres-of-another-day", fsync=False)
    with mock.patch.dict(os.environ, of_database.environment):
        postgres.start()
    with ExitStack() as left:
        left.callback(postgres.stop)
        urls = {service: postgres.create_database(service) for service in SERVICES}
        for service in SERVICES:
            migrated(service)(urls[service])
        management = broker.management_url()
        system = left.enter_context(System(tmp_path, broker.url(vhost), urls, NO_SENDING, management))
        system.prepare(MORNING)
        for service in SERVICES:
            system.start(service, wait=False, **of_machine.environment)
        system.wait_ready()
        system.import_samples()
        yield Chaos(system, broker, postgres, day, vhost)


@pytest.mark.timeout(600)  # on a busy machine
def test_neither_a_clock_that_is_a_day_ahead_nor_one_that_is_a_day_behind_changes_the_day(
    chaos: Chaos, faultless: Faultless, of_machine: Watch, of_database: Watch
) -> None:
    with chaos.flow(seconds=15):
        for watch in (of_machine, of_database):
            for off in (DAY_S, -DAY_S):
                time.sleep(1)
                watch.is_off(off)
                eventually(
                    lambda: _all_name_it(chaos.system), 60, every=0.3, show=lambda: _said(chaos.system)
                )
                time.sleep(WRONG_S)
                watch.is_off(0)
                # A chore that ran twice meanwhile, a minute apart, says so until its next turn.
                eventually(lambda: _all_well(chaos.system), 150, every=0.3, show=lambda: _said(chaos.system))
    same(chaos.settled_outcome(), faultless())
    assert _all_well(chaos.system), "nothing stays broken"


def _said(system: System) -> dict[str, dict[str, object]]:
    return {replica.service: replica.readyz for replica in system.replicas.values()}


def _all_name_it(system: System) -> bool:
    return all("clocks" in said["degraded"] for said in _said(system).values() if said)


def _all_well(system: System) -> bool:
    return all(said.get("ready") and not said["degraded"] for said in _said(system).values())
