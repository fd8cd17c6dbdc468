"""The audit counts every event that ever arrived once, and notices what publishers count and nobody got."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pika
import pytest
from sqlalchemy import delete, select, text, update

from chassis.messaging.dead_letters import DEAD
from contracts.envelope import BATCH, ONE, dump_event
from deploy.local import PrivateBroker
from doorstep_client import Publisher, Raw, arrival_event, closing_event
from services.registration import tables as t
from tests.e2e.conftest import prepared
from tests.integration.registration.trial import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]

NAME = "rail"
DAY = "2022-10-01"
QUEUE = "registration.receive_report"
PARTS = ("handled", "needs_correction", "duplicate", "dead", "expired", "discarded", "replayed")


@pytest.fixture
def system(
    tmp_path: Path, broker: PrivateBroker, broker_url: str, database_url: Callable[..., str]
) -> Iterator[System]:
    with prepared(tmp_path / "system", broker, broker_url, database_url) as system:
        yield system


def events(first: int, last: int) -> list[dict[str, Any]]:
    return [
        report(n, publisher=NAME, time="2022-10-01T08:30:00+08:00", at="2022-10-01T08:00:00+08:00")
        for n in range(first, last + 1)
    ]


def publish(system: System, *documents: Any, counts: bool = True, packed: int = 50) -> None:
    with Publisher(system.broker_url, NAME, events_per_message=packed, closing_counts=counts) as publisher:
        assert publisher.publish_many(documents).complete


def put(system: System, key: str, *messages: tuple[bytes, pika.BasicProperties]) -> None:
    """As a foreign publisher would. What the broker has not confirmed it may have lost."""
    with pika.BlockingConnection(pika.URLParameters(system.broker_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for body, properties in messages:
            channel.basic_publish("doorstep.arrivals", key, body, properties)


def sent(system: System) -> int:
    with pika.BlockingConnection(pika.URLParameters(system.broker_url)) as connection:
        return int(connection.channel().queue_declare(QUEUE, passive=True).method.message_count)


def calm(system: System) -> dict[str, Any]:
    """The audit when registration has nothing more to take; nobody else runs."""

    def found() -> dict[str, Any] | None:
        code, audit = system.audit()
        waits = any(name.startswith("registration.") for name in audit["in_flight"])
        return audit if code == 0 and not waits else None

    return eventually(found, every=0.5)


def intake(found: dict[str, Any]) -> dict[str, Any]:
    counted: dict[str, Any] = found["sums"]["intake"]
    assert sum(counted[part] for part in PARTS) == counted["arrived"], counted
    assert counted["uncounted"] == 0
    return counted


def test_events_that_a_queue_lost_are_named_and_are_found_when_they_come_again(system: System) -> None:
    publish(system, *events(1, 5))
    eventually(lambda: sent(system) == 1)
    with pika.BlockingConnection(pika.URLParameters(system.broker_url)) as connection:
        connection.channel().queue_purge(QUEUE)
    publish(system, *events(6, 10))
    system.start("registration")
    backdated(system)

    def noticed() -> dict[str, Any] | None:
        """The broker counts what is in its queues every second or so."""
        code, found = system.audit()
        return found if code == 1 and not found["balanced"] else None

    found = eventually(noticed, every=0.5)
    named = [one["id"] for one in found["missing"] if one["what"] == "event"]
    assert named == [f"/rail/arrivals rail-{n}" for n in range(1, 6)]
    assert "rail counts 10 events of 2022-10-01, 5 arrived" in found["missing"][0]["why"]
    [difference] = found["sums"]["publishers_counts"]["differences"]
    assert (difference["source"], difference["day"], difference["missing"]) == ("/rail/arrivals", DAY, 5)
    shown = system.run("audit")
    assert "missing event /rail/arrivals rail-1" in shown.out.replace("\n", " ")

    publish(system, *events(1, 10))  # its publisher sends the day again
    found = calm(system)
    assert intake(found)["by_publisher"][NAME] == {
        "arrived": 15,
        "handled": 10,
        "duplicate": 5,
        "dead": 0,
        "expired": 0,
        "replayed": 0,
        "not_kept": 0,
    }
    assert found["sums"]["publishers_counts"]["missing"] == 0


def backdated(system: System) -> None:
    """As if the counts had come before anything that is still in somebody's hands."""
    database = system.database("registration")

    def told() -> bool:
        with database.begin() as conn:
            longer_ago = datetime.now(UTC) - timedelta(hours=3)
            changed = conn.execute(update(t.closed_batches).values(received_at=longer_ago))
            return bool(changed.rowcount)

    eventually(told)
    database.dispose()


