"""What a message and the broker say of themselves counts: packing, marks, why a message died (case 13)."""

from __future__ import annotations

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pika
import pytest

from chassis.ids import new_id
from chassis.messaging import dead_letters
from chassis.messaging.arrived import ARRIVED
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.dead_letters import DEAD, Act
from chassis.messaging.topology import dead_name
from chassis.names import ARRIVALS, BACK, LETTER, ROUTING_KEY
from contracts.envelope import BATCH, ONE, dump_event
from deploy.local import PrivateBroker
from operations.dead_letters.advice import advice
from services.registration.reports import tables as t
from tests.integration.registration.intake import PUBLISHER, Intake
from tests.integration.registration.trial import Trial, prepare, report
from tests.waiting import eventually

pytestmark = pytest.mark.broker
KEY = f"arrival.reported.{PUBLISHER}"
MARK = b"\xef\xbb\xbf"
QUEUE = "registration.receive_report"


@pytest.fixture
def intake(broker_url: str, database_url: Callable[..., str]) -> Iterator[Intake]:
    trial = Trial(database_url("registration", prepare))
    yield Intake(trial, broker_url)
    trial.database.dispose()


def put(intake: Intake, body: bytes, content_type: str = ONE, **properties: Any) -> None:
    """As another system does, with pika; on return the broker has it."""
    with pika.BlockingConnection(pika.URLParameters(intake.broker_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        said = pika.BasicProperties(content_type=content_type, delivery_mode=2, **properties)
        channel.basic_publish(ARRIVALS, KEY, body, said, mandatory=True)


def one(order: int) -> bytes:
    return dump_event(report(order, publisher=PUBLISHER))


def bare(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


def test_packed_and_marked_bodies_are_registered_as_others(intake: Intake) -> None:
    put(intake, gzip.compress(one(1)), content_encoding="gzip")
    put(intake, zlib.compress(one(2)), content_encoding="deflate")
    put(intake, bare(one(3)), content_encoding="deflate")
    put(intake, MARK + one(4))
    put(intake, MARK + one(5), content_encoding="utf-8")
    packed = b"[" + b",".join(one(n) for n in range(6, 16)) + b"]"
    put(intake, gzip.compress(packed), BATCH, content_encoding="gzip")
    put(intake, one(16).decode().encode("gb18030"), f"{ONE}; charset=GBK")
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 16, show=intake.letters)
    assert intake.letters() == []
    assert {row["outcome"] for row in intake.trial.rows(t.reports)} == {"registered"}


BAD: dict[str, tuple[bytes, str | None, str]] = {
    "bomb": (gzip.compress(b"[" + b" " * 300_000_000), "gzip", "unpacks to over 1048576 bytes"),
    "bad gzip": (one(1), "gzip", "body is not gzip, as its content_encoding says"),
    "cut off": (gzip.compress(one(1))[:-9], "gzip", "cut off: its gzip has no end"),
    "unknown": (b"\x0b\x02\x80{}\x03", "br", "content_encoding br is not read here"),
    "nested": (gzip.compress(gzip.compress(one(1))), "gzip, gzip", "content_encoding gzip, gzip"),
    "utf-16": (one(1).decode().encode("utf-16"), None, "byte order mark of UTF-16"),
    "no utf-8": ("安小满".encode("gbk"), None, "it is no UTF-8"),
    "half characters": (b'{"a": "\xed\xa0\x80\x00\xff"}', None, "not JSON"),
}


def test_what_cannot_be_unpacked_is_a_letter_that_names_it_and_keeps_every_bit(intake: Intake) -> None:
    for body, encoding, _ in BAD.values():
        put(intake, body, content_encoding=encoding)
    put(intake, one(99))
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == len(BAD) and len(intake.trial.arrivals()) == 1)
    for letter, (body, encoding, words) in zip(intake.letters(), BAD.values(), strict=True):
        assert words in letter["error"]
        assert dead_letters.opened(intake.trial.sealer, letter["sealed_body"]) == body
        assert (letter["content_type"], letter["content_encoding"]) == (ONE, encoding)
        assert letter["unread_bytes"] == len(body)
        assert "publisher" in advice(letter)


def test_a_letter_of_a_sound_packed_message_is_replayed_with_its_bytes_and_properties(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = gzip.compress(dump_event(report(1, publisher=PUBLISHER) | {"dataschema": "x:2"}))
    put(intake, body, content_encoding="gzip", headers={"branch": "west"})
    with intake.consuming():
        (letter,) = eventually(intake.letters)
    assert dead_letters.opened(intake.trial.sealer, letter["sealed_body"]) == body
    assert letter["content_encoding"] == "gzip" and letter["event_id"] == "rail-1"
    with intake.trial.database.begin() as conn:
        act = Act(new_id(), "wang", "replay", {}, "mended")
        dead_letters.begin(conn, act, 1)
        dead_letters.take(conn, [letter["id"]], act)
    headers = letter["headers"] | {LETTER: letter["id"]}
    intake.publish(body, BACK, intake.queue, headers, letter["content_type"], letter["content_encoding"])
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 2)
    again = intake.letters()[1]
    assert again["follows"] == letter["id"] and again["content_encoding"] == "gzip"
    assert dead_letters.opened(intake.trial.sealer, again["sealed_body"]) == body


def test_a_letter_of_one_event_of_a_packed_message_keeps_its_own_bytes(intake: Intake) -> None:
    odd = orjson.dumps(report(2, publisher=PUBLISHER) | {"time": "soon"})[:-1] + b' ,  "more": 1.50e1}'
    put(intake, b"[" + one(1) + b" ,\n" + odd + b"\t]", BATCH)
    with intake.consuming():
        eventually(lambda: len(intake.letters()) == 1 and len(intake.trial.arrivals()) == 1)
    (letter,) = intake.letters()
    assert dead_letters.opened(intake.trial.sealer, letter["sealed_body"]) == odd


# -- why a message died: what the broker says ----------------------------------------------------------------


def deaths(intake: Intake) -> list[tuple[str | None, str | None]]:
    return sorted((row["event_id"], row["death"]) for row in intake.letters())


def test_a_report_whose_time_is_over_is_taken_in_as_what_it_is(intake: Intake) -> None:
    """Its publisher set that time; the person has come all the same."""
    forged = {"x-last-death-reason": "rejected", "x-last-death-queue": QUEUE, ROUTING_KEY: "a.police"}
    put(intake, gzip.compress(one(1)), expiration="1", content_encoding="gzip")
    odd = orjson.dumps(report(3, publisher=PUBLISHER) | {"time": "soon"})
    packed = b"[" + one(2) + b"," + odd + b"]"
    put(intake, packed, BATCH, expiration="1", headers=forged)
    put(intake, b"[[", BATCH, expiration="1")
    eventually(lambda: intake.messages_in(dead_name(QUEUE)) == 3)
    while intake.drain():
        pass
    assert intake.letters() == [] and intake.messages_in(dead_name(QUEUE)) == 0
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 2 and len(intake.letters()) == 2)
    assert {row["publisher"] for row in intake.trial.rows(t.reports)} == {PUBLISHER}
    found = {(row["event_id"], row["death"]) for row in intake.letters()}
    assert found == {("rail-3", None), (None, None)}  # for what is wrong with them, and answered
    assert sorted(one["type"] for one in intake.replies()) == [*["report.accepted"] * 2, "report.rejected"]
    counted = Counter({row["outcome"]: row["events"] for row in intake.trial.rows(ARRIVED)})
    assert counted == {"handled": 2, "dead": 1, "unread": 1}
    assert intake.sums().balanced


