"""The broker's users: what the deployment grants them is enough for services, and named for every event."""

import json
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest

from chassis.handlers import Service
from chassis.messaging.connection import connect
from chassis.messaging.topology import (
    TopologyDiffers,
    apply,
    consumed_queues,
    service_entities,
    shared_entities,
)
from contracts.registry import EVENT_TYPES, OUTSIDERS, PEOPLE
from deploy.local import PrivateBroker
from services.isolation.handlers import HANDLERS
from services.registration.service import SERVICE as REGISTRATION

pytestmark = pytest.mark.broker

USERS = json.loads((Path(__file__).resolve().parents[3] / "deploy/rabbitmq/users.json").read_text())
DELAYS = (5, 30)


@pytest.fixture
def as_isolation(broker: PrivateBroker, vhost: str, broker_url: str) -> str:
    """URL of a user with isolation's permissions in the test's virtual host."""
    name, may = f"isolation-{vhost}", USERS["isolation"]
    broker.rabbitmqctl("add_user", name, "secret")
    broker.rabbitmqctl("set_permissions", "-p", vhost, name, may["configure"], may["write"], may["read"])
    parts = urlsplit(broker_url)
    return urlunsplit(parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}"))


def _declare(url: str) -> None:
    with connect(url, "test") as connection:
        apply(connection, shared_entities(DELAYS))
        apply(connection, service_entities(Service("isolation", HANDLERS)))


def test_a_service_without_the_right_to_declare_uses_the_operators_topology(
    broker_url: str, as_isolation: str
) -> None:
    _declare(broker_url)
    _declare(as_isolation)


def test_registration_is_content_with_the_guard_that_the_operator_declared(
    broker: PrivateBroker, vhost: str, broker_url: str
) -> None:
    name, may = f"registration-{vhost}", USERS["registration"]
    broker.rabbitmqctl("add_user", name, "secret")
    broker.rabbitmqctl("set_permissions", "-p", vhost, name, may["configure"], may["write"], may["read"])
    parts = urlsplit(broker_url)
    url = urlunsplit(parts._replace(netloc=f"{name}:secret@{parts.hostname}:{parts.port}"))
    for each in (broker_url, url):
        with connect(each, "test") as connection:
            apply(connection, [*shared_entities(DELAYS), *service_entities(REGISTRATION)])
    with connect(url, "test") as connection:
        for queue in consumed_queues("registration", REGISTRATION.handlers[0]):
            connection.channel().basic_get(queue)


def test_a_missing_queue_is_named_with_what_to_do(as_isolation: str) -> None:
    with pytest.raises(
        TopologyDiffers, match="missing, and this user may not declare it: run `doorstep topo"
    ):
        _declare(as_isolation)


def test_every_event_between_services_has_one_service_that_may_publish_it() -> None:
    granted = [event for user in USERS.values() for event in user.get("events", ())]
    outside = (OUTSIDERS, PEOPLE)
    between = [kind.name for kind in EVENT_TYPES.values() if kind.said_by not in outside and not kind.reply]
    assert sorted(granted) == sorted(between)
