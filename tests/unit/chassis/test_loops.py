"""A service declares its loops; the chassis gives each a `map` and work with a connection of its own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.handlers import Loop, Map, Service
from chassis.messaging.outbox import Outbox
from chassis.running.housekeeping import Chore, loops
from chassis.sealing import BlindIndex, Sealer
from chassis.settings import Settings, read_settings
from chassis.unit_of_work import Work

TEXT_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return read_settings(
        "trial",
        {
            "DOORSTEP_TRIAL_DATABASE_URL": f"sqlite:///{tmp_path}/trial.db",
            "DOORSTEP_BROKER_URL": "amqp://nobody@localhost:1",
            "DOORSTEP_SEAL_KEYS": f"k1:{TEXT_KEY}",
            "DOORSTEP_INDEX_KEY": TEXT_KEY,
        },
    )


@pytest.fixture
def work(settings: Settings) -> Iterator[Work]:
    database = Database(settings.database_url)
    sealer, index = Sealer({"k1": bytes(32)}), BlindIndex(bytes(32))
    yield Work("trial", database, Clock(), sealer, index, ZoneInfo("Asia/Shanghai"))
    database.dispose()


def made(work: Work, settings: Settings, *declared: Loop) -> list[Chore]:
    def map_of(at_once: int) -> Map:
        return ThreadPoolExecutor(at_once).map

    return loops(Service("trial", (), loops=declared), work, settings, map_of)


def test_a_loop_gets_an_outlet_of_its_own_and_a_map(work: Work, settings: Settings) -> None:
    seen: list[Work] = []

    def make(own: Work, several: Map) -> Callable[[], int]:
        seen.append(own)
        return lambda: sum(several(len, ["a", "bb"]))

    loop = Loop("add", timedelta(seconds=0.5), make, at_once=2)
    first, second = made(work, settings, loop, loop)
    assert (first.name, first.every_s, first.once(), second.once()) == ("trial.add", 0.5, 3, 3)
    assert isinstance(seen[0].outlet, Outbox) and seen[0].outlet is not seen[1].outlet
    assert seen[0].database is work.database


def test_a_loop_that_the_settings_switch_off_is_not_run(work: Work, settings: Settings) -> None:
    assert made(work, settings, Loop("add", timedelta(seconds=1), lambda _work, _several: None)) == []


def test_a_failed_check_stops_the_service_before_it_consumes() -> None:
    """In a process of its own, for the host is patched by eventlet."""
    script = """
from chassis.running import process
from chassis.errors import SettingsError
from chassis.handlers import Service
from chassis.running.hosting import host
def check(): raise SettingsError("rules.yaml: line 3 is wrong")
try:
    host(Service("trial", (), checks=(check,)), None, None)
except SettingsError as error:
    print(error)
"""
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout == "rules.yaml: line 3 is wrong\n", done.stderr
