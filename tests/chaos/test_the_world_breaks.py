"""Broker and database killed, away, or silent while a day flows; services are never restarted for it."""

from __future__ import annotations

import os
import signal
import time

import pytest

from chassis.messaging.publisher import CONFIRM_LIMIT_S
from operations.services import SERVICES
from tests.chaos.conftest import Chaos, Faultless, same
from tests.waiting import eventually

# It takes some seconds; a machine on which other tests run is slower.
RECOVERS_WITHIN_S = 60
LONGER_THAN_A_CONFIRM_S = CONFIRM_LIMIT_S + 5


def _all_ready(chaos: Chaos) -> bool:
    return all(chaos.system.replicas[service, 0].ready for service in SERVICES)


def _same_processes(chaos: Chaos, before: dict[str, int]) -> bool:
    return before == {service: chaos.system.replicas[service, 0].process.pid for service in SERVICES}


@pytest.fixture
def pids(chaos: Chaos) -> dict[str, int]:
    return {service: chaos.system.replicas[service, 0].process.pid for service in SERVICES}


def test_the_broker_is_killed_and_comes_back(
    chaos: Chaos, faultless: Faultless, pids: dict[str, int]
) -> None:
    with chaos.flow(seconds=15):
        time.sleep(3)
        chaos.broker.kill()
        time.sleep(2)
        chaos.broker.start()
        eventually(lambda: _all_ready(chaos), RECOVERS_WITHIN_S, every=0.2)
    assert _same_processes(chaos, pids)
    same(chaos.settled_outcome(), faultless())


def test_the_broker_is_stopped_in_good_order_and_started_again(
    chaos: Chaos, faultless: Faultless, pids: dict[str, int]
) -> None:
    with chaos.flow(seconds=15):
        time.sleep(3)
        chaos.broker.restart()
        eventually(lambda: _all_ready(chaos), RECOVERS_WITHIN_S, every=0.2)
    assert _same_processes(chaos, pids)
    same(chaos.settled_outcome(), faultless())


def test_postgresql_is_away_for_a_minute_and_nothing_moves_toward_the_dead_letters(
    chaos: Chaos, faultless: Faultless, pids: dict[str, int]
) -> None:
    with chaos.flow(seconds=10):
        time.sleep(2)
        chaos.postgres.stop()
        try:
            time.sleep(60)  # the promise names a minute
            retries = sum(chaos.queue_depth(f"doorstep.retry.{delay}") for delay in ("1s", "2s", "5s"))
            assert retries == 0
        finally:
            chaos.postgres.start()
        eventually(lambda: _all_ready(chaos), RECOVERS_WITHIN_S, every=0.2)
    assert _same_processes(chaos, pids)
    same(chaos.settled_outcome(), faultless())


def test_postgresql_is_killed_and_restarted(chaos: Chaos, faultless: Faultless, pids: dict[str, int]) -> None:
    with chaos.flow(seconds=12):
        for _ in range(2):
            time.sleep(2)
            chaos.postgres.kill()
            chaos.postgres.start()
    assert _same_processes(chaos, pids)
    same(chaos.settled_outcome(), faultless())


def test_a_memory_alarm_stops_publishing_and_loses_nothing(chaos: Chaos, faultless: Faultless) -> None:
    with chaos.flow(seconds=8):
        time.sleep(2)
        chaos.broker.rabbitmqctl("set_vm_memory_high_watermark", "0.00001")
        try:
            time.sleep(LONGER_THAN_A_CONFIRM_S)
        finally:
            chaos.broker.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
    same(chaos.settled_outcome(), faultless())


def test_a_broker_that_falls_silent_gives_no_confirm(chaos: Chaos, faultless: Faultless) -> None:
    with chaos.flow(seconds=8):
        time.sleep(2)
        pid = chaos.broker.pid
        assert pid is not None
        group = os.getpgid(pid)
        os.killpg(group, signal.SIGSTOP)
        try:
            time.sleep(LONGER_THAN_A_CONFIRM_S)
        finally:
            os.killpg(group, signal.SIGCONT)
    same(chaos.settled_outcome(), faultless())
