"""The client on a real broker: every event has an outcome, and the outcome is true."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path

import pika
import pytest

from deploy.local import PrivateBroker
from doorstep_client import (
    AccessRefused,
    BrokerUnreachable,
    Outcomes,
    Publisher,
    PublishInterrupted,
    QueueMissing,
    Raw,
    Replies,
    Reply,
    Standing,
    arrival_event,
)
from tests.integration.chassis.frame_proxy import proxied
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.broker

DEFAULT_TIME_LIMIT_S = signature(Publisher).parameters["time_limit"].default
NAME = "rail-lanzhou"


def events(count: int) -> list[dict]:
    return [arrival_event(f"/{NAME}/x", {"number": n}) for n in range(count)]


def channel(url: str):
    return pika.BlockingConnection(pika.URLParameters(url)).channel()


def declare(url: str, **arguments: object) -> None:
    ours = channel(url)
    ours.exchange_declare("doorstep.inbound", "topic", durable=True)
    ours.queue_declare("arrivals", durable=True, arguments={"x-queue-type": "quorum"} | arguments)
    ours.queue_bind("arrivals", "doorstep.inbound", "arrival.reported.*")
    ours.connection.close()


def stored(url: str) -> list[tuple[str, pika.BasicProperties, list[str]]]:
    """The messages in the queue: routing key, properties, event ids."""
    ours, found = channel(url), []
    while True:
        method, properties, body = ours.basic_get("arrivals", auto_ack=True)
        if method is None:
            ours.connection.close()
            return found
        document = json.loads(body)
        ids = [event["id"] for event in (document if isinstance(document, list) else [document])]
        found.append((method.routing_key, properties, ids))


def stored_ids(url: str) -> Counter[str]:
    return Counter(id for _, _, ids in stored(url) for id in ids)


@pytest.fixture
def url(broker_url: str) -> str:
    declare(broker_url)
    return broker_url


def test_one_arrival_is_stored_as_a_persistent_cloudevent_under_the_publishers_name(url):
    (event,) = events(1)
    with Publisher(url, NAME) as publisher:
        outcome = publisher.publish(event)
    assert (outcome.standing, outcome.id, outcome.reason) == (Standing.ACCEPTED, event["id"], None)
    ((routing_key, properties, ids),) = stored(url)
    assert routing_key == f"arrival.reported.{NAME}"
    assert (properties.content_type, properties.delivery_mode) == ("application/cloudevents+json", 2)
    assert ids == [event["id"]]


def test_many_arrivals_are_packed_and_every_one_has_its_outcome_in_order(url):
    many = events(1230)
    with Publisher(url, NAME) as publisher:
        outcomes = publisher.publish_many(iter(many))
    assert outcomes.complete
    assert [outcome.id for outcome in outcomes] == [event["id"] for event in many]
    messages = stored(url)
    assert [len(ids) for _, _, ids in messages] == [50] * 24 + [30]
    assert {properties.content_type for _, properties, _ in messages} == {
        "application/cloudevents-batch+json"
    }
    assert [id for _, _, ids in messages for id in ids] == [event["id"] for event in many]


def test_a_gateway_publishes_under_the_name_in_each_source(url):
    mixed = [arrival_event(f"/{name}/x", {}) for name in ("rail", "air", "rail")]
    with Publisher(url) as publisher:
        assert publisher.publish_many(mixed).complete
    keys = Counter(key for key, _, ids in stored(url) for _ in ids)
    assert keys == {"arrival.reported.rail": 2, "arrival.reported.air": 1}


@pytest.mark.parametrize("window", [1, 40])
def test_a_window_of_messages_is_on_the_way_before_one_is_confirmed(url: str, window: int) -> None:
    """What that is worth: alone on two cores 1,350 events/s one by one, 8,600 in a window, 45,000 packed."""
    with (
        proxied(url) as proxy,
        Publisher(proxy.url, NAME, events_per_message=1, window=window, time_limit=3) as publisher,
    ):
        proxy.swallow.set()  # confirms never come
        outcomes = publisher.publish_many(events(60))
    standings = Counter(outcome.standing for outcome in outcomes)
    assert standings == {Standing.UNKNOWN: window, Standing.UNSENT: 60 - window}
    assert sum(stored_ids(url).values()) == window


def test_threads_share_one_publisher_and_each_gets_its_own_outcomes(url):
    found: dict[int, Outcomes] = {}
    with Publisher(url, NAME) as publisher:

        def work(number: int) -> None:
            mine = events(300)
            found[number] = publisher.publish_many(mine)
            assert [o.id for o in found[number]] == [e["id"] for e in mine]

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE_S)
    assert [outcomes.complete for outcomes in found.values()] == [True] * 4
    assert sum(stored_ids(url).values()) == 1200


def test_a_full_queue_refuses_and_the_outcome_says_which(broker_url):
    declare(broker_url, **{"x-max-length": 5, "x-overflow": "reject-publish"})
    with Publisher(broker_url, NAME, events_per_message=1, window=1, time_limit=3) as publisher:
        outcomes = publisher.publish_many(events(9))
    assert outcomes.refused
    assert "nack" in (outcomes.refused[0].reason or "")
    assert not outcomes.unknown and not outcomes.unsent
    assert set(stored_ids(broker_url)) == {outcome.id for outcome in outcomes.accepted}


def test_a_queue_that_refuses_only_for_a_moment_gets_everything(broker_url):
    """As one does while its leader is chosen anew."""
    declare(broker_url, **{"x-max-length": 5, "x-overflow": "reject-publish"})
    emptying, taken = threading.Event(), Counter()

    def empty() -> None:
        while not emptying.wait(0.2):
            taken.update(stored_ids(broker_url))

    with Publisher(broker_url, NAME, events_per_message=1, window=1) as publisher:
        thread = threading.Timer(1.5, empty)
        thread.start()
        outcomes = publisher.publish_many(events(20))
        emptying.set()
        thread.join(PATIENCE_S)
    assert outcomes.complete, outcomes.counts()
    assert (taken + stored_ids(broker_url)).keys() == {outcome.id for outcome in outcomes}


def test_a_message_that_no_queue_takes_is_returned_and_reported(broker_url):
    ours = channel(broker_url)
    ours.exchange_declare("doorstep.inbound", "topic", durable=True)
    with Publisher(broker_url, NAME) as publisher:
        outcome = publisher.publish(events(1)[0])
    assert outcome.standing is Standing.REFUSED
    assert "NO_ROUTE" in (outcome.reason or "")


def test_a_missing_exchange_is_reported_and_the_publisher_works_once_it_exists(broker_url):
    with Publisher(broker_url, NAME) as publisher:
        outcomes = publisher.publish_many(events(120))
        assert len(outcomes.refused) == 120
        assert "NOT_FOUND" in (outcomes[0].reason or "")
        declare(broker_url)
        assert publisher.publish_many(events(120)).complete


def test_of_many_messages_only_the_forbidden_ones_are_refused(broker, vhost, broker_url):
    declare(broker_url)
    broker.rabbitmqctl("add_user", "rail-only", "secret")
    broker.rabbitmqctl("set_permissions", "-p", vhost, "rail-only", ".*", ".*", ".*")
    own = "^arrival\\.reported\\.rail$"
    broker.rabbitmqctl("set_topic_permissions", "-p", vhost, "rail-only", "doorstep.inbound", own, ".*")
    try:
        scheme, rest = broker_url.split("://")
        with Publisher(
            f"{scheme}://rail-only:secret@{rest.split('@')[1]}", events_per_message=1
        ) as publisher:
            mixed = [arrival_event(f"/{'air' if n % 10 == 3 else 'rail'}/x", {}) for n in range(60)]
            outcomes = publisher.publish_many(mixed)
    finally:
        broker.rabbitmqctl("delete_user", "rail-only")
    assert {outcome.publisher for outcome in outcomes.refused} == {"air"}
    assert "ACCESS_REFUSED" in (outcomes.refused[0].reason or "")
    assert {outcome.publisher for outcome in outcomes.accepted} == {"rail"}
    assert len(outcomes.accepted) == 54
    assert set(stored_ids(broker_url)) == {outcome.id for outcome in outcomes.accepted}


def test_invalid_events_are_refused_by_the_client_and_the_others_are_published(url):
    good = events(3)
    with Publisher(url, NAME) as publisher:
        outcomes = publisher.publish_many(
            [good[0], {"id": "x"}, good[1], arrival_event("/air/x", {}), good[2]]
        )
    assert [outcome.accepted for outcome in outcomes] == [True, False, True, False, True]
    assert stored_ids(url) == Counter(event["id"] for event in good)


def test_a_failing_source_of_events_does_not_hide_what_was_published(url):
    def source() -> Iterator[dict]:
        yield from events(120)
        raise OSError("disk gone")

    with Publisher(url, NAME) as publisher, pytest.raises(PublishInterrupted) as caught:
        publisher.publish_many(source())
    assert len(caught.value.outcomes.accepted) == 120
    assert sum(stored_ids(url).values()) == 120


def test_a_raw_body_goes_out_to_the_letter(url):
    with Publisher(url) as publisher:
        assert publisher.publish(Raw(b"{nope", "text/plain", NAME)).accepted
    method, properties, body = channel(url).basic_get("arrivals", auto_ack=True)
    assert (method.routing_key, properties.content_type, body) == (
        f"arrival.reported.{NAME}",
        "text/plain",
        b"{nope",
    )


def test_nobody_at_the_address_and_a_wrong_password_are_told_in_one_line(broker_url):
    with pytest.raises(BrokerUnreachable, match="Connection refused") as caught:
        Publisher("amqp://127.0.0.1:1/", NAME, connect_limit=0.5).open()
    assert "\n" not in str(caught.value)
    scheme, rest = broker_url.split("://")
    with pytest.raises(AccessRefused, match="ACCESS_REFUSED") as caught:
        Publisher(f"{scheme}://nobody:wrong@{rest.split('@')[1]}", NAME).open()
    assert "\n" not in str(caught.value)


# --- replies -------------------------------------------------------------------------------------------


def reply(url: str, *documents: dict) -> None:
    ours = channel(url)
    ours.confirm_delivery()
    ours.queue_declare(f"doorstep.replies.{NAME}", durable=True, arguments={"x-queue-type": "quorum"})
    body = json.dumps(list(documents) if len(documents) > 1 else documents[0])
    ours.basic_publish("", f"doorstep.replies.{NAME}", body)
    ours.connection.close()


def accepted(number: int) -> dict:
    about = {"source": f"/{NAME}/x", "id": str(number)}
    data = {"report_id": f"r{number}", "event": about, "outcome": "merged", "arrival_ids": ["a1"]}
    return {"specversion": "1.0", "id": f"x{number}", "type": "report.accepted", "data": data}


def rejected(number: int) -> dict:
    document = accepted(number)
    reason = {"field": "person.phone", "code": "phone_invalid", "message": "is no phone number"}
    document["data"] |= {"outcome": None, "reasons": [reason]}
    return document | {"type": "report.rejected"}


def test_replies_are_read_one_by_one_also_from_packed_messages(broker_url):
    reply(broker_url, accepted(1))
    reply(broker_url, accepted(2), rejected(3))
    heard: list[Reply] = []
    with Replies(broker_url, NAME) as replies:
        replies.read(heard.append, until=lambda: len(heard) == 3, idle=PATIENCE_S)
    assert [(r.event_id, r.accepted, r.outcome) for r in heard] == [
        ("1", True, "merged"),
        ("2", True, "merged"),
        ("3", False, None),
    ]
    assert [reason.code for reason in heard[2].reasons] == ["phone_invalid"]


def test_a_reply_whose_callback_failed_comes_again(broker_url):
    reply(broker_url, accepted(1))
    with Replies(broker_url, NAME) as replies, pytest.raises(RuntimeError):
        replies.read(_fail, idle=PATIENCE_S)
    heard: list[Reply] = []
    with Replies(broker_url, NAME) as replies:
        replies.read(heard.append, until=lambda: bool(heard), idle=PATIENCE_S)
        replies.read(heard.append, idle=0.5)
    assert [r.event_id for r in heard] == ["1"]


@pytest.mark.parametrize("error", [OSError(28, "no room"), ConnectionError("another host")])
def test_an_error_of_the_callback_is_raised_even_if_it_looks_like_a_lost_broker(broker_url, error):
    reply(broker_url, accepted(1))

    def fail(_reply: Reply) -> None:
        raise error

    with Replies(broker_url, NAME) as replies, pytest.raises(type(error)) as raised:
        replies.read(fail, idle=PATIENCE_S)
    assert raised.value is error
    with Replies(broker_url, NAME) as replies:
        heard: list[Reply] = []
        replies.read(heard.append, until=lambda: bool(heard), idle=PATIENCE_S)
    assert [r.event_id for r in heard] == ["1"]


def _fail(_reply: Reply) -> None:
    raise RuntimeError("no room")


def test_a_missing_reply_queue_is_told(broker_url):
    with pytest.raises(QueueMissing, match=r"doorstep\.replies"), Replies(broker_url, NAME):
        pass


# --- faults: a node of its own, for it is killed and starved --------------------------------------------


@pytest.fixture(scope="module")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivateBroker]:
    with PrivateBroker(Path(tmp_path_factory.mktemp("own")) / "broker") as broker:
        declare(broker.url())
        broker.write_queues_down()
        yield broker


def in_background(work: Callable[[], object]) -> tuple[threading.Thread, list]:
    found: list = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    return thread, found


@pytest.mark.slow
def test_a_broker_killed_and_started_again_loses_no_event_and_no_outcome(own_broker):
    channel(own_broker.url()).queue_purge("arrivals")
    many = events(6000)
    halfway, killed = threading.Event(), threading.Event()

    def with_a_kill() -> Iterator[dict]:
        yield from many[:3000]
        halfway.set()
        yield from many[3000:4000]  # some go out while it dies
        killed.wait(PATIENCE_S)
        yield from many[4000:]

    with Publisher(own_broker.url(), NAME, time_limit=120, events_per_message=10) as publisher:
        thread, found = in_background(lambda: publisher.publish_many(with_a_kill()))
        assert halfway.wait(PATIENCE_S)
        own_broker.kill()
        killed.set()
        own_broker.start()
        thread.join(120)
    assert found[0].counts() == {"accepted": 6000, "refused": 0, "unsent": 0, "unknown": 0}
    seen = stored_ids(own_broker.url())
    assert set(seen) == {event["id"] for event in many}


@pytest.mark.slow
def test_a_broker_that_stays_away_is_reported_within_the_time_limit(own_broker):
    channel(own_broker.url()).queue_purge("arrivals")
    with Publisher(own_broker.url(), NAME, time_limit=2) as publisher:
        eventually(lambda: publisher.publish(events(1)[0]).accepted)
        own_broker.kill()
        started = time.monotonic()
        outcome = publisher.publish(events(1)[0])
        waited = time.monotonic() - started
        own_broker.start()
        eventually(lambda: publisher.publish(events(1)[0]).accepted)
    assert outcome.standing in (Standing.UNSENT, Standing.UNKNOWN)
    assert 1.5 < waited < DEFAULT_TIME_LIMIT_S
    assert "no connection" in (outcome.reason or "")


@pytest.mark.slow
def test_the_rest_of_a_call_does_not_wait_once_one_message_was_given_up(own_broker):
    with Publisher(own_broker.url(), NAME, time_limit=2, events_per_message=1, window=5) as publisher:
        own_broker.kill()
        started = time.monotonic()
        outcomes = publisher.publish_many(events(500))
        waited = time.monotonic() - started
        own_broker.start()
    assert len(outcomes) == 500
    assert not outcomes.accepted
    assert waited < DEFAULT_TIME_LIMIT_S, "one limit for all of them, not one for each"
    assert "not tried" in (outcomes[-1].reason or "")


@pytest.mark.slow
def test_a_memory_alarm_is_reported_within_the_time_limit_and_passes(own_broker):
    channel(own_broker.url()).queue_purge("arrivals")
    many = events(400)
    with Publisher(own_broker.url(), NAME, time_limit=3) as publisher:
        own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.0000001")
        try:
            started = time.monotonic()
            outcomes = publisher.publish_many(many)
            waited = time.monotonic() - started
            again = publisher.publish(events(1)[0])
        finally:
            own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
        eventually(lambda: publisher.publish_many(many).complete)
    assert not outcomes.accepted
    assert len(outcomes) == 400
    assert 2 < waited < DEFAULT_TIME_LIMIT_S
    assert "blocks publishers" in (again.reason or "")
    assert again.standing is Standing.UNSENT, "it was held back, so it is surely not there"
    assert {event["id"] for event in many} <= set(stored_ids(own_broker.url()))


@pytest.mark.slow
def test_closing_during_a_memory_alarm_does_not_hang(own_broker):
    own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.0000001")
    try:
        publisher = Publisher(own_broker.url(), NAME, time_limit=1)
        publisher.open()
        publisher.publish(events(1)[0])
        started = time.monotonic()
        publisher.close()
        assert time.monotonic() - started < DEFAULT_TIME_LIMIT_S
    finally:
        own_broker.rabbitmqctl("set_vm_memory_high_watermark", "0.4")
