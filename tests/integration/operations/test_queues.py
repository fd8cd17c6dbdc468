"""`doorstep queues` and `doorstep topology check` against a real broker and services as processes."""

from __future__ import annotations

import os
import pty
import signal
import sys
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from amqp import Message
from kombu import Connection
from sqlalchemy import text

from chassis.broker_address import read_address
from chassis.errors import WorldAway
from demo.day import PLAIN, Day
from deploy.local import PrivateBroker
from doorstep_client import Raw
from operations.broker import broker_connection as connected
from operations.databases import settings_of
from operations.services import SERVICES
from tests.conftest import own_vhost
from tests.e2e.conftest import MORNING, sqlite_urls
from tests.processes import start
from tests.system import ROOT, System
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.broker

REPORTS, BROKEN = 30, 2


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, broker: PrivateBroker) -> Iterator[System]:
    """One registration and two of isolation, with something handled, dead and unrouted; no notification."""
    directory = tmp_path_factory.mktemp("system")
    urls = sqlite_urls(directory)
    management = broker.management_url()
    with (
        own_vhost(broker) as vhost,
        System(directory, url := broker.url(vhost), urls, management_url=management) as system,
    ):
        system.prepare(MORNING)
        started = (("registration", 0), ("isolation", 0), ("isolation", 1))
        replicas = [system.start(*one, wait=False) for one in started]
        system.wait_ready()
        ports = {service: [r.port for r in replicas if r.service == service] for service in SERVICES}
        ports["notification"] = [1]
        system.environment = {
            f"DOORSTEP_{service.upper()}_ADDRESS": ",".join(f"127.0.0.1:{port}" for port in found)
            for service, found in ports.items()
        }
        day = Day(REPORTS, date(2022, 10, 1), now=MORNING, shares=PLAIN)
        system.publish([*day, *[Raw(b"{", "application/cloudevents+json", "rail-lanzhou")] * BROKEN])
        with Connection(url) as connection:
            connection.channel().basic_publish_confirm(Message("{}"), "doorstep.arrivals", "nobody.listens")
        yield system


def look(system: System) -> dict[str, Any]:
    found: dict[str, Any] = system.cli("queues")
    return found


def by_name(rows: list[dict[str, Any]], key: str) -> dict[str, dict[str, Any]]:
    return {row[key]: row for row in rows}


def test_queues_shows_waiting_and_handled_events_and_every_cause_for_attention(system: System):
    def counted() -> dict[str, Any] | None:  # broker and services count every five seconds
        now = look(system)
        queues, handlers = by_name(now["queues"], "name"), by_name(now["handlers"], "handler")
        there = (
            queues["isolation.open_case"]["consumers"] == 2
            and queues["doorstep.unrouted"]["ready"] == 1
            and queues["notification.tell_case_opened"]["consumers"] == 0
            and handlers["registration.receive_report"]["dead_letters"] == BROKEN
            and handlers["isolation.open_case"]["handled"] == REPORTS
        )
        return now if there else None

    now = eventually(counted, every=0.5, show=lambda: look(system))
    handlers, services = by_name(now["handlers"], "handler"), by_name(now["services"], "name")
    assert handlers["registration.receive_report"]["handled"] == REPORTS
    assert handlers["registration.receive_report"]["retries_waiting"] == 0
    assert handlers["isolation.open_case"]["lag_p50"] <= handlers["isolation.open_case"]["lag_p95"]
    assert [services[name]["replicas"] for name in SERVICES] == [1, 2, 0]
    assert handlers["notification.tell_case_opened"]["handled"] is None

    said = {(one["where"], one["what"].split(":")[0]) for one in now["attention"]}
    assert ("doorstep.unrouted", "1 message for which there is no queue") in said
    assert ("registration.receive_report", f"{BROKEN} dead letters") in said
    assert ("notification", "no answer at 127.0.0.1") in said
    assert ("notification.tell_case_opened", "no consumer") in said
    assert not [where for where, _ in said if where.startswith("isolation")]


def test_no_handler_is_said_to_have_the_copies_of_another(system: System):
    """Any queue's name will do: of a waiting copy the broker tells no more than where it waits."""
    with Connection(system.broker_url) as connection:
        channel = connection.channel()
        channel.basic_publish_confirm(Message("{}"), "doorstep.retry.1h", "of.nobody")
        try:

            def counted() -> bool:
                found = by_name(look(system)["handlers"], "handler")
                own = ("registration.receive_report", "isolation.open_case")
                return all(found[name]["retries_waiting"] == 1 for name in own)

            eventually(counted, every=0.5, show=lambda: look(system))
            shown = system.run("queues").out
            assert [
                line for line in shown.splitlines() if "registration.receive_report" in line and "≤1" in line
            ]
        finally:
            channel.queue_purge("doorstep.retry.1h")


