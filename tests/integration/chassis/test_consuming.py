"""Every sentence of the design's *Consuming* on a real broker and both databases."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from chassis.messaging import connection, consumer
from chassis.telemetry import WORLD_AWAY
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.registry import load_data
from tests.integration.chassis.trial_service import Trial, metadata, place_event, prepare, running, write_down
from tests.waiting import PATIENCE_S, eventually


@pytest.fixture
def trial(broker_url: str, database_url: Callable[..., str]) -> Trial:
    return Trial(broker_url, database_url("trial", prepare))


def test_single_and_packed_events_are_handled_and_acked(trial: Trial) -> None:
    trial.publish_events(*(place_event(n) for n in range(1, 31)))
    trial.publish_packed(*(place_event(n) for n in range(31, 81)))
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 81)))
    assert trial.messages_in(trial.queue) == 0
    assert all(row.published_at for row in trial.rows("outbox"))


def test_the_same_event_ten_times_is_handled_once(trial: Trial) -> None:
    trial.publish_events(*(place_event(1, time=place_event(1)["time"]) for _ in range(5)))
    with running(trial):
        eventually(lambda: trial.numbers() == [1])
        trial.publish_events(*(place_event(1) for _ in range(5)), place_event(2))
        eventually(lambda: trial.numbers() == [1, 2])
    assert trial.rows("dead_letters") == []


def test_a_known_id_with_another_body_becomes_a_dead_letter(trial: Trial) -> None:
    impostor = place_event(1)
    impostor["data"]["name"] = "another"
    trial.publish_events(place_event(1), impostor, place_event(2))
    with running(trial):
        eventually(lambda: len(trial.rows("dead_letters")) == 1)
        eventually(lambda: trial.numbers() == [1, 2])


@pytest.mark.parametrize(
    ("body", "content_type", "says"),
    [
        (b"{", "application/cloudevents+json", "not JSON"),
        (b"{}", "text/plain", "content type"),
        (b"[]", "application/cloudevents-batch+json", "at least one"),
        (b"[" + b",".join([b"{}"] * 201) + b"]", "application/cloudevents-batch+json", "at most 200"),
        (b'"' + b"x" * (1024 * 1024) + b'"', "application/cloudevents+json", "over 1048576 bytes"),
    ],
)
def test_an_unreadable_message_is_dead_at_once_and_delays_no_other(
    trial: Trial, body: bytes, content_type: str, says: str
) -> None:
    trial.publish(body, content_type=content_type)
    trial.publish_events(place_event(1))
    with running(trial):
        eventually(lambda: trial.numbers() == [1])
    (letter,) = trial.rows("dead_letters")
    assert says in letter.error
    assert trial.messages_in(trial.queue) == 0


def test_a_bug_in_reading_costs_one_dead_letter_and_no_neighbour(
    trial: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_a_bug(type: str, dataschema: str | None, data: dict[str, Any]) -> Any:
        if data["place_id"] == "p2":
            raise ZeroDivisionError(data["name"])
        return load_data(type, dataschema, data)

    monkeypatch.setattr("chassis.messaging.transaction.load_data", with_a_bug)
    trial.publish_events(*(place_event(n) for n in (1, 2, 3)))
    with running(trial):
        eventually(lambda: trial.numbers() == [1, 3])
    (letter,) = trial.rows("dead_letters")
    assert letter.error.startswith("ZeroDivisionError at ") and "grid" not in letter.error
    assert trial.messages_in(trial.queue) == 0


def test_unknown_type_and_unknown_major_version_are_dead_at_once(trial: Trial) -> None:
    trial.publish_events(
        place_event(1, type="place.exploded"),
        place_event(2, dataschema="urn:doorstep:place.changed:2"),
        place_event(3, dataschema="urn:doorstep:place.changed:1.7"),
    )
    with running(trial):
        eventually(lambda: trial.numbers() == [3])
    errors = sorted(letter.error for letter in trial.rows("dead_letters"))
    assert errors[0].startswith("this queue takes no such") and errors[1].startswith("unknown version")


def test_a_broken_contract_is_a_dead_letter_with_every_reason(trial: Trial) -> None:
    broken = place_event(1)
    broken["data"] = {"level": "planet"}
    trial.publish_packed(broken, place_event(2))
    with running(trial):
        eventually(lambda: trial.numbers() == [2])
    (letter,) = trial.rows("dead_letters")
    assert "place_id" in letter.error and "level" in letter.error


def test_only_the_guilty_event_is_tried_again_and_becomes_a_dead_letter(trial: Trial) -> None:
    poison = place_event(7)
    poison["data"]["name"] = "poison"
    trial.publish_packed(*(place_event(n) if n != 7 else poison for n in range(1, 11)))
    with running(trial):
        eventually(lambda: len(trial.rows("dead_letters")) == 1)
    assert trial.numbers() == [1, 2, 3, 4, 5, 6, 8, 9, 10]
    (letter,) = trial.rows("dead_letters")
    assert letter.attempts == 3 and "RuntimeError" in letter.error and letter.event_id == "place-7"
    assert "bad" not in letter.error, "an error's own text may hold personal data"
    assert trial.messages_in(trial.queue) == 0


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("wrong", "this one is wrong for ever"),
        ("refused", "refused (conflict): place_id: somebody has changed it"),
    ],
)
def test_work_that_is_wrong_or_refused_is_not_tried_again(trial: Trial, name: str, error: str) -> None:
    wrong = place_event(1)
    wrong["data"]["name"] = name
    trial.publish_events(wrong, place_event(2))
    with running(trial):
        eventually(lambda: trial.numbers() == [2])
    (letter,) = trial.rows("dead_letters")
    assert (letter.attempts, letter.error) == (1, error)


def test_when_the_world_is_away_no_attempt_is_counted(
    broker_url: str, database_url: Callable[..., str]
) -> None:
    failures = [3]

    def with_a_lost_database(uow: UnitOfWork, events: Sequence[Event]) -> None:
        if failures[0]:
            failures[0] -= 1
            raise OperationalError("select 1", {}, ConnectionResetError(), connection_invalidated=True)
        write_down(uow, events)

    trial = Trial(broker_url, database_url("trial", prepare), use_case=with_a_lost_database)
    trial.publish_packed(*(place_event(n) for n in range(1, 11)))
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 11)))
    assert trial.rows("dead_letters") == [] and trial.messages_in("doorstep.retry.1s") == 0


def test_a_consumer_that_fails_on_what_it_takes_rests_longer_each_time(
    broker_url: str, sqlite_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That it can connect again says nothing; and what fails is no database or broker that is away."""
    backoff, rests = consumer._backoff, []

    def noted(failures: int) -> float:
        rests.append(failures)
        return backoff(failures)

    monkeypatch.setattr(consumer, "_backoff", noted)
    monkeypatch.setattr(consumer, "_IDLE_S", 60)  # however long the broker takes to bring it again
    trial = Trial(broker_url, sqlite_url("trial", prepare))
    with trial.database.begin() as conn:
        metadata.tables["dead_letters"].drop(conn)
    trial.publish(b"{")
    before = WORLD_AWAY.labels(trial.queue)._value.get()
    with running(trial):
        eventually(lambda: len(rests) >= 4)
    assert rests[:4] == [1, 2, 3, 4]
    assert WORLD_AWAY.labels(trial.queue)._value.get() == before


