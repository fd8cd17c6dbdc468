"""Headers of dead-lettering that an outsider writes: the broker never dead-letters a message with them.

RabbitMQ 3.10 reads `x-death` when a message expires, and dies of another shape than its own: of all
dead-lettering on the node. So these tests have a broker of their own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from amqp import Message as AmqpMessage
from kombu import Exchange, Queue, binding

from chassis.inbox import INBOX
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.dead_letters import DEAD
from chassis.messaging.topology import (
    DELIVERY_LIMIT,
    apply,
    guarded_name,
    retry_name,
    service_entities,
    shared_entities,
)
from chassis.names import ARRIVALS, BACK, ROUTING_KEY
from contracts.envelope import ONE, dump_event
from deploy.backup.broker import _between_services
from deploy.local import PrivateBroker
from operations.management_api import Management
from operations.topology import bound_otherwise
from services.registration.reports import tables as t
from services.registration.service import SERVICE
from tests.integration.registration.intake import PUBLISHER, Intake
from tests.integration.registration.trial import Trial, prepare, report
from tests.waiting import eventually

pytestmark = [pytest.mark.broker, pytest.mark.slow]
KEY = f"arrival.reported.{PUBLISHER}"
QUEUE = "registration.receive_report"

FORGED: list[dict[str, Any]] = [
    {"x-death": ["a"]},
    {"x-death": "a"},
    {"x-death": []},
    {"x-death": [{"count": "many", "queue": QUEUE, "reason": "expired", "exchange": BACK}]},
    {"x-death": {"queue": 5}},
    {"x-death": True, ROUTING_KEY: "arrival.reported.police"},
    {"x-first-death-queue": 5},
    {"x-first-death-exchange": ["a"]},
    {"x-first-death-reason": {"a": 1}},
    {"x-death": [5], "x-first-death-reason": "expired"},
]


@pytest.fixture(scope="module")
def own_broker(nodes_directory: Path) -> Iterator[PrivateBroker]:
    with PrivateBroker(nodes_directory / "guarded") as broker:
        yield broker


@pytest.fixture
def own_url(own_broker: PrivateBroker, request: pytest.FixtureRequest) -> Iterator[str]:
    name = f"test-{abs(hash(request.node.name))}"
    own_broker.add_vhost(name)
    yield own_broker.url(name)
    own_broker.delete_vhost(name)


@pytest.fixture
def intake(own_url: str, sqlite_url: Callable[..., str]) -> Iterator[Intake]:
    trial = Trial(sqlite_url("registration", prepare))
    yield Intake(trial, own_url)
    trial.database.dispose()


def put(
    url: str, *messages: tuple[dict[str, Any], dict[str, Any]], exchange: str = ARRIVALS, key: str = KEY
) -> None:
    """Each an event and the properties of its message."""
    connection = connect(url, "test")
    channel = connection.channel()
    channel.confirm_select()
    for event, properties in messages:
        message = AmqpMessage(dump_event(event), content_type=ONE, delivery_mode=2, **properties)
        channel.basic_publish_confirm(message, exchange=exchange, routing_key=key)
    close_quietly(connection)


def test_forged_expiring_messages_leave_intake_retries_and_dead_letters_working(
    intake: Intake, own_broker: PrivateBroker
) -> None:
    backlog = [(report(n), {}) for n in range(1, 201)]
    forged = [
        (report(1000 + n), {"expiration": "1", "application_headers": FORGED[n % len(FORGED)]})
        for n in range(30)
    ]
    put(intake.broker_url, *backlog, *forged, (report(2000), {"expiration": "1"}))
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) >= 200)
        eventually(intake.drain)
        ours = {"application_headers": {ROUTING_KEY: KEY}}
        put(intake.broker_url, (report(3000), ours), exchange=retry_name(1), key=QUEUE)
        eventually(lambda: {"rail-2000", "rail-3000"} <= handled(intake))  # the first one only expired
    assert {f"rail-{n}" for n in range(1, 201)} <= handled(intake)
    assert intake.letters() == []
    assert "undefined" not in own_broker.rabbitmqctl("eval", "whereis(rabbit_fifo_dlx_sup).")
    assert intake.messages_in(QUEUE) == intake.messages_in(guarded_name(QUEUE)) == 0


def handled(intake: Intake) -> set[str]:
    return {row["event_id"] for row in intake.trial.rows(INBOX, "event_id")}


def test_what_carries_such_headers_is_handled_as_any_report(intake: Intake) -> None:
    put(intake.broker_url, *((report(n), {"application_headers": FORGED[n]}) for n in range(len(FORGED))))
    assert intake.messages_in(QUEUE) == 0
    eventually(lambda: intake.messages_in(guarded_name(QUEUE)) == len(FORGED))
    put(intake.broker_url, (report(100), {}))
    eventually(lambda: intake.messages_in(QUEUE) == 1)
    with intake.consuming():
        eventually(lambda: len(intake.trial.rows(t.reports)) == len(FORGED) + 1)
    assert {row["handler"] for row in intake.trial.rows(INBOX)} == {QUEUE}
    assert {row["publisher"] for row in intake.trial.rows(t.reports)} == {PUBLISHER}, (
        "the routing key is kept"
    )
    assert intake.trial.rows(DEAD) == []


def test_a_forged_delivery_count_makes_no_dead_letter_of_what_is_guarded(intake: Intake) -> None:
    headers = {"x-death": ["a"], "x-delivery-count": DELIVERY_LIMIT + 5}
    put(intake.broker_url, (report(1), {"application_headers": headers}))
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 1)
    assert intake.trial.rows(DEAD) == []


def old_topology(url: str) -> None:
    """As commit 43d6811 declared it: the work queue bound to the exchange of outsiders itself."""
    connection = connect(url, "test")
    apply(connection, shared_entities((1,)))
    dead = Queue(
        f"{QUEUE}.dead",
        durable=True,
        queue_arguments={"x-queue-type": "quorum", "x-overflow": "reject-publish"},
    )
    exchanges = [Exchange(name, no_declare=True) for name in (ARRIVALS, BACK)]
    work = Queue(
        QUEUE,
        bindings=[
            binding(exchanges[0], routing_key="arrival.reported.*"),
            binding(exchanges[1], routing_key=QUEUE),
        ],
        durable=True,
        queue_arguments={
            "x-queue-type": "quorum",
            "x-overflow": "reject-publish",
            "x-dead-letter-exchange": "",
            "x-dead-letter-routing-key": f"{QUEUE}.dead",
            "x-dead-letter-strategy": "at-least-once",
            "x-delivery-limit": 100,
        },
    )
    for queue in (dead, work):
        queue.bind(connection.channel()).declare()
    close_quietly(connection)


def test_a_broker_of_the_old_topology_is_upgraded_with_messages_waiting(
    own_url: str, own_broker: PrivateBroker, sqlite_url: Callable[..., str]
) -> None:
    old_topology(own_url)
    put(own_url, *((report(n), {}) for n in range(1, 11)))
    put(own_url, (report(11), {"application_headers": {"x-death": ["a"]}}))
    intake = Intake(Trial(sqlite_url("registration", prepare)), own_url)
    eventually(lambda: intake.messages_in(QUEUE) == 11)

    management = Management.read(
        {"DOORSTEP_BROKER_URL": own_url, "DOORSTEP_MANAGEMENT_URL": own_broker.management_url()}
    )
    wanted = [*shared_entities((1,)), *service_entities(SERVICE)]
    assert bound_otherwise(management, wanted) == []
    bindings = [(row["source"], row["destination"]) for row in management.get("bindings", management.vhost)]
    assert (ARRIVALS, QUEUE) not in bindings

    put(own_url, (report(12), {}), (report(13), {"application_headers": {"x-death": ["a"]}}))
    eventually(lambda: intake.messages_in(QUEUE) == 12)
    eventually(lambda: intake.messages_in(guarded_name(QUEUE)) == 1)
    with intake.consuming():
        eventually(lambda: len(intake.trial.arrivals()) == 13)
    assert intake.trial.rows(DEAD) == []
    intake.trial.database.dispose()


def test_check_names_the_way_around_the_guard_and_a_way_that_is_missing(
    own_url: str, own_broker: PrivateBroker
) -> None:
    old_topology(own_url)
    management = Management.read(
        {"DOORSTEP_BROKER_URL": own_url, "DOORSTEP_MANAGEMENT_URL": own_broker.management_url()}
    )
    wanted = [*shared_entities((1,)), *service_entities(SERVICE)]
    found = {(one.name, one.what) for one in bound_otherwise(management, wanted)}
    around = f"bound to {ARRIVALS} by arrival.reported.*, which no handler asks for"
    assert (QUEUE, around) in found
    assert (QUEUE, f"not bound to {QUEUE}.shared") in found


def test_a_restore_leaves_in_their_queues_what_outsiders_sent(
    own_url: str, own_broker: PrivateBroker
) -> None:
    connection = connect(own_url, "test")
    apply(connection, [*shared_entities((1,)), *service_entities(SERVICE)])
    close_quietly(connection)
    found = json.loads(own_broker.rabbitmqctl("export_definitions", "-"))
    purged = _between_services(found)
    assert f"{QUEUE}.dead" in purged and "registration.keep_policy" in purged
    assert not {QUEUE, guarded_name(QUEUE), "doorstep.unrouted"} & set(purged)
