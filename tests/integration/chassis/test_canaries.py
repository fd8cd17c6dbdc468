"""Canaries on a real broker: they come back at once, and one that does not is seen by its age."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

import pytest
from amqp import Channel, Message
from kombu import Connection

from chassis.handlers import Service
from chassis.messaging.canary import LATE_S, SEND_EVERY_S, Canaries, late_canaries
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.topology import apply, retry_name, shared_entities
from chassis.names import BACK, CANARY
from chassis.running.housekeeping import Chore, chores
from chassis.telemetry import CANARY_AGE
from deploy.local import PrivateBroker
from tests.integration.chassis.trial_service import Trial, prepare
from tests.integration.deploy.test_broker_users import USERS
from tests.waiting import eventually

pytestmark = pytest.mark.broker

SHORT, LONG = 5, 3600
DELAYS = (SHORT, LONG)


@dataclass
class Watch:
    """A clock that is moved by hand."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def channel(broker_url: str) -> Iterator[Channel]:
    connection: Connection = connect(broker_url, "test")
    apply(connection, shared_entities(DELAYS))
    yield connection.channel()
    close_quietly(connection)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def canaries(broker_url: str, channel: Channel, watch: Watch) -> Iterator[Canaries]:
    canaries = Canaries(broker_url, DELAYS, now=watch)
    yield canaries
    canaries.leave_it()


def ages() -> dict[str, float]:
    return {
        sample.labels["queue"]: sample.value for metric in CANARY_AGE.collect() for sample in metric.samples
    }


def back(canaries: Canaries, *delays: int) -> bool:
    """Whether those of these retry queues are back, in no time by the clock of the test."""
    canaries.turn()
    return all(ages()[retry_name(delay)] == 0 for delay in delays)


def test_canaries_are_back_at_once_also_from_a_queue_that_keeps_copies_for_an_hour(
    canaries: Canaries, watch: Watch, channel: Channel
) -> None:
    for _ in range(3):
        canaries.turn()
        watch.seconds += 10
        eventually(lambda: back(canaries, SHORT, LONG))
        watch.seconds += SEND_EVERY_S
    assert not late_canaries()
    left = [channel.queue_declare(name, passive=True).message_count for name in map(retry_name, DELAYS)]
    assert left == [0, 0]


@pytest.mark.parametrize("broken", ["no way back", "no dead-letter exchange"])
def test_where_the_way_back_is_broken_the_age_grows_until_it_is_mended(
    broken: str, canaries: Canaries, watch: Watch, channel: Channel, broker_url: str
) -> None:
    canaries.turn()
    watch.seconds += 10  # else what is not back yet would have no age either
    eventually(lambda: back(canaries, SHORT, LONG))
    if broken == "no way back":
        channel.queue_unbind(CANARY, BACK, CANARY)
    else:
        channel.exchange_delete(BACK)
    watch.seconds += SEND_EVERY_S
    canaries.turn()
    for _ in range(5):
        watch.seconds += SHORT + SEND_EVERY_S
        before = ages()[retry_name(SHORT)]
        canaries.turn()
        assert ages()[retry_name(SHORT)] == before + SHORT + SEND_EVERY_S
    assert ages()[retry_name(SHORT)] > SHORT + LATE_S
    assert list(late_canaries()) == [retry_name(SHORT)], "that of an hour may be behind copies"
    assert "brings nothing back" in late_canaries()[retry_name(SHORT)]

    with connect(broker_url, "operator") as connection:
        apply(connection, shared_entities(DELAYS))
    watch.seconds += SHORT + SEND_EVERY_S
    eventually(lambda: back(canaries, SHORT), every=0.2)
    assert not late_canaries()


def test_behind_a_copy_that_waits_a_canary_waits_too_and_counts_as_lost_only_when_that_is_over(
    canaries: Canaries, watch: Watch, channel: Channel
) -> None:
    channel.basic_publish_confirm(Message("a copy"), retry_name(LONG), "nobody")
    canaries.turn()
    eventually(lambda: back(canaries, SHORT))
    watch.seconds += LONG
    canaries.turn()
    assert ages()[retry_name(LONG)] == LONG and not late_canaries()
    watch.seconds += LATE_S + 1
    canaries.turn()
    assert list(late_canaries()) == [retry_name(LONG)]


def test_one_that_somebody_took_away_with_the_queues_content_is_made_up_for_by_the_next(
    canaries: Canaries, watch: Watch, channel: Channel
) -> None:
    channel.basic_publish_confirm(Message("a copy"), retry_name(LONG), "nobody")
    canaries.turn()
    channel.queue_purge(retry_name(LONG))
    watch.seconds += LONG + SEND_EVERY_S
    eventually(lambda: back(canaries, SHORT, LONG))
    assert not late_canaries()


def test_one_replica_sends_them_and_no_other_shows_an_age(
    broker: PrivateBroker, vhost: str, broker_url: str, channel: Channel, sqlite_url: Callable[..., str]
) -> None:
    """With the rights of registration, which is the one that does it."""
    name, may = f"registration-{vhost}", USERS["registration"]
    broker.rabbitmqctl("add_user", name, "secret")
    broker.rabbitmqctl("set_permissions", "-p", vhost, name, may["configure"], may["write"], may["read"])
    at = urlsplit(broker_url)
    url = urlunsplit(at._replace(netloc=f"{name}:secret@{at.hostname}:{at.port}"))
    trial = Trial(broker_url, sqlite_url("trial", prepare))
    settings = replace(trial.settings, broker_url=url, retry_delays=DELAYS)
    service = Service("trial", (), canary=True)

    def chore() -> Chore:
        [found] = [one for one in chores(service, trial.work, settings) if one.name == "canary"]
        return found

    first, second = chore(), chore()
    first.once()
    assert set(ages()) == set(map(retry_name, DELAYS))
    second.once()
    assert ages() == {}, "the gauges of this process are those of both"
    first.leave()
    second.once()
    assert ages() and not second.trouble
    second.leave()
