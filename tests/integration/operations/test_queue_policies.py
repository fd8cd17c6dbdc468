"""No queue gives up a message after the 20 deliveries of RabbitMQ 4: a limit of ours stands for each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pika
import pytest
from kombu import Queue

from chassis.errors import SettingsError
from chassis.handlers import Service
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.topology import (
    DELIVERY_LIMIT,
    apply,
    own_queue,
    reply_queue,
    service_entities,
    shared_entities,
)
from chassis.names import INBOUND
from deploy.local import PrivateBroker
from operations.queue_policies import AS_GOOD_AS_NEVER, DELIVERIES, QUEUE_MIB, of_publishers, policies
from operations.services import SERVICES, handlers_of
from services.registration.service import SERVICE as REGISTRATION
from tests.integration.registration.intake import PUBLISHER
from tests.system import System
from tests.waiting import eventually


def queues() -> list[Queue]:
    ours = [*shared_entities((5, 30)), reply_queue(PUBLISHER)]
    for name in SERVICES:
        ours += service_entities(Service(name, tuple(handlers_of(name))))
    ours.append(own_queue(REGISTRATION.name, REGISTRATION.handlers[0], PUBLISHER))
    return [entity for entity in ours if isinstance(entity, Queue)]


def test_each_queue_has_a_limit_by_its_declaration_or_by_the_policy_and_none_by_both() -> None:
    for queue in queues():
        declared = queue.queue_arguments.get("x-delivery-limit")
        by_policy = re.search(DELIVERIES.pattern, queue.name) is not None
        assert (declared == DELIVERY_LIMIT) != by_policy, queue.name
        own = re.search(of_publishers(1).pattern, queue.name) is not None
        assert own == (".from." in queue.name) and not (own and by_policy)


def test_a_publisher_may_have_any_name() -> None:
    name = own_queue(REGISTRATION.name, REGISTRATION.handlers[0], "dead").name
    assert [one.name for one in policies({}) if re.search(one.pattern, name)] == ["doorstep-publishers"]


def test_the_size_of_a_publishers_queue_is_a_setting() -> None:
    assert policies({QUEUE_MIB: "2"})[1].definition == {"max-length-bytes": 2 * 1024 * 1024}
    with pytest.raises(SettingsError, match=QUEUE_MIB):
        policies({QUEUE_MIB: "1"})


@pytest.mark.broker
def test_the_broker_takes_the_policy_and_keeps_what_was_delivered_often(
    tmp_path: Path, broker_url: str, broker: PrivateBroker, vhost: str
) -> None:
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    system = System(tmp_path / "system", broker_url, urls, management_url=broker.management_url())
    for _ in range(2):
        system.cli("topology", "apply")
    found = json.loads(broker.rabbitmqctl("list_policies", "-p", vhost, "--formatter", "json"))
    assert {policy["name"]: json.loads(policy["definition"]) for policy in found} == {
        "doorstep-deliveries": {"delivery-limit": AS_GOOD_AS_NEVER},
        "doorstep-publishers": {"max-length-bytes": 4096 * 1024 * 1024},
    }
    columns = ("list_queues", "-p", vhost, "name", "policy", "--formatter", "json")
    found = {row["name"]: row["policy"] for row in json.loads(broker.rabbitmqctl(*columns))}
    assert found["registration.receive_report.dead"] == found["doorstep.unrouted"] == DELIVERIES.name
    assert found["registration.receive_report_guarded"] == DELIVERIES.name
    assert found["registration.receive_report"] != DELIVERIES.name

    dead = "registration.receive_report.dead"
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.basic_publish("", dead, b"kept")
        for _ in range(30):
            method, _, _ = channel.basic_get(dead)
            channel.basic_nack(method.delivery_tag, requeue=True)
        assert channel.basic_get(dead)[2] == b"kept"


@pytest.mark.broker
def test_a_policy_that_gives_queues_other_limits_is_named(
    tmp_path: Path, broker_url: str, broker: PrivateBroker, vhost: str
) -> None:
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    system = System(tmp_path / "system", broker_url, urls, management_url=broker.management_url())
    system.cli("topology", "apply")
    assert system.cli("topology", "check")["ok"]
    mine = ("set_policy", "-p", vhost, "mine")
    limits = '{"message-ttl": 1000, "max-length": 5}'
    broker.rabbitmqctl(*mine, r"^doorstep\.retry\.5s$|\.dead$", limits, "--priority", "5")
    dead = "isolation.open_case.dead"
    expected = {
        ("doorstep.retry.5s", "the policy mine sets message-ttl to 1000"),
        (dead, "the policy mine sets max-length to 5"),
        (dead, f"the policy mine leaves delivery-limit out, and it must be {AS_GOOD_AS_NEVER}"),
    }

    def named() -> bool:
        """A policy reaches one queue after the other."""
        answer = system.run("topology", "check", "--json")
        found = {(one["name"], one["what"]) for one in answer.json["differences"]}
        shown = {(one["where"], one["what"]) for one in system.cli("queues")["attention"]}
        return answer.code == 1 and expected <= found <= shown

    eventually(named, every=0.5)
    broker.rabbitmqctl("clear_policy", "-p", vhost, "mine")
    eventually(lambda: system.run("topology", "check").code == 0, every=0.5)


@pytest.mark.broker
def test_a_full_queue_refuses_its_publisher_and_nobody_else(
    tmp_path: Path, broker_url: str, broker: PrivateBroker
) -> None:
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    system = System(
        tmp_path / "system",
        broker_url,
        urls,
        management_url=broker.management_url(),
        environment={QUEUE_MIB: "2"},
    )
    system.cli("topology", "apply")
    handler = REGISTRATION.handlers[0]
    connection = connect(broker_url, "test")
    apply(connection, [own_queue(REGISTRATION.name, handler, name) for name in ("flooder", "quiet")])
    close_quietly(connection)
    body = b"x" * 500_000
    with pika.BlockingConnection(pika.URLParameters(broker_url)) as pika_connection:
        channel = pika_connection.channel()
        channel.confirm_delivery()
        refused = 0
        for _ in range(12):
            try:
                channel.basic_publish(INBOUND, "arrival.reported.flooder", body)
            except pika.exceptions.NackError:
                refused += 1
        assert refused >= 4
        channel.basic_publish(INBOUND, "arrival.reported.quiet", body)
