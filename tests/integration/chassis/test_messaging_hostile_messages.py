"""Whatever somebody who may publish sends, the message after it is handled, and it can be found again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pika
import pytest
from amqp import Message as AmqpMessage
from amqp.exceptions import PreconditionFailed

from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.sources import Sources
from contracts.envelope import ONE, dump_event
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running
from tests.waiting import eventually

pytestmark = pytest.mark.broker
MOST = 1310720  # bytes: deploy/rabbitmq


@pytest.fixture
def trial(broker_url: str, database_url: Callable[..., str]) -> Trial:
    return Trial(broker_url, database_url("trial", prepare))


@pytest.fixture
def put(trial: Trial) -> Iterator[Callable[..., None]]:
    """Publishes anything, confirmed."""
    connection = connect(trial.broker_url, "test")
    channel = connection.channel()
    channel.confirm_select()

    def publish(
        body: bytes, *, by: str = "doorstep.events", key: str = "place.changed", **properties: Any
    ) -> None:
        message = AmqpMessage(body, **{"content_type": ONE, "delivery_mode": 2, **properties})
        channel.basic_publish_confirm(message, exchange=by, routing_key=key)

    yield publish
    close_quietly(connection)


def wrong(**changes: Any) -> bytes:
    event = place_event(1, **changes)
    event["data"] = {"level": "planet"}
    return dump_event(event)


def failing() -> bytes:
    event = place_event(1)
    event["data"]["name"] = "poison"
    return dump_event(event)


HOSTILE: dict[str, tuple[bytes, dict[str, Any]]] = {
    "a NUL in the id": (wrong(id="a\0b"), {}),
    "a NUL in the source": (wrong(source="/a\0b"), {}),
    "a NUL in the correlation id of a dead letter": (wrong(correlationid="a\0b"), {}),
    "an endless correlation id": (wrong(correlationid="x" * 5000), {}),
    "a NUL in a field": (dump_event(place_event(1, data={**place_event(1)["data"], "name": "a\0b"})), {}),
    "a version beyond all numbers": (dump_event(place_event(2**63)), {}),
    "a version of its schema with 5,000 digits": (
        dump_event(place_event(1, dataschema=":" + "9" * 5000)),
        {},
    ),
    "a version that is true": (dump_event(place_event(1, aggregateversion=True)), {}),
    "a content type longer than its column": (b"{}", {"content_type": "x" * 255}),
    "a NUL in the content type": (b"{}", {"content_type": "a\0b"}),
    "a body in another encoding": (b"\xff\xfe{", {"content_encoding": "utf-16"}),
    "a body that decodes to half characters": (rb"\ud800", {"content_encoding": "unicode_escape"}),
    "odd headers": (
        b"{",
        {"application_headers": {"x-delivery-count": "many", "doorstep-attempts": b"\xff"}},
    ),
    "headers of ours with nonsense": (
        wrong(),
        {"application_headers": {"doorstep-attempts": -7, "doorstep-first-failed": "yesterday"}},
    ),
    "a number of attempts that no list of delays has": (
        failing(),
        {"application_headers": {"doorstep-attempts": -7}},
    ),
    "more attempts than a column holds": (
        failing(),
        {"application_headers": {"doorstep-attempts": 2**40}},
    ),
    "a first failure without a zone": (
        failing(),
        {"application_headers": {"doorstep-attempts": 9, "doorstep-first-failed": "2022-10-01T00:00:00"}},
    ),
    "a first failure before all time": (
        failing(),
        {"application_headers": {"doorstep-first-failed": "0001-01-01T00:00:00+14:00"}},
    ),
    "a number of attempts that is none": (failing(), {"application_headers": {"doorstep-attempts": "many"}}),
    "a routing key of ours that is a number": (wrong(), {"application_headers": {"doorstep-routing-key": 5}}),
    "a NUL in a routing key of ours": (b"{", {"application_headers": {"doorstep-routing-key": "a\0b"}}),
    "half a character in a header": (b"{", {"application_headers": {"doorstep-routing-key": "\ud800"}}),
    "half a character in the content type": (b"{}", {"content_type": "a\ud800"}),
    "a depth that no parser likes": (b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}", {}),
    "a depth that can be read and not written": (
        dump_event(place_event(1))[:-1] + b',"x":' + b"[" * 300 + b"]" * 300 + b"}",
        {},
    ),
    "an empty body": (b"", {}),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_message_becomes_a_dead_letter_and_the_next_event_is_handled(
    trial: Trial, put: Callable[..., None], kind: str
) -> None:
    body, properties = HOSTILE[kind]
    put(body, **properties)
    put(dump_event(place_event(5)))
    with running(trial):
        eventually(lambda: 5 in trial.numbers())
        eventually(lambda: len(trial.rows("dead_letters")) == 1 or trial.numbers() == [1, 5])
        eventually(lambda: trial.messages_in(trial.queue) == 0)


@pytest.mark.parametrize("kind", [k for k, (_, has) in HOSTILE.items() if "doorstep-" in str(has)])
def test_headers_of_ours_that_hold_nonsense_stop_nobody(
    trial: Trial, put: Callable[..., None], kind: str
) -> None:
    """By the way on which they are believed, which only the services may take."""
    body, properties = HOSTILE[kind]
    put(body, by="doorstep.back", key=trial.queue, **properties)
    put(dump_event(place_event(5)))
    with running(trial):
        eventually(lambda: trial.numbers() == [5])
        eventually(lambda: len(trial.rows("dead_letters")) == 1)
        eventually(lambda: trial.messages_in(trial.queue) == 0)


def test_a_forged_delivery_count_does_not_slow_the_neighbours_down(
    trial: Trial, put: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    given_back: list[str] = []
    monkeypatch.setattr(Sources, "only", lambda self, source: given_back.append(source.queue))
    for n in range(1, 61):
        forged = {"x-delivery-count": 99} if n % 10 == 0 else {}
        put(dump_event(place_event(n)), application_headers=forged)
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 61)) or given_back)
    assert given_back == []


def test_the_broker_refuses_a_message_larger_than_anybody_reads(
    trial: Trial, put: Callable[..., None]
) -> None:
    """A consumer holds hundreds of messages in hand."""
    put(b"x" * MOST)
    with pytest.raises(PreconditionFailed, match="size"):
        put(b"x" * (MOST + 1))
    assert trial.messages_in(trial.queue) == 1


def latin_1(properties: pika.BasicProperties) -> None:
    properties.app_id = "Bahnhof Lanzhou: é"


def milliseconds(properties: pika.BasicProperties) -> None:
    properties.headers = {"sent": datetime(2022, 10, 1, tzinfo=UTC)}


@pytest.mark.parametrize("spoil", [latin_1, milliseconds])
def test_properties_that_are_no_amqp_stop_nobody(
    trial: Trial, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[Any], None]
) -> None:
    """Some clients write bytes where AMQP wants UTF-8, or milliseconds where it wants seconds."""
    with pika.BlockingConnection(pika.URLParameters(trial.broker_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        with monkeypatch.context() as patch:
            patch.setattr("pika.data.encode_short_string", not_utf8)
            patch.setattr("pika.data.calendar.timegm", lambda moment: 1664575200000)
            properties = pika.BasicProperties(content_type=ONE, delivery_mode=2)
            spoil(properties)
            channel.basic_publish("doorstep.events", "place.changed", dump_event(place_event(1)), properties)
    trial.publish_events(place_event(5))
    with running(trial):
        eventually(lambda: trial.numbers() == [5])
        eventually(lambda: len(trial.rows("dead_letters")) == 1)


def not_utf8(pieces: list[bytes], value: str) -> int:
    encoded = value.encode("latin-1")
    pieces.append(bytes([len(encoded)]))
    pieces.append(encoded)
    return 1 + len(encoded)
