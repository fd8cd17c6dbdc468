"""A broker of several nodes: whoever connects takes one that answers, and leaves one that fell silent."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pika
import pytest

from chassis.broker_address import at_hosts
from chassis.messaging import connection as connections
from chassis.messaging.connection import BROKER_AWAY, close_quietly, connect, stay_alive
from deploy.local.ports import freeport
from doorstep_client import Publisher, Replies, arrival_event
from tests.integration.chassis.frame_proxy import FrameProxy, proxied
from tests.waiting import eventually

pytestmark = pytest.mark.broker

NAME = "rail-lanzhou"


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


@pytest.fixture
def frozen(listener: socket.socket) -> str:
    """A node that takes connections and says nothing, as a frozen process does."""
    return f"127.0.0.1:{listener.getsockname()[1]}"


def visitors(listener: socket.socket) -> int:
    """How many have connected since the last time."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            listener.accept()[0].close()
            count += 1
    return count


@pytest.fixture
def dead() -> str:
    return f"127.0.0.1:{freeport()}"


@pytest.fixture
def proxy(broker_url: str) -> Iterator[FrameProxy]:
    with proxied(broker_url) as proxy:
        yield proxy


@pytest.fixture(autouse=True)
def knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_suspects", {})


def host_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def channel(url: str) -> pika.adapters.blocking_connection.BlockingChannel:
    return pika.BlockingConnection(pika.URLParameters(url)).channel()


def test_a_living_node_is_found_and_a_frozen_one_costs_its_time_only_once(
    broker_url: str, listener: socket.socket, frozen: str, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "CONNECT_LIMIT_S", 3)
    url = at_hosts(broker_url, f"{frozen},{dead},{host_of(broker_url)}")
    frozen_port = int(frozen.rpartition(":")[2])
    for _ in range(50):  # the order is random: until it began with the frozen one
        close_quietly(connect(url, "test"))
        if ("127.0.0.1", frozen_port) in connections._suspects:
            break
    assert ("127.0.0.1", frozen_port) in connections._suspects
    assert visitors(listener) == 1
    for _ in range(5):
        close_quietly(connect(url, "test"))
    assert visitors(listener) == 0, "the frozen one was tried first again"


def test_where_no_node_answers_the_error_is_one_of_those_that_are_waited_for(frozen: str, dead: str) -> None:
    with pytest.raises(BROKER_AWAY):
        connect(f"amqp://u:p@{dead},no-such-host.invalid/", "test")


def test_a_broker_that_falls_silent_is_given_up_and_one_that_is_only_idle_is_not(
    proxy: FrameProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEARTBEAT_S", 3)
    monkeypatch.setattr(connections, "SILENCE_S", 5)
    connection = connect(proxy.url, "test")
    idle_until = time.monotonic() + 6.5
    while time.monotonic() < idle_until:
        stay_alive(connection)
        time.sleep(0.1)

    proxy.swallow.set()
    with pytest.raises(BROKER_AWAY, match="silent"):
        eventually(lambda: stay_alive(connection), every=0.1)
    close_quietly(connection)


def test_somebody_who_was_busy_for_long_finds_the_signs_of_life_that_came_meanwhile(
    broker_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEARTBEAT_S", 6)  # the broker gives us up after 12 s
    monkeypatch.setattr(connections, "SILENCE_S", 2)
    connection = connect(broker_url, "test")
    stay_alive(connection)
    time.sleep(4)
    stay_alive(connection)
    close_quietly(connection)


@pytest.fixture
def arrivals(broker_url: str) -> str:
    ours = channel(broker_url)
    ours.exchange_declare("doorstep.inbound", "topic", durable=True)
    for queue in ("arrivals", f"doorstep.replies.{NAME}"):
        ours.queue_declare(queue, durable=True, arguments={"x-queue-type": "quorum"})
    ours.queue_bind("arrivals", "doorstep.inbound", "#")
    ours.connection.close()
    return broker_url


def test_a_publisher_goes_on_at_another_node_when_its_own_falls_silent(arrivals: str) -> None:
    with proxied(arrivals) as one, proxied(arrivals) as other:
        url = at_hosts(arrivals, f"{host_of(one.url)},{host_of(other.url)}") + "?heartbeat=2"
        with Publisher(url, NAME, time_limit=60) as publisher:
            assert publisher.publish(arrival_event(f"/{NAME}/x", {})).accepted
            (one if one.connections else other).swallow.set()
            outcome = publisher.publish(arrival_event(f"/{NAME}/x", {}))
            assert outcome.accepted, outcome
        assert one.connections and other.connections


def test_replies_are_read_from_whichever_node_answers(arrivals: str, dead: str) -> None:
    url = at_hosts(arrivals, f"{dead},{host_of(arrivals)}")
    for _ in range(4):
        with Replies(url, NAME) as replies:
            replies.read(lambda _: None, idle=0)
