"""A bad event in a packed message: its neighbours are registered, and its publisher learns what is wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import orjson
import pytest

from chassis.ids import new_id
from chassis.messaging import dead_letters
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.consumer import BatchConsumer
from chassis.messaging.dead_letters import DEAD, PURPOSE, Act
from chassis.messaging.outbox import Outbox
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import apply, service_entities, shared_entities
from chassis.names import ARRIVALS, BACK, LETTER, REPLIES
from chassis.settings import read_settings
from contracts.envelope import BATCH, dump_event, join_events
from contracts.registry import EVENT_TYPES
from operations.audit.balance import Balance, _registration
from operations.audit.in_flight import Waiting
from services.registration.reports import tables as t
from services.registration.service import SERVICE
from tests.integration.registration.trial import Trial, prepare, report

pytestmark = pytest.mark.broker
Wait = Callable[..., None]
GOOD = 49
PUBLISHER = "rail"


def without(document: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key != name}


def named(document: dict[str, Any], name: str) -> dict[str, Any]:
    person = document["data"]["person"] | {"name": name}
    return document | {"data": document["data"] | {"person": person}}


# How an event is spoilt, the field that the publisher is told, and the code.
BAD: dict[str, tuple[Callable[[dict[str, Any]], Any], str, str]] = {
    "time without a zone": (lambda e: e | {"time": "2022-10-01T10:30:00"}, "time", "contract"),
    "no time": (lambda e: without(e, "time"), "time", "contract"),
    "NUL in the name": (lambda e: named(e, "a\0b"), "event", "contract"),
    "unknown major version": (
        lambda e: e | {"dataschema": "urn:doorstep:arrival.reported:2"},
        "dataschema",
        "unknown_version",
    ),
    "unknown type": (lambda e: e | {"type": "arrival.exploded"}, "type", "unknown_type"),
    "data is a list": (lambda e: e | {"data": [1]}, "data", "contract"),
    "id of 201 characters": (lambda e: e | {"id": "x" * 201}, "id", "contract"),
    "numeric subject": (lambda e: e | {"subject": 5}, "subject", "contract"),
    "endless correlation id": (lambda e: e | {"correlationid": "x" * 5000}, "correlationid", "contract"),
    "no id": (lambda e: without(e, "id"), "id", "contract"),
    "no object": (lambda _: 5, "event", "contract"),
}


@dataclass
class Running:
    """The intake of registration on a real broker."""

    trial: Trial
    broker_url: str

    def __post_init__(self) -> None:
        key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
        given = {"DOORSTEP_REGISTRATION_DATABASE_URL": self.trial.url, "DOORSTEP_BROKER_URL": self.broker_url}
        given |= {"DOORSTEP_SEAL_KEYS": f"k:{key}", "DOORSTEP_INDEX_KEY": key}
        self.settings = replace(read_settings("registration", given), retry_delays=(1,))
        self.handler = SERVICE.handlers[0]
        self.queue = self.handler.queue(SERVICE.name)
        connection = connect(self.broker_url, "test")
        apply(connection, [*shared_entities((1,)), *service_entities(SERVICE)])
        close_quietly(connection)

    @contextmanager
    def consuming(self) -> Iterator[None]:
        outbox = Outbox(Publisher(self.broker_url, "test"))
        work = replace(self.trial.work, outlet=outbox)
        consumer = BatchConsumer(SERVICE, self.handler, work, outbox, self.settings)
        thread = threading.Thread(target=consumer.run, daemon=True)
        thread.start()
        try:
            yield
        finally:
            consumer.stop()
            thread.join(20)

    def publish(self, body: bytes, exchange: str, key: str, headers: dict[str, Any] | None = None) -> None:
        publisher, taken = Publisher(self.broker_url, "test"), []
        publisher.send(
            "1", exchange, key, body, content_type=BATCH, on_confirmed=taken.append, headers=headers or {}
        )
        publisher.wait()
        publisher.drop()
        assert taken == ["1"]

    def publish_reports(self, *documents: Any) -> None:
        body = join_events(dump_event(document) for document in documents)
        self.publish(body, ARRIVALS, f"arrival.reported.{PUBLISHER}")

    def replies(self) -> list[dict[str, Any]]:
        connection = connect(self.broker_url, "test")
        channel, found = connection.channel(), []
        while (message := channel.basic_get(f"{REPLIES}.{PUBLISHER}", no_ack=True)) is not None:
            found += orjson.loads(message.body)
        close_quietly(connection)
        return found

    def letters(self) -> list[Any]:
        return self.trial.rows(DEAD, "id")

    def body(self, letter: Any) -> Any:
        return orjson.loads(self.trial.sealer.unseal(letter["sealed_body"], PURPOSE))

    def audit(self) -> Balance:
        found = Balance(Waiting({}, {}))
        with self.trial.database.read() as conn:
            _registration(found, conn)
        return found


@pytest.fixture
def intake(broker_url: str, database_url: Callable[..., str]) -> Iterator[Running]:
    trial = Trial(database_url("registration", prepare))
    yield Running(trial, broker_url)
    trial.database.dispose()


def test_neighbours_of_a_bad_event_are_registered_and_it_is_a_letter_and_rejected(
    intake: Running, eventually: Wait
) -> None:
    sent: dict[str, Any] = {}
    orders = iter(range(1, 10_000))
    for kind, (spoil, _, _) in BAD.items():
        good = [report(next(orders), publisher=PUBLISHER) for _ in range(GOOD)]
        sent[kind] = spoil(report(next(orders), publisher=PUBLISHER))
        intake.publish_reports(*good[:20], sent[kind], *good[20:])
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == len(BAD), seconds=60)
        eventually(lambda: len(intake.trial.rows(t.reports)) == GOOD * len(BAD), seconds=60)
    assert {row["outcome"] for row in intake.trial.rows(t.reports)} == {"registered"}
    assert len(intake.trial.arrivals()) == GOOD * len(BAD)
    assert intake.audit().balanced

    letters = intake.letters()
    assert {row["content_type"] for row in letters} == {"application/cloudevents+json"}
    in_letters = [intake.body(row) for row in letters]
    assert all(document in in_letters for document in sent.values())
    ids = {orjson.dumps(document): row for document, row in zip(in_letters, letters, strict=True)}
    for document in sent.values():
        row, is_object = ids[orjson.dumps(document)], isinstance(document, dict)
        assert row["source"] == (document["source"] if is_object else None)
        assert row["event_id"] == (document.get("id", "")[:200] or None if is_object else None)

    replies = intake.replies()
    assert sum(one["type"] == "report.accepted" for one in replies) == GOOD * len(BAD)
    rejected = [one["data"] for one in replies if one["type"] == "report.rejected"]
    assert all(EVENT_TYPES["report.rejected"].loader.validate(one) == {} for one in rejected)
    assert sorted((one["reasons"][0]["field"], one["reasons"][0]["code"]) for one in rejected) == sorted(
        (field, code) for _, field, code in BAD.values()
    )
    told = {one["event"]["id"] for one in rejected}
    assert told == {
        (d.get("id") or "(unreadable)")[:200] if isinstance(d, dict) else "(unreadable)"
        for d in sent.values()
    }


def test_a_bad_event_that_stands_alone_is_rejected_too(intake: Running, eventually: Wait) -> None:
    intake.publish_reports(report(1, told="2022-10-01T10:30:00"))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1)
    (reply,) = intake.replies()
    assert (reply["type"], reply["data"]["event"]["id"]) == ("report.rejected", "rail-1")
    assert reply["correlationid"] == "rail-1"
    assert intake.letters()[0]["error"] == "time has no zone"


def test_a_message_that_is_no_json_is_one_letter_and_answered_by_nobody(
    intake: Running, eventually: Wait
) -> None:
    intake.publish(b"{", ARRIVALS, f"arrival.reported.{PUBLISHER}")
    intake.publish_reports(report(1))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 1)
    assert [one["type"] for one in intake.replies()] == ["report.accepted"]


def test_where_an_answer_cannot_be_made_the_letter_is_buried_without_it(
    intake: Running, eventually: Wait
) -> None:
    def failing(_uow: object, _events: object) -> None:
        raise ZeroDivisionError

    intake.handler = replace(intake.handler, unreadable=failing)
    intake.publish_reports(report(1, told="soon"), report(2))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 1)


def begin_replay(intake: Running, letter_id: str) -> None:
    act = Act(new_id(), "wang", "replay", {}, "mended")
    with intake.trial.database.begin() as conn:
        dead_letters.begin(conn, act, 1)
        dead_letters.take(conn, [letter_id], act)


def test_the_letter_of_a_bad_event_is_handled_alone_when_it_is_replayed_after_a_mend(
    intake: Running, eventually: Wait, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = report(1) | {"dataschema": "urn:doorstep:arrival.reported:2"}
    intake.publish_reports(newer, report(2), report(3))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 2)
        (letter,) = intake.letters()
        begin_replay(intake, letter["id"])
        kind = replace(EVENT_TYPES["arrival.reported"], major=2)
        monkeypatch.setitem(EVENT_TYPES, "arrival.reported", kind)
        body = orjson.dumps([intake.body(letter)])
        intake.publish(body, BACK, intake.queue, letter["headers"] | {LETTER: letter["id"]})
        eventually(lambda: len(intake.trial.arrivals()) == 3)
        eventually(lambda: intake.letters()[0]["handled_at"])
    assert intake.letters()[0]["state"] == "replayed"
    answered = [(one["type"], one["data"]["event"]["id"]) for one in intake.replies()]
    assert ("report.rejected", "rail-1") in answered and ("report.accepted", "rail-1") in answered


def test_a_replayed_message_of_an_older_version_leaves_a_letter_for_each_bad_event(
    intake: Running, eventually: Wait
) -> None:
    """Two without an id are two letters, also if the copy comes twice."""
    packed = orjson.dumps([report(1), without(report(2), "id"), without(report(3), "id"), report(4)])
    whole = dead_letters.DeadLetter(
        handler=intake.queue,
        error="the event has no id",
        attempts=0,
        body=packed.decode(),
        content_type=BATCH,
        first_failed_at=intake.trial.work.clock.now(),
        headers={"doorstep-routing-key": f"arrival.reported.{PUBLISHER}"},
    )
    with intake.trial.database.begin() as conn:
        dead_letters.bury(conn, intake.trial.sealer, [whole])
    (letter,) = intake.letters()
    begin_replay(intake, letter["id"])
    for _ in range(2):
        intake.publish(packed, BACK, intake.queue, letter["headers"] | {LETTER: letter["id"]})
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 2)
        eventually(lambda: len(intake.letters()) == 3)
    assert [row["follows"] for row in intake.letters()] == [None, letter["id"], letter["id"]]
    assert len(intake.trial.rows(t.reports)) == 2