def test_a_copy_of_ours_whose_time_is_over_died_of_that(
    intake: Intake, broker: PrivateBroker, vhost: str
) -> None:
    """By an operator's policy, which would end the next copy too."""
    policy = json.dumps({"message-ttl": 1})
    broker.rabbitmqctl("set_policy", "-p", vhost, "limit", f"^{QUEUE}$", policy, "--apply-to", "queues")
    put(intake, one(1))
    eventually(lambda: intake.messages_in(dead_name(QUEUE)) == 1)
    while intake.drain():
        pass
    eventually(lambda: intake.messages_in(dead_name(QUEUE)) == 1)
    while intake.drain():
        pass
    assert deaths(intake) == [("rail-1", "expired")]
    assert intake.letters()[0]["error"].startswith("expired: its time limit")
    assert "message-ttl" in advice(intake.letters()[0])
    (counted,) = intake.trial.rows(ARRIVED)
    assert (counted["outcome"], counted["events"]) == ("expired", 1)


def test_a_report_that_somebody_refused_died_of_that(intake: Intake) -> None:
    put(intake, one(1))
    connection = connect(intake.broker_url, "somebody")
    channel = connection.channel()
    message = eventually(lambda: channel.basic_get(QUEUE))
    channel.basic_reject(message.delivery_tag, requeue=False)
    eventually(lambda: intake.messages_in(dead_name(QUEUE)) == 1)
    close_quietly(connection)
    while intake.drain():
        pass
    assert deaths(intake) == [("rail-1", "rejected")]
    assert "no service of ours ever does" in intake.letters()[0]["error"]


