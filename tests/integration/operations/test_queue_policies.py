"""No queue gives up a message after the 20 deliveries of RabbitMQ 4: a limit of ours stands for each."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pika
import pytest
from kombu import Queue

from chassis.handlers import Service
from chassis.messaging.topology import (
    DELIVERY_LIMIT,
    own_queue,
    reply_queue,
    service_entities,
    shared_entities,
)
from deploy.local import PrivateBroker
from operations.queue_policies import AS_GOOD_AS_NEVER, POLICIES
from operations.services import SERVICES, handlers_of
from services.registration.service import SERVICE as REGISTRATION
from tests.integration.registration.intake import PUBLISHER
from tests.system import System

[DELIVERIES] = [policy for policy in POLICIES if policy.name == "doorstep-deliveries"]


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


@pytest.mark.broker
def test_the_broker_takes_the_policy_and_keeps_what_was_delivered_often(
    tmp_path: Path, broker_url: str, broker: PrivateBroker, vhost: str
) -> None:
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    system = System(tmp_path / "system", broker_url, urls, management_url=broker.management_url())
    for _ in range(2):
        system.cli("topology", "apply")
    [policy] = json.loads(broker.rabbitmqctl("list_policies", "-p", vhost, "--formatter", "json"))
    assert (policy["name"], json.loads(policy["definition"])) == (
        DELIVERIES.name,
        {"delivery-limit": AS_GOOD_AS_NEVER},
    )
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
