"""How deliveries become batches, and when each of them is acked."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from chassis.messaging import consumer
from chassis.messaging.topology import dead_name
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import ONE, Event, dump_event
from deploy.local import PrivateBroker
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running, sealer, write_down
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.broker
SECRET = "安小满13800138000"


class Watched:
    """The use case of the trial service, which remembers what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def __call__(self, uow: UnitOfWork, events: Sequence[Event]) -> None:
        self.batches.append([event.version for event in events])
        write_down(uow, events)


@pytest.fixture
def watched() -> Watched:
    return Watched()


@pytest.fixture
def new_trial(broker_url: str, sqlite_url: Callable[..., str], watched: Watched) -> Callable[..., Trial]:
    def new(**options: object) -> Trial:
        url = sqlite_url("trial", prepare)
        return Trial(broker_url, url, **{"use_case": watched, **options})  # type: ignore[arg-type]

    return new


def test_a_batch_counts_events_and_not_messages(new_trial: Callable[..., Trial], watched: Watched) -> None:
    trial = new_trial(batch=100, wait_ms=2000)
    for start in range(1, 401, 40):
        trial.publish_packed(*(place_event(n) for n in range(start, start + 40)))
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 401)))
    assert {len(batch) for batch in watched.batches} == {80}, "two messages of 40 fit, a third does not"


def test_a_message_that_is_larger_than_a_batch_is_a_batch_of_its_own(
    new_trial: Callable[..., Trial], watched: Watched
) -> None:
    trial = new_trial(batch=10)
    trial.publish_packed(*(place_event(n) for n in range(1, 31)))
    trial.publish_events(place_event(31))
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 32)))
    assert [len(batch) for batch in watched.batches] == [30, 1]


def test_a_batch_counts_bytes_as_they_are_unpacked(new_trial: Callable[..., Trial], watched: Watched) -> None:
    """On the wire, these are a few hundred bytes each: as many as are in hand would be 200 MiB of text."""
    trial = new_trial(batch=200, wait_ms=2000)
    large = [dump_event({**place_event(n), "remarks": "x" * 1_000_000}) for n in range(1, 21)]
    trial.publish(*map(gzip.compress, large), content_encoding="gzip")
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 21)))
    assert {len(batch) for batch in watched.batches} == {4}