def test_a_report_delivered_too_often_died_of_that(intake: Intake, broker: PrivateBroker, vhost: str) -> None:
    policy = json.dumps({"delivery-limit": 2})
    broker.rabbitmqctl("set_policy", "-p", vhost, "limit", f"^{QUEUE}$", policy, "--apply-to", "queues")
    put(intake, one(1))

    def given_up() -> bool:
        connection = connect(intake.broker_url, "dies")
        connection.channel().basic_get(QUEUE)
        close_quietly(connection)
        return intake.messages_in(dead_name(QUEUE)) == 1

    eventually(given_up)
    while intake.drain():
        pass
    assert deaths(intake) == [("rail-1", "delivery_limit")]
    assert "consumer died" in intake.letters()[0]["error"]


def test_a_report_that_a_full_queue_pushed_out_died_of_that(
    broker_url: str, database_url: Callable[..., str]
) -> None:
    """No queue of ours does so; an operator may have made one that does."""
    arguments = {"x-queue-type": "quorum", "x-max-length": 1, "x-overflow": "drop-head"}
    arguments |= {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead_name(QUEUE)}
    trial = Trial(database_url("registration", prepare))
    intake = Intake(trial, broker_url)
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
        channel = connection.channel()
        channel.queue_delete(QUEUE)
        channel.queue_declare(QUEUE, durable=True, arguments=arguments)
        channel.queue_bind(QUEUE, f"{QUEUE}.intake", "")
    for order in (1, 2):
        put(intake, one(order))
    eventually(lambda: intake.messages_in(dead_name(QUEUE)) == 1)
    while intake.drain():
        pass
    assert deaths(intake) == [("rail-1", "maxlen")]
    assert "limit" in advice(intake.letters()[0])
    trial.database.dispose()


def test_what_the_broker_says_nothing_of_is_not_guessed(intake: Intake) -> None:
    odd: list[Any] = [
        {"x-death": ["a"]},
        {"x-death": [{"queue": QUEUE, "reason": "boredom"}]},
        {"x-death": [{"queue": "another", "reason": "expired"}]},
        {"x-first-death-reason": "expired", "x-first-death-queue": QUEUE},
    ]
    with pika.BlockingConnection(pika.URLParameters(intake.broker_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for order, headers in enumerate(odd, 1):
            said = pika.BasicProperties(content_type=ONE, delivery_mode=2, headers=headers)
            channel.basic_publish("", dead_name(QUEUE), one(order), said)
    eventually(lambda: intake.messages_in(dead_name(QUEUE)) == len(odd))
    while intake.drain():
        pass
    assert {row["death"] for row in intake.trial.rows(DEAD)} == {None}
    assert {row["error"] for row in intake.letters()} == {"given up by the broker, which does not say why"}