def test_an_event_that_arrives_during_a_heartbeat_is_handled_at_once(
    broker_url: str, sqlite_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else comes for a minute that could wake the consumer, not even a sign of life."""
    monkeypatch.setattr(connection, "HEARTBEAT_S", 120)
    monkeypatch.setattr(connection, "SILENCE_S", 120)
    monkeypatch.setattr(consumer, "_IDLE_S", 60)
    begun, go_on = threading.Event(), threading.Event()

    def slow_at_first(uow: UnitOfWork, events: Sequence[Event]) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)
        write_down(uow, events)

    trial = Trial(broker_url, sqlite_url("trial", prepare), use_case=slow_at_first)
    trial.publish_events(place_event(1))
    taker = trial.start()
    assert begun.wait(PATIENCE_S)
    trial.publish_events(place_event(2))
    taker._last_beat = 0.0  # a second and more have gone by
    go_on.set()
    eventually(lambda: trial.numbers() == [1, 2])
    taker.stop()
    trial.publish_events(place_event(3))  # wakes it
    trial.stop()


def test_stopping_finishes_the_batch_in_hand_and_gives_the_rest_back(
    broker_url: str, database_url: Callable[..., str]
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(uow: UnitOfWork, events: Sequence[Event]) -> None:
        begun.set()
        go_on.wait(PATIENCE_S)
        write_down(uow, events)

    trial = Trial(broker_url, database_url("trial", prepare), use_case=slow, batch=10)
    trial.publish_packed(*(place_event(n) for n in range(1, 11)))
    trial.publish_packed(*(place_event(n) for n in range(11, 21)))
    consumer = trial.start()
    assert begun.wait(PATIENCE_S)
    consumer.stop()
    go_on.set()
    trial.stop()
    assert trial.numbers() == list(range(1, 11))
    eventually(lambda: trial.messages_in(trial.queue) == 1)
    assert all(row.published_at for row in trial.rows("outbox"))


@pytest.mark.postgresql
def test_two_replicas_share_the_work_and_do_nothing_twice(
    broker_url: str, postgresql_url: Callable[..., str]
) -> None:
    trial = Trial(broker_url, postgresql_url("trial", prepare), batch=20)
    for start in range(1, 1001, 20):
        packed = [place_event(n) for n in range(start, start + 20)]
        trial.publish_packed(*packed)
        trial.publish_packed(*reversed(packed))
    trial.start()
    trial.start()
    eventually(lambda: trial.numbers() == list(range(1, 1001)))
    trial.stop()
    assert trial.rows("dead_letters") == []
    assert sum(row.events for row in trial.rows("outbox")) == 1000