def test_a_single_event_does_not_wait_for_company_for_long(
    new_trial: Callable[..., Trial], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_IDLE_S", 2 * PATIENCE_S)  # nothing but `wait_ms` ends the waiting in time
    trial = new_trial()
    with running(trial):
        trial.publish_events(place_event(1))
        eventually(lambda: trial.numbers() == [1])
        trial.consumers[0][0].stop()
        trial.publish_events(place_event(2))  # wakes it


def test_an_original_is_not_acked_before_its_copy_is_confirmed(
    new_trial: Callable[..., Trial], broker: PrivateBroker, vhost: str
) -> None:
    """The retry queue is full: the guilty event stays where it is, its neighbours are done once."""
    trial = new_trial(retry_delays=(10,))  # what fills it goes back after as long
    full = json.dumps({"max-length": 1, "overflow": "reject-publish"})
    broker.rabbitmqctl("set_policy", "-p", vhost, "full", r"^doorstep\.retry", full, "--apply-to", "queues")
    fill_up(trial)
    bad = place_event(3)
    bad["data"]["name"] = "poison"
    trial.publish_events(*(bad if n == 3 else place_event(n) for n in range(1, 6)))
    taker = trial.start()
    eventually(lambda: trial.numbers() == [1, 2, 4, 5])
    eventually(lambda: "ConnectionError" in taker.reason or not taker.ready)
    trial.stop()
    eventually(lambda: trial.messages_in(trial.queue) >= 1)
    assert trial.rows("dead_letters") == []
    broker.rabbitmqctl("clear_policy", "-p", vhost, "full")
    with running(trial):
        eventually(lambda: len(trial.rows("dead_letters")) >= 1)
    assert {letter.event_id for letter in trial.rows("dead_letters")} == {"place-3"}
    assert trial.numbers() == [1, 2, 4, 5]
    assert sum(row.events for row in trial.rows("outbox")) == 4


def test_a_refusing_retry_queue_does_not_count_neighbours_as_delivered_again(
    new_trial: Callable[..., Trial], watched: Watched, broker: PrivateBroker, vhost: str
) -> None:
    """Given back, the events around the guilty one would reach the delivery limit and become dead letters."""
    trial = new_trial(retry_delays=(10,))
    full = json.dumps({"max-length": 1, "overflow": "reject-publish"})
    broker.rabbitmqctl("set_policy", "-p", vhost, "full", r"^doorstep\.retry", full, "--apply-to", "queues")
    limit = json.dumps({"delivery-limit": 2})
    broker.rabbitmqctl("set_policy", "-p", vhost, "limit", "^trial", limit, "--apply-to", "queues")
    fill_up(trial)
    bad = place_event(3)
    bad["data"]["name"] = "poison"
    wrong = place_event(4)
    wrong["data"]["name"] = "wrong"
    trial.publish_packed(place_event(1), place_event(2), wrong, bad)
    trial.publish_events(place_event(5))
    with running(trial):
        eventually(lambda: sum(3 in batch for batch in watched.batches) >= 2 * 6)
        assert trial.messages_in(dead_name(trial.queue)) == 0
        assert [letter.event_id for letter in trial.rows("dead_letters")] == ["place-4"]
        broker.rabbitmqctl("clear_policy", "-p", vhost, "full")
        trial.publish_events(place_event(6))
        eventually(lambda: trial.numbers() == [1, 2, 5, 6])
        eventually(lambda: trial.messages_in(trial.queue) == 0)
    assert trial.messages_in(dead_name(trial.queue)) == 0


def fill_up(trial: Trial) -> None:
    """Until the retry queue refuses; what is in it is nobody's and goes to the watched queue later."""
    from chassis.messaging.publisher import Publisher

    publisher = Publisher(trial.broker_url, "test")
    while not publisher.refused:
        publisher.send("x", "doorstep.retry.10s", "nobody", b"{}", content_type=ONE, on_confirmed=len)
        publisher.wait()
    publisher.drop()


def test_an_event_that_fails_for_good_twice_is_one_letter_and_another_body_is_another(
    new_trial: Callable[..., Trial],
) -> None:
    """Killed between a copy and its ack, a consumer sends a copy again: one event in two retry queues."""
    trial = new_trial(retry_delays=())
    bad = place_event(1)
    bad["data"]["name"] = "poison"
    trial.publish_events(bad, place_event(2), bad)
    with running(trial):
        eventually(lambda: trial.numbers() == [2] and trial.messages_in(trial.queue) == 0)
        trial.publish_events(bad, place_event(3))
        eventually(lambda: trial.numbers() == [2, 3])
        assert [letter.event_id for letter in trial.rows("dead_letters")] == ["place-1"]
        bad["data"]["aliases"] = ["other"]
        trial.publish_events(bad, place_event(4))
        eventually(lambda: trial.numbers() == [2, 3, 4])
    assert [letter.event_id for letter in trial.rows("dead_letters")] == ["place-1"] * 2


def test_a_dead_letter_says_when_it_first_failed_and_holds_the_event_sealed(
    new_trial: Callable[..., Trial],
) -> None:
    trial = new_trial(retry_delays=(1,))
    poison = place_event(1, correlationid="report-1")
    poison["data"].update(name="poison", aliases=[SECRET])
    trial.publish_events(poison)
    before = datetime.now(UTC)
    with running(trial):
        eventually(lambda: len(trial.rows("dead_letters")) == 1)
    (letter,) = trial.rows("dead_letters")
    assert letter.attempts == 2 and letter.state == "waiting"
    assert before <= letter.first_failed_at < letter.dead_at - timedelta(seconds=0.9)
    assert letter.correlation_id == "report-1"
    shown = {name: value for name, value in letter._mapping.items() if name != "sealed_body"}
    assert SECRET not in str(shown) and SECRET not in letter.sealed_body
    assert json.loads(sealer().unseal(letter.sealed_body, "dead_letter"))["data"]["aliases"] == [SECRET]


def test_no_log_line_holds_the_content_of_a_message(
    new_trial: Callable[..., Trial], capfd: pytest.CaptureFixture[str]
) -> None:
    trial = new_trial(retry_delays=(1,))
    for name in ("poison", "wrong", SECRET * 30):
        event = place_event(1, id=f"e-{len(name)}")
        event["data"].update(name=name, aliases=[SECRET])
        trial.publish_events(event)
    trial.publish(SECRET.encode(), dump_event({"specversion": "1.0", "id": SECRET}))
    trial.publish(SECRET.encode(), content_type=SECRET[3:])
    with running(trial):
        eventually(lambda: len(trial.rows("dead_letters")) == 6)
    said = capfd.readouterr()
    assert "event_failed" in said.out
    assert SECRET not in said.out + said.err and SECRET[3:] not in said.out + said.err
    for letter in trial.rows("dead_letters"):
        assert SECRET not in letter.error
