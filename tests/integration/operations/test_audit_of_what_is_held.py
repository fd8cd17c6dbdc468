"""The audit counts every message that the broker holds, also those that no look at a queue shows as ready."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from threading import Timer

import pytest
from kombu import Connection

from demo.day import PLAIN, Day
from deploy.local import PrivateBroker
from tests.e2e.conftest import MORNING, prepared
from tests.system import System
from tests.waiting import eventually

pytestmark = pytest.mark.broker

REPORTS = 5
RETRY = "doorstep.retry.5s"
REPORT = "registration.receive_report"


@pytest.fixture
def system(
    tmp_path: Path, broker: PrivateBroker, broker_url: str, sqlite_url: Callable[..., str]
) -> Iterator[System]:
    with prepared(tmp_path / "system", broker, broker_url, sqlite_url) as system:
        yield system


def ready(system: System, queue: str) -> int:
    with Connection(system.broker_url) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).message_count)


def publish(system: System) -> None:
    system.publish(Day(REPORTS, date(2022, 10, 1), now=MORNING, shares=PLAIN), packed=1)


def test_what_a_service_has_in_hand_is_waited_for(system: System) -> None:
    """It was pushed to a process that stands still, so no queue shows it as ready, and no database has it."""
    system.start_all()
    process = system.replicas["registration", 0].process
    process.send_signal(signal.SIGSTOP)
    goes_on = Timer(5, process.send_signal, [signal.SIGCONT])  # the broker gives it up after 10 s
    try:
        publish(system)
        eventually(lambda: ready(system, REPORT) == 0)
        goes_on.start()
        audit = system.settled()
    finally:
        goes_on.cancel()
        process.send_signal(signal.SIGCONT)
    assert audit["sums"]["reports"]["received"] == REPORTS, audit


def test_where_no_management_api_answers_the_audit_says_that_it_does_not_see_what_is_in_hand(
    system: System,
) -> None:
    assert system.cli("audit")["only_ready"] == ""
    system.management_url = "http://127.0.0.1:1"
    assert "no management API at http://127.0.0.1:1" in system.cli("audit")["only_ready"]
    shown = system.run("audit").out
    assert "messages in a service's hands are not counted" in " ".join(shown.split())


def test_a_copy_that_does_not_get_past_its_retry_queue_is_in_flight_and_not_settled(system: System) -> None:
    with Connection(system.broker_url) as connection:
        channel = connection.channel()
        channel.exchange_delete("doorstep.back")
        publish(system)
        channel.confirm_select()
        message = eventually(lambda: channel.basic_get(REPORT, no_ack=True))
        channel.queue_purge(REPORT)
        message.properties.pop("delivery_info", None)
        channel.basic_publish_confirm(message, RETRY, REPORT)
        eventually(lambda: ready(system, RETRY) == 0, every=0.5)

    def seen() -> bool:
        return system.cli("audit")["in_flight"].get(RETRY) == 1

    eventually(seen, every=0.5, show=lambda: system.cli("audit"))
    assert system.audit(wait=5)[1]["in_flight"][RETRY] == 1
