"""Nothing counts as published that the broker did not confirm; nothing unconfirmed is forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from amqp import Channel
from kombu import Connection
from sqlalchemy import select, update

from chassis.messaging import connection as broker_connection
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.outbox import OUTBOX, Outbox, Sweep, pending
from chassis.messaging.publisher import CONFIRM_LIMIT_S, WINDOW, NotPublished, Publisher
from chassis.messaging.topology import apply, shared_entities
from chassis.names import EVENTS, REPLIES
from chassis.running.housekeeping import chores
from contracts.envelope import ONE
from tests.integration.chassis.frame_proxy import FrameProxy, proxied
from tests.integration.chassis.trial_service import Trial, place_event, prepare, running
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.broker


@pytest.fixture
def connection(broker_url: str) -> Iterator[Connection]:
    connection = connect(broker_url, "test")
    apply(connection, shared_entities((1,)))
    yield connection
    close_quietly(connection)


@pytest.fixture
def channel(connection: Connection) -> Channel:
    return connection.channel()


@pytest.fixture
def full(channel: Channel) -> str:
    """A queue that takes one message and refuses all others."""
    channel.queue_declare(
        "full", durable=True, auto_delete=False, arguments={"x-max-length": 1, "x-overflow": "reject-publish"}
    )
    channel.queue_bind("full", EVENTS, "case.opened")
    return "full"


@pytest.fixture
def proxy(broker_url: str) -> Iterator[FrameProxy]:
    with proxied(broker_url) as proxy:
        yield proxy


@pytest.fixture
def trial(broker_url: str, database_url: Callable[..., str]) -> Trial:
    return Trial(broker_url, database_url("trial", prepare))


def send(publisher: Publisher, taken: list[str], key: str, routing_key: str = "task.planned") -> None:
    publisher.send(key, EVENTS, routing_key, b"{}", content_type=ONE, on_confirmed=taken.append)


def begun(proxy: FrameProxy, *, limit_s: float) -> tuple[Publisher, list[str]]:
    """A publisher whose first message is confirmed; from then on the limit holds."""
    publisher, taken = Publisher(proxy.url, "test"), list[str]()
    send(publisher, taken, "first")
    publisher.wait()
    publisher.limit_s = limit_s
    return publisher, taken


def record(trial: Trial, *numbers: int) -> None:
    """Commit units whose messages nobody has published: what a crash or a command-line tool leaves."""
    for n in numbers:
        with trial.work.unit() as uow:
            uow.record("place.changed", f"p{n}", n, place_event(n)["data"], cause=None)


def make_old(trial: Trial) -> None:
    with trial.database.begin() as conn:
        conn.execute(update(OUTBOX).values(created_at=datetime.now(UTC) - timedelta(minutes=1)))


def unpublished(trial: Trial) -> int:
    with trial.database.read() as conn:
        return pending(conn)[0]


# -- confirms ------------------------------------------------------------------


def test_messages_that_a_full_queue_refuses_are_not_confirmed(broker_url: str, full: str) -> None:
    publisher, taken = Publisher(broker_url, "test"), []
    for number in range(5):
        send(publisher, taken, str(number), "case.opened")
    publisher.wait()
    publisher.drop()
    assert taken == ["0"] and publisher.refused == 4 and publisher.unconfirmed == 0


def test_copies_that_no_queue_takes_are_refused_though_the_broker_confirms_them(
    broker_url: str, channel: Channel
) -> None:
    """As when the retry queue was deleted: without this they would be gone."""
    channel.queue_delete("doorstep.retry.1s")
    publisher, taken = Publisher(broker_url, "test"), list[str]()
    for number in range(3):
        publisher.send(
            f"copy{number}",
            "doorstep.retry.1s",
            "isolation.open_case",
            b"{}",
            content_type=ONE,
            on_confirmed=taken.append,
            mandatory=True,
        )
        send(publisher, taken, f"event{number}", "place.changed")
    publisher.wait()
    publisher.drop()
    assert taken == ["event0", "event1", "event2"] and publisher.refused == 3


def test_confirms_and_refusals_mixed_are_matched_message_by_message(broker_url: str, full: str) -> None:
    publisher, taken = Publisher(broker_url, "test"), []
    send(publisher, taken, "fills it", "case.opened")
    publisher.wait()
    for number in range(100):
        send(publisher, taken, f"good {number}")
        send(publisher, taken, f"bad {number}", "case.opened")
    publisher.wait()
    publisher.drop()
    assert sorted(taken) == sorted(["fills it", *(f"good {number}" for number in range(100))])


def test_more_than_a_window_is_published_and_all_of_it_confirmed(
    broker_url: str, connection: Connection
) -> None:
    publisher, taken = Publisher(broker_url, "test"), []
    for number in range(WINDOW * 3):
        send(publisher, taken, str(number))
    assert publisher.unconfirmed <= WINDOW
    publisher.wait()
    publisher.drop()
    assert sorted(map(int, taken)) == list(range(WINDOW * 3))


def test_a_confirm_that_never_comes_ends_within_the_limit_and_with_a_new_connection(
    proxy: FrameProxy, connection: Connection
) -> None:
    publisher, taken = begun(proxy, limit_s=1.0)
    proxy.swallow.set()
    for number in range(3):
        send(publisher, taken, f"lost {number}")
    began = time.monotonic()
    with pytest.raises(NotPublished, match="3 messages not confirmed within 1 s"):
        publisher.wait()
    assert 0.5 < time.monotonic() - began < CONFIRM_LIMIT_S
    assert taken == ["first"] and publisher.unconfirmed == 0
    proxy.swallow.clear()
    publisher.limit_s = CONFIRM_LIMIT_S
    send(publisher, taken, "after")
    publisher.wait()
    publisher.drop()
    # A late confirm on the old connection confirms nothing on the new one.
    assert taken == ["first", "after"] and proxy.connections == 2


def test_a_broker_that_freezes_in_the_middle_of_a_frame_is_given_up_too(
    proxy: FrameProxy, connection: Connection
) -> None:
    publisher, taken = begun(proxy, limit_s=1.0)
    proxy.tear.set()
    send(publisher, taken, "lost")
    outcome: list[object] = []

    def wait() -> None:
        try:
            outcome.append(publisher.wait())
        except NotPublished as error:
            outcome.append(error)

    waiting = Thread(target=wait, daemon=True)  # it would never come back
    waiting.start()
    waiting.join(PATIENCE_S)
    assert [type(found) for found in outcome] == [NotPublished]
    assert taken == ["first"]


def test_collecting_gives_up_too_once_the_limit_is_over(proxy: FrameProxy, connection: Connection) -> None:
    publisher, taken = begun(proxy, limit_s=0.3)
    proxy.swallow.set()
    send(publisher, taken, "lost")

    def given_up() -> bool:
        try:
            publisher.collect()
        except NotPublished:
            return True
        return False

    eventually(given_up)
    assert taken == ["first"]


def test_a_broker_that_reads_nothing_more_is_given_up_within_the_limit(
    proxy: FrameProxy, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_connection, "WRITE_LIMIT_S", 1)
    publisher, taken = begun(proxy, limit_s=2.0)
    proxy.stall.set()
    began = time.monotonic()
    with pytest.raises(NotPublished):
        for number in range(400):
            publisher.send(
                str(number),
                EVENTS,
                "task.planned",
                b"x" * 100_000,
                content_type=ONE,
                on_confirmed=taken.append,
            )
        publisher.wait()
    assert time.monotonic() - began < CONFIRM_LIMIT_S
    assert taken == ["first"]


def test_a_connection_cut_in_the_middle_of_a_window_confirms_only_what_was_confirmed(
    proxy: FrameProxy, connection: Connection, channel: Channel
) -> None:
    channel.queue_declare("all", durable=True, auto_delete=False)
    channel.queue_bind("all", EVENTS, "task.planned")
    publisher, taken = Publisher(proxy.url, "test"), []
    with pytest.raises(NotPublished):
        for number in range(2000):
            send(publisher, taken, str(number))
            if number == 700:
                proxy.cut()
        publisher.wait()
    there = channel.queue_declare("all", passive=True).message_count
    assert len(taken) == len(set(taken)) <= there


# -- the outbox ----------------------------------------------------------------


def test_messages_that_a_crash_left_in_the_outbox_are_published_and_marked(trial: Trial) -> None:
    record(trial, 1, 2, 3)
    make_old(trial)
    publisher = Publisher(trial.broker_url, "sweep")
    assert Sweep(trial.database, publisher).turn() == 3
    assert Sweep(trial.database, publisher).turn() == 0
    publisher.drop()
    assert unpublished(trial) == 0 and trial.messages_in(trial.queue) == 3


def test_the_sweep_leaves_new_messages_to_their_writer(trial: Trial) -> None:
    record(trial, 1)
    publisher = Publisher(trial.broker_url, "sweep")
    assert Sweep(trial.database, publisher).turn() == 0
    assert unpublished(trial) == 1


def test_two_sweepers_at_once_lose_nothing(trial: Trial) -> None:
    record(trial, *range(1, 41))
    make_old(trial)
    together = Barrier(2)

    def sweep_all() -> None:
        chore = next(c for c in chores(trial.service, trial.work, trial.settings) if c.name == "sweep")
        together.wait(PATIENCE_S)
        while chore.once():
            pass

    threads = [Thread(target=sweep_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()
    assert unpublished(trial) == 0
    with running(trial):
        eventually(lambda: trial.numbers() == list(range(1, 41)))
    assert trial.rows("dead_letters") == []


def test_unconfirmed_messages_are_not_marked_and_go_out_again(trial: Trial, proxy: FrameProxy) -> None:
    record(trial, *range(1, 6))
    make_old(trial)
    publisher = Publisher(proxy.url, "sweep", limit_s=0.5)
    proxy.swallow.set()
    with pytest.raises(NotPublished):
        Sweep(trial.database, publisher).turn()
    assert unpublished(trial) == 5
    proxy.swallow.clear()
    publisher.limit_s = CONFIRM_LIMIT_S
    assert Sweep(trial.database, publisher).turn() == 5
    publisher.drop()
    assert unpublished(trial) == 0
    assert trial.messages_in(trial.queue) >= 5, "inboxes absorb what went out twice"


def test_refused_messages_wait_in_the_outbox_until_there_is_room(
    trial: Trial, channel: Channel, full: str
) -> None:
    for n in (1, 2):
        with trial.work.unit() as uow:
            uow.record("case.opened", f"c{n}", 1, {}, cause=None)
    make_old(trial)
    publisher = Publisher(trial.broker_url, "sweep")
    assert Sweep(trial.database, publisher).turn() == 1
    assert unpublished(trial) == 1 and publisher.refused == 1
    channel.queue_purge(full)
    assert Sweep(trial.database, publisher).turn() == 1
    publisher.drop()
    assert unpublished(trial) == 0


def test_messages_confirmed_before_the_broker_fell_silent_are_not_sent_again(
    trial: Trial, proxy: FrameProxy
) -> None:
    class SilentAfterThree(Publisher):
        sent = 0

        def send(self, *args: Any, **options: Any) -> None:
            super().send(*args, **options)
            self.sent += 1
            if self.sent == 3:
                self.wait()
                self.limit_s = 0.5
                proxy.swallow.set()

    record(trial, *range(1, 6))
    make_old(trial)
    with pytest.raises(NotPublished):
        Sweep(trial.database, SilentAfterThree(proxy.url, "sweep")).turn()
    assert unpublished(trial) == 2


def test_a_row_that_cannot_be_sent_at_all_holds_up_none_of_its_page(trial: Trial) -> None:
    """Its exchange is not there: then the broker closes the channel, and confirms nothing of the page."""
    record(trial, *range(1, 8))
    make_old(trial)
    with trial.database.begin() as conn:
        bad = conn.execute(select(OUTBOX.c.id).order_by(OUTBOX.c.created_at, OUTBOX.c.id)).scalars().all()[3]
        conn.execute(update(OUTBOX).where(OUTBOX.c.id == bad).values(exchange="nowhere"))
    publisher = Publisher(trial.broker_url, "sweep")
    sweep = Sweep(trial.database, publisher)
    for _ in range(20):
        with suppress(NotPublished):
            sweep.turn()
    publisher.drop()
    assert unpublished(trial) == 1


def test_a_page_of_what_nobody_takes_does_not_hold_up_what_comes_behind_it(
    trial: Trial, channel: Channel, full: str
) -> None:
    publisher = Publisher(trial.broker_url, "sweep")
    send(publisher, [], "fills it", "case.opened")
    publisher.wait()
    for n in range(1, 6):
        with trial.work.unit() as uow:
            uow.record("case.opened", f"c{n}", 1, {}, cause=None)
    record(trial, 1, 2, 3)
    with trial.database.begin() as conn:  # all at one moment, as rows of one transaction are
        moment = datetime.now(UTC) - timedelta(minutes=1)
        conn.execute(update(OUTBOX).values(created_at=moment))
        later = OUTBOX.c.routing_key == "place.changed"
        conn.execute(update(OUTBOX).where(later).values(created_at=moment + timedelta(seconds=1)))
    sweep = Sweep(trial.database, publisher, page=2)
    confirmed = [sweep.turn() for _ in range(4)]
    assert confirmed == [0, 0, 1, 2] and unpublished(trial) == 5
    channel.queue_purge(full)
    assert sweep.turn() == 1, "and those who waited get their turn again"
    publisher.drop()


def test_marks_are_written_by_a_later_unit_and_survive_one_that_is_rolled_back(trial: Trial) -> None:
    outbox = Outbox(Publisher(trial.broker_url, "test"))
    work = replace(trial.work, outlet=outbox)
    with work.unit() as uow:
        uow.record("task.planned", "c1", 1, {}, cause=None)
    outbox.settle()
    assert unpublished(trial) == 1 and outbox.has_news()

    class RolledBackAtTheEnd(Exception):
        pass

    with pytest.raises(RolledBackAtTheEnd), trial.database.begin() as conn:
        outbox.mark(conn)
        raise RolledBackAtTheEnd
    assert unpublished(trial) == 1 and outbox.has_news()
    with work.unit():
        pass
    assert unpublished(trial) == 0 and not outbox.has_news()
    outbox.publisher.drop()


def test_a_broker_that_is_away_is_no_error_for_the_unit_that_committed(trial: Trial) -> None:
    work = replace(trial.work, outlet=Outbox(Publisher("amqp://x:y@127.0.0.1:1/", "test")))
    with work.unit() as uow:
        uow.record("place.changed", "p1", 1, place_event(1)["data"], cause=None)
        uow.reply("rail", "report.accepted", "r1", {}, cause=None)
    assert unpublished(trial) == 2


def test_replies_left_behind_are_swept_into_a_queue_made_for_them(trial: Trial) -> None:
    with trial.work.unit() as uow:
        uow.reply("rail-lanzhou", "report.accepted", "r1", {}, cause=None)
    make_old(trial)
    publisher = Publisher(trial.broker_url, "sweep")
    assert Sweep(trial.database, publisher).turn() == 1
    publisher.drop()
    assert trial.messages_in(f"{REPLIES}.rail-lanzhou") == 1