def counts_said(system: System) -> list[int]:
    database = system.database("registration")
    with database.read() as conn:
        said = list(conn.execute(select(t.closed_batches.c.said)).scalars())
    database.dispose()
    return said


def test_what_vanishes_where_the_broker_keeps_no_dead_is_noticed_by_its_count(system: System) -> None:
    """A report with forged broker headers and a time limit: nobody is told of its end but its publisher."""
    forged = pika.BasicProperties(
        content_type=ONE, delivery_mode=2, expiration="1", headers={"x-death": ["a"]}
    )
    plain = pika.BasicProperties(content_type=ONE, delivery_mode=2)
    first, second = events(1, 2)
    count = json.dumps(closing_event("/rail/arrivals", DAY, 2, ["rail-1", "rail-2"])).encode()
    put(system, "arrival.reported.rail", (dump_event(first), forged))
    put(system, "arrivals.rail", (dump_event(second), plain))
    put(system, "batch.closed.rail", (count, plain))
    system.start("registration")
    backdated(system)
    code, found = system.audit()
    assert code == 1 and found["in_flight"]["doorstep.unrouted"] == 1
    assert [one["id"] for one in found["missing"]] == [f"/rail/arrivals rail-{n}" for n in (1, 2)]


def missed(system: System) -> dict[str, Any] | None:
    """What audit says once it misses something."""
    code, found = system.audit()
    return found if code == 1 else None


def test_a_whole_days_count_without_ids_is_held_against_what_arrived(system: System) -> None:
    publish(system, *events(1, 7), counts=False)
    for count in (20, 9):
        body = json.dumps(closing_event("/rail/arrivals", DAY, count)).encode()
        put(system, "batch.closed.rail", (body, pika.BasicProperties(content_type=ONE, delivery_mode=2)))
    system.start("registration")
    eventually(lambda: 9 in counts_said(system))
    eventually(lambda: intake(system.audit()[1])["arrived"] == 7)
    backdated(system)
    found = eventually(lambda: missed(system))  # the broker's counts are some seconds old
    [missing] = found["missing"]
    assert missing["what"] == "events" and "2 are missing" in missing["why"]
    publish(system, *events(8, 10), counts=False)
    found = calm(system)
    [difference] = found["sums"]["publishers_counts"]["differences"]
    assert (difference["said"], difference["arrived"], difference["more"]) == (9, 10, 1)
    assert "1 more arrived than it counts (9)" in system.run("audit").out


def test_a_count_of_somebody_elses_events_is_a_dead_letter(system: System) -> None:
    wrong = closing_event("/police/stations", DAY, 3, ["a", "b", "c"])
    contradiction = closing_event("/rail/arrivals", DAY, 3, ["a", "b"])
    for one in (wrong, contradiction):
        body = json.dumps(one | {"source": "/rail/arrivals"}).encode()
        put(system, "batch.closed.rail", (body, pika.BasicProperties(content_type=ONE, delivery_mode=2)))
    system.start("registration")
    eventually(lambda: len(system.cli("dead", "list", "--handler", "registration.close_batch")) == 2)
    errors = sorted(one["error"] for one in system.cli("dead", "list"))
    assert "count must be the number of different ids" in errors[0] and "/rail/" in errors[1]


