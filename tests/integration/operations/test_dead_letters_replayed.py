"""A service notes on a dead letter whether its replayed copy was handled or is dead again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.messaging import dead_letters
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.dead_letters import Act
from chassis.messaging.dead_queues import DeadQueueDrain
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import dead_name
from chassis.names import BACK, LETTER
from contracts.envelope import ONE, dump_event
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running
from tests.waiting import eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def trial(broker_url: str, sqlite_url: Callable[..., str]) -> Trial:
    return Trial(broker_url, sqlite_url("trial", prepare), retry_delays=(1,))


def named(n: int, name: str) -> dict[str, Any]:
    event = place_event(n)
    event["data"]["name"] = name
    return event


def letters(trial: Trial) -> list[Any]:
    return sorted(trial.rows("dead_letters"), key=lambda row: row.id)


def begin_replay(trial: Trial, *ids: str) -> None:
    act = Act(new_id(), "wang", "replay", {}, "mended")
    with trial.database.begin() as conn:
        dead_letters.begin(conn, act, len(ids))
        dead_letters.take(conn, ids, act)


def send(trial: Trial, exchange: str, key: str, letter: str, body: bytes) -> None:
    publisher = Publisher(trial.broker_url, "test")
    publisher.send(
        "1", exchange, key, body, content_type=ONE, on_confirmed=lambda _id: None, headers={LETTER: letter}
    )
    publisher.wait()
    publisher.drop()


def test_a_handled_copy_settles_its_letter_although_the_sending_was_not_recorded(trial: Trial) -> None:
    trial.publish(b"{")
    with running(trial):
        eventually(lambda: len(letters(trial)) == 1)
        letter = letters(trial)[0].id
        begin_replay(trial, letter)
        for _ in range(2):
            send(trial, BACK, trial.queue, letter, dump_event(place_event(1)))
        eventually(lambda: letters(trial)[0].handled_at)
        eventually(lambda: trial.messages_in(trial.queue) == 0)
    (row,) = letters(trial)
    assert (row.state, row.settled_by, row.settled_reason) == ("replayed", "wang", "mended")
    assert trial.numbers() == [1]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"{", "not JSON"),
        (dump_event(named(1, "wrong")), "wrong for ever"),
        (dump_event(place_event(1) | {"data": {}}), "breaks its contract"),
        (dump_event(named(1, "poison")), "RuntimeError"),  # dead after a retry
    ],
)
def test_a_copy_that_is_dead_again_follows_its_letter_once_however_often_it_was_sent(
    trial: Trial, body: bytes, error: str
) -> None:
    trial.publish(body)
    with running(trial):
        eventually(lambda: len(letters(trial)) == 1)
        first = letters(trial)[0].id
        begin_replay(trial, first)
        for _ in range(2):
            send(trial, BACK, trial.queue, first, body)
        trial.publish_events(place_event(9))
        eventually(lambda: len(letters(trial)) == 2)
        eventually(lambda: trial.messages_in("doorstep.retry.1s") == trial.messages_in(trial.queue) == 0)
        eventually(lambda: trial.numbers() == [9])
    before, after = letters(trial)
    assert (before.state, before.settled_by, before.handled_at) == ("replayed", "wang", None)
    assert (after.state, after.follows) == ("waiting", first) and error in after.error


def test_a_copy_that_the_broker_gives_up_on_like_its_letter_follows_it_once(trial: Trial) -> None:
    body = dump_event(place_event(1))
    trial.publish(body)
    given_up(trial, 1)
    (letter,) = letters(trial)
    begin_replay(trial, letter.id)
    for _ in range(2):  # both copies are made of the letter's body
        send(trial, BACK, trial.queue, letter.id, body)
    given_up(trial, 2)
    before, after = letters(trial)
    assert (before.state, before.settled_by, before.handled_at) == ("replayed", "wang", None)
    assert (after.state, after.follows, after.error) == ("waiting", letter.id, letter.error)


def given_up(trial: Trial, messages: int) -> None:
    """As after too many deliveries: a rejected message goes the same way, to the dead queue and the table."""
    eventually(lambda: trial.messages_in(trial.queue) == messages)
    connection = connect(trial.broker_url, "test")
    channel = connection.channel()
    for _ in range(messages):
        channel.basic_reject(channel.basic_get(trial.queue).delivery_tag, requeue=False)
    close_quietly(connection)
    eventually(lambda: trial.messages_in(dead_name(trial.queue)) == messages)
    assert DeadQueueDrain(trial.service, trial.work, trial.settings).drain() == messages


def test_an_outsider_who_writes_the_header_settles_nothing(trial: Trial) -> None:
    trial.publish(b"{")
    with running(trial):
        eventually(lambda: len(letters(trial)) == 1)
        letter = letters(trial)[0].id
        send(trial, "doorstep.events", "place.changed", letter, dump_event(place_event(1)))
        send(trial, "doorstep.events", "place.changed", letter, b"{")
        eventually(lambda: len(letters(trial)) == 2 and trial.numbers() == [1])
    assert [(row.state, row.follows) for row in letters(trial)] == [("waiting", None)] * 2