def test_a_service_that_does_not_know_its_database_wants_attention(system: System):
    database = system.database("isolation")
    says = {"where": "isolation", "what": "it answers, and does not know its database: see /readyz"}
    with database.begin() as conn:
        conn.execute(text("ALTER TABLE outbox RENAME TO outbox_away"))
    try:

        def wants_attention() -> dict[str, Any] | None:
            now = look(system)
            return now if says in now["attention"] else None

        now = eventually(wants_attention, every=0.5, show=lambda: look(system))
        assert by_name(now["handlers"], "handler")["isolation.open_case"]["dead_letters"] == 0, (
            "what it can count is shown"
        )
        assert by_name(now["services"], "name")["isolation"]["replicas"] == 2
    finally:
        with database.begin() as conn:
            conn.execute(text("ALTER TABLE outbox_away RENAME TO outbox"))
        database.dispose()
    eventually(lambda: says not in look(system)["attention"], every=0.5, show=lambda: look(system))


def test_check_is_an_exit_code_and_the_table_says_it_in_words(system: System):
    answer = system.run("queues", "--check")
    assert answer.code == 1
    assert "! doorstep.unrouted: 1 message for which there is no queue" in answer.out
    assert "! notification: no answer at 127.0.0.1:1" in answer.out


def test_without_the_management_api_queues_shows_the_services_and_says_what_to_do(
    system: System,
):
    lasting, system.management_url = system.management_url, "http://127.0.0.1:1"
    try:
        now = look(system)
        unseen = system.cli("topology", "check")["unseen"]
    finally:
        system.management_url = lasting
    assert (
        "no management API at http://127.0.0.1:1" in now["broker"] and "rabbitmq_management" in now["broker"]
    )
    assert {"where": "broker", "what": now["broker"]} in now["attention"] and now["queues"] == []
    assert by_name(now["handlers"], "handler")["registration.receive_report"]["handled"] == REPORTS
    assert unseen == now["broker"]


def test_the_live_table_goes_on_until_ctrl_c_and_ends_well(system: System):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "cli.main", "queues", "--watch"]
    environment = system.settings() | {"TERM": "xterm", "COLUMNS": "160", "LINES": "50"}
    with start(
        command, cwd=ROOT, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as tool:
        os.close(theirs)
        shown = b""
        try:
            while shown.count(b"replicas that answer") < 2:
                shown += os.read(ours, 65_536)
            tool.send_signal(signal.SIGINT)
            while part := _read(ours):
                shown += part
            assert tool.wait(PATIENCE_S) == 0
        finally:
            tool.kill()  # else a test that fails would wait for it for ever
    os.close(ours)
    assert "registration.receive_report" in shown.decode(errors="replace") and b"Traceback" not in shown
    assert b"\x1b[?1049l" in shown, "the terminal is as it was before"


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # nobody writes any more
        return b""


def test_topology_check_names_missing_and_surplus_parts_and_changes_nothing(
    system: System,
):
    def check() -> set[tuple[str, str]]:
        answer = system.run("topology", "check", "--json")
        assert answer.code == (0 if answer.json["ok"] else 1)
        return {(one["name"], one["what"]) for one in answer.json["differences"]}

    with Connection(system.broker_url) as connection:
        channel = connection.channel()
        channel.queue_unbind("isolation.open_case", "doorstep.events", "arrival.registered")
        channel.queue_declare("isolation.old", durable=True, auto_delete=False)
        channel.queue_bind("isolation.old", "doorstep.events", "arrival.registered")
        channel.queue_declare("of.somebody.else", durable=True, auto_delete=False)
        surplus = {
            ("isolation.old", "bound to doorstep.events by arrival.registered, which no handler asks for"),
            ("isolation.old", "no handler asks for it; is it of an older version?"),
        }
        unbound = ("isolation.open_case", "not bound to doorstep.events by arrival.registered")
        assert check() == {*surplus, unbound}
        assert check() == {*surplus, unbound}, "looking mends nothing"
        system.cli("topology", "apply")
        assert check() == surplus


def test_missing_rights_and_a_vanished_broker_are_one_line(
    system: System, broker: PrivateBroker, monkeypatch: pytest.MonkeyPatch
):
    vhost = read_address(system.broker_url).vhost
    broker.rabbitmqctl("add_user", "nobody", "secret")
    broker.rabbitmqctl("set_permissions", "-p", vhost, "nobody", "^$", "^$", "^$")
    lasting = system.broker_url
    parts = urlsplit(lasting)
    system.broker_url = urlunsplit(parts._replace(netloc=f"nobody:secret@{parts.hostname}:{parts.port}"))
    try:
        answer = system.run("topology", "check")
        assert answer.code == 1 and answer.err.count("\n") == 1 and "ACCESS_REFUSED" in answer.err, answer
    finally:
        system.broker_url = lasting
        broker.rabbitmqctl("delete_user", "nobody")

    for name, value in system.settings().items():
        monkeypatch.setenv(name, value)
    settings_of.cache_clear()
    with pytest.raises(WorldAway, match="is gone"), connected("a test") as connection:
        channel = connection.channel()
        broker.rabbitmqctl("close_all_connections", "-p", vhost, "a test")
        while True:
            channel.queue_declare("isolation.open_case", passive=True)
    settings_of.cache_clear()