def test_every_way_that_an_event_can_take_is_counted_once(system: System) -> None:
    """Good, bad, duplicate, packed with bad ones, unreadable, expired, replayed, discarded."""
    good, bad = events(1, 6), [e | {"time": "soon"} for e in events(20, 22)]
    flawed = events(30, 31)
    for event in flawed:
        event["data"]["arrival"] = {"at": "no time"}
    packed = b"[" + b",".join(dump_event(event) for event in events(40, 42)) + b"]"
    short = pika.BasicProperties(content_type=BATCH, delivery_mode=2, expiration="1")
    put(system, "arrival.reported.rail", (packed, short), (b"[[", short))
    # At the head of a queue only. They are taken in as others, but for the body that nobody can read.
    eventually(lambda: expired(system) == 2, show=lambda: expired(system))
    publish(system, *good[:3], bad[0], *good[3:], bad[1], bad[2], *flawed, good[0], packed=5)
    publish(system, *good)
    publish(system, Raw(b"\xff\xfe\x00 no JSON", ONE, NAME), counts=False)
    system.start("registration")
    eventually(lambda: len(system.cli("dead", "list")) == 5)
    found = calm(system)
    counted = intake(found)
    assert [counted[part] for part in PARTS] == [9, 2, 7, 5, 0, 0, 0]
    assert counted["unread"] == {"bodies": 2, "bytes": len(b"\xff\xfe\x00 no JSON") + 2}

    letters = {one["event_id"]: one["id"] for one in system.cli("dead", "list")}
    assert system.run("dead", "replay", letters["rail-20"], "--wait", "60", "--json").code == 1
    system.cli("dead", "discard", letters["rail-21"], "--reason", "sent anew")
    counted = intake(calm(system))
    assert [counted[part] for part in PARTS] == [9, 2, 7, 3, 0, 1, 1]
    assert counted["by_publisher"][NAME] == {
        "arrived": 23,
        "handled": 11,
        "duplicate": 7,
        "dead": 5,
        "expired": 0,
        "replayed": 0,
        "not_kept": 0,
    }
    lost_by_hand(system)


def expired(system: System) -> int:
    with pika.BlockingConnection(pika.URLParameters(system.broker_url)) as connection:
        return int(connection.channel().queue_declare(f"{QUEUE}.dead", passive=True).method.message_count)


def lost_by_hand(system: System) -> None:
    database = system.database("registration")
    with database.begin() as conn:
        conn.execute(delete(DEAD).where(DEAD.c.event_id == "rail-22"))
        conn.execute(text("DELETE FROM reports WHERE event_id = 'rail-31'"))
    database.dispose()
    code, found = system.audit()
    named = Counter(one["what"] for one in found["missing"])
    assert code == 1 and named["dead letters"] == 1 and named["reports"] == 1, found["missing"]


def test_a_client_counts_what_it_has_sent_and_a_second_run_of_the_file_counts_once(
    system: System, tmp_path: Path
) -> None:
    file = tmp_path / "a.jsonl"
    lines = [json.dumps(event) for event in events(1, 4)]
    file.write_text("\n".join([*lines, "{"]) + "\n")
    system.start("registration")
    assert system.run("publish", str(file), "--publisher", NAME).code == 1, "a broken line"
    file.write_text("\n".join([*lines, json.dumps(events(5, 5)[0])]) + "\n")
    assert system.run("publish", str(file), "--publisher", NAME).code == 0
    eventually(lambda: system.audit()[1]["sums"]["publishers_counts"]["counts"] == 2)
    found = calm(system)
    assert found["sums"]["publishers_counts"]["missing"] == 0
    assert intake(found)["duplicate"] == 4


def test_an_event_by_the_client_has_the_day_of_its_time(system: System) -> None:
    late = arrival_event("/rail/x", events(1, 1)[0]["data"], id="late", time="2022-09-30T16:30:00Z")
    publish(system, late)
    system.start("registration")
    database = system.database("registration")

    def days() -> list[str]:
        with database.read() as conn:
            return list(conn.execute(text("SELECT day FROM closed_batches")).scalars())

    assert eventually(days) == ["2022-10-01"]
    database.dispose()
