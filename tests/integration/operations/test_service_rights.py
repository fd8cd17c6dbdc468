"""A broker whose definitions are of the version before: `topology apply` lets services say what is new."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pika
import pytest

from deploy.local import PrivateBroker
from operations.service_rights import READS
from operations.services import SERVICES
from services.registration.service import SERVICE as REGISTRATION
from tests.integration.deploy.test_broker_users import USERS
from tests.system import System

pytestmark = pytest.mark.broker

BEFORE = r"^(arrival\.registered|arrival\.reassessed|place\.changed|staff\.changed|risk_list\.published)$"
READ_BEFORE = r"^(registration\..+|doorstep\.replies)$"


@pytest.fixture
def url(broker: PrivateBroker, vhost: str, broker_url: str) -> str:
    """Of registration, with the rights of the version before."""
    users = json.loads(broker.rabbitmqctl("list_users", "--formatter", "json"))
    what = "change_password" if any(one["user"] == "registration" for one in users) else "add_user"
    broker.rabbitmqctl(what, "registration", "secret")
    may = USERS["registration"]
    broker.rabbitmqctl(
        "set_permissions", "-p", vhost, "registration", may["configure"], may["write"], READ_BEFORE
    )
    broker.rabbitmqctl("set_topic_permissions", "-p", vhost, "registration", "doorstep.events", BEFORE, "^$")
    parts = urlsplit(broker_url)
    return urlunsplit(parts._replace(netloc=f"registration:secret@{parts.hostname}:{parts.port}"))


def may_say(url: str, event: str) -> bool:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        try:
            channel.basic_publish("doorstep.events", event, b"{}")
        except pika.exceptions.ChannelClosedByBroker:
            return False
        return True


def may_read(url: str, queue: str) -> bool:
    with pika.BlockingConnection(pika.URLParameters(url)) as connection:
        try:
            connection.channel().basic_get(queue)
        except pika.exceptions.ChannelClosedByBroker:
            return False
        return True


def test_a_service_may_say_what_is_new_once_the_topology_is_applied(
    tmp_path: Path, broker_url: str, broker: PrivateBroker, url: str
) -> None:
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    system = System(tmp_path / "system", broker_url, urls, management_url=broker.management_url())
    assert system.cli("topology", "apply")["services_renewed"] == 1
    for event in ("possible_duplicate.opened", "arrival.registered", "risk_list.published"):
        assert may_say(url, event)
    assert not may_say(url, "case.opened")
    assert may_read(url, "doorstep.canary") and not may_read(url, "doorstep.unrouted")
    assert system.cli("topology", "apply")["services_renewed"] == 0


def test_the_service_that_sends_the_canaries_is_the_one_that_may_read_them() -> None:
    assert list(READS) == [REGISTRATION.name] and REGISTRATION.canary
