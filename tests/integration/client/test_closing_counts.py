"""What the client counts, and the right to say it: a user without it loses no report, only the count."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import pika
import pytest

from contracts.envelope import ONE, dump_event, read_message
from contracts.registry import EVENT_TYPES, read_data
from deploy.local import PrivateBroker
from doorstep_client import Publisher, Raw, arrival_event, closing_event
from doorstep_client import closing as client_closing
from operations.services import SERVICES
from tests.integration.registration.trial import prepare
from tests.system import System
from tests.waiting import eventually

pytestmark = pytest.mark.broker
COUNTS = "registration.close_batch"


@pytest.fixture
def system(tmp_path: Path, broker_url: str, broker: PrivateBroker, sqlite_url: Callable[..., str]) -> System:
    """Of which nothing runs; its topology and registration's tables are there."""
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    urls["registration"] = sqlite_url("registration", prepare)
    system = System(tmp_path / "system", broker_url, urls, management_url=broker.management_url())
    system.prepare()
    return system


@pytest.fixture
def name(vhost: str) -> str:
    """Users belong to the broker, not to the test's virtual host."""
    return f"rail-{vhost}"


@pytest.fixture
def url(system: System, broker_url: str, name: str) -> str:
    """Of a new publisher."""
    password = system.cli("publisher", "add", name)["password"]
    parts = urlsplit(broker_url)
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password)}@{parts.hostname}:{parts.port}"))


def event(name: str, n: int, time: str = "2022-10-01T08:00:00+08:00", part: str = "x") -> dict[str, Any]:
    return arrival_event(f"/{name}/{part}", {"n": n}, id=f"e{n}", time=time)


def messages_in(url: str, queue: str) -> int:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        return int(connection.channel().queue_declare(queue, passive=True).method.message_count)


def counts(url: str) -> list[dict[str, Any]]:
    """What was said, in order of source and day; the messages are taken out."""
    found = []
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        while (got := channel.basic_get(COUNTS, auto_ack=True))[0] is not None:
            assert got[1].content_type == ONE
            found.append(json.loads(got[2])["data"])
    return sorted(found, key=lambda data: (data["source"], data["day"]))


def test_a_publisher_says_how_many_of_each_source_and_day_it_sent(
    broker_url: str, url: str, name: str
) -> None:
    with Publisher(url, name) as publisher:
        outcomes = publisher.publish_many(
            [
                *(event(name, n) for n in range(120)),
                event(name, 5),
                event(name, 200, "2022-10-01T16:30:00Z"),
                event(name, 201, part="y"),
                event("police", 1),  # not its own: refused before it is sent
                Raw(b"{", ONE, name),
            ]
        )
        assert len(outcomes.accepted) == 124
        assert publisher.publish(event(name, 300)).accepted
    eventually(lambda: messages_in(broker_url, COUNTS) == 3)
    said = [(d["source"], d["day"], d["count"], len(d["ids"])) for d in counts(broker_url)]
    assert said == [
        (f"/{name}/x", "2022-10-01", 121, 121),
        (f"/{name}/x", "2022-10-02", 1, 1),
        (f"/{name}/y", "2022-10-01", 1, 1),
    ]


def test_a_user_of_an_older_set_up_goes_on_without_and_gets_the_right_by_topology_apply(
    broker_url: str, broker: PrivateBroker, vhost: str, system: System, url: str, name: str
) -> None:
    old = rf"^arrival\.reported\.{name}$"
    broker.rabbitmqctl("set_topic_permissions", "-p", vhost, name, "doorstep.inbound", old, "^$")
    with Publisher(url, name) as publisher:
        assert publisher.publish_many(event(name, n) for n in range(70)).complete
        assert publisher.say_counts() == 0
        assert publisher.publish(event(name, 71)).accepted
    assert messages_in(broker_url, COUNTS) == 0
    eventually(lambda: messages_in(broker_url, f"registration.receive_report.from.{name}") == 3)

    assert [system.cli("topology", "apply")["publishers_renewed"] for _ in range(2)] == [1, 0]
    with Publisher(url, name) as publisher:
        assert publisher.publish(event(name, 72)).accepted
    eventually(lambda: messages_in(broker_url, COUNTS) == 1)


def test_a_publisher_counts_nobody_elses_events_and_nothing_else_is_granted(url: str, name: str) -> None:
    for key in (
        "batch.closed.police",
        f"batchXclosed.{name}",
        f"arrival.registered.{name}",
        f"check_in.reported.{name}",
    ):
        for exchange in ("doorstep.arrivals", "doorstep.inbound"):
            with pika.BlockingConnection(pika.URLParameters(url)) as connection:
                channel = connection.channel()
                channel.confirm_delivery()
                with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
                    channel.basic_publish(exchange, key, b"{}")


def test_only_arrivals_are_counted(
    broker_url: str, broker: PrivateBroker, system: System, name: str, url: str
) -> None:
    system.cli("publisher", "add", name, "--renew", "--may", "arrival.reported", "--may", "batch.closed")
    with Publisher(url, name) as publisher:
        outcomes = publisher.publish_many(
            [event(name, 1), closing_event(f"/{name}/x", "2022-10-01", 7), event(name, 2)]
        )
        assert outcomes.complete
    eventually(lambda: messages_in(broker_url, COUNTS) == 2)
    assert sorted(one["count"] for one in counts(broker_url)) == [2, 7]


def test_counts_are_said_in_parts_when_a_message_is_full(
    broker_url: str, url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_closing, "MOST_IDS", 100)
    with Publisher(url, name) as publisher:
        assert publisher.publish_many(event(name, n) for n in range(250)).complete
    eventually(lambda: messages_in(broker_url, COUNTS) == 3)
    found = counts(broker_url)
    assert sorted(data["count"] for data in found) == [50, 100, 100]
    assert len({id for data in found for id in data["ids"]}) == 250


def test_a_program_that_keeps_the_block_open_says_its_counts_all_the_same(
    broker_url: str, url: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a service that runs for weeks keeps all ids, and says them when nobody remembers the events."""
    monkeypatch.setattr(client_closing, "SAY_EVERY", -1.0)
    with Publisher(url, name) as publisher:
        assert publisher.publish(event(name, 1)).accepted
        eventually(lambda: messages_in(broker_url, COUNTS) == 1)
    assert [data["ids"] for data in counts(broker_url)] == [["e1"]]


def test_a_programs_own_count_keeps_the_contract() -> None:
    (read,) = read_message(dump_event(closing_event("/rail/x", "2022-10-01", 7)), ONE, publisher="rail")
    assert not read_data(read).problems and read.type in EVENT_TYPES
