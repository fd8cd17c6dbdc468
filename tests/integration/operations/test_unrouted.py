"""Copies of events that found no queue while the topology was declared anew go on; nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from amqp import Message

from chassis.messaging.connection import close_quietly, connect
from chassis.names import BACK, INBOUND, UNROUTED
from deploy.local import PrivateBroker
from operations.services import SERVICES
from tests.system import System

pytestmark = pytest.mark.broker

WORK = "isolation.open_case"


def test_what_came_back_while_nothing_was_bound_goes_on_and_what_nobody_listens_to_stays(
    tmp_path: Path, broker_url: str, broker: PrivateBroker
) -> None:
    urls = {service: f"sqlite:///{tmp_path}/{service}.sqlite" for service in SERVICES}
    system = System(tmp_path / "system", broker_url, urls, management_url=broker.management_url())
    system.cli("topology", "apply")
    connection = connect(broker_url, "test")
    try:
        channel = connection.channel()
        channel.confirm_select()

        def count(queue: str) -> int:
            return int(channel.queue_declare(queue, passive=True).message_count)

        channel.queue_unbind(WORK, BACK, WORK)
        for number in range(3):
            copy = Message(f"{number}", application_headers={"attempts": number}, delivery_mode=2)
            channel.basic_publish_confirm(copy, exchange=BACK, routing_key=WORK)
        for exchange, key in ((BACK, "nobody"), (INBOUND, WORK)):
            channel.basic_publish_confirm(Message("x"), exchange=exchange, routing_key=key)
        assert count(UNROUTED) == 5

        assert system.cli("topology", "apply")["sent_on"] == 3
        assert (count(UNROUTED), count(WORK)) == (2, 3)
        found = [channel.basic_get(WORK, no_ack=True) for _ in range(3)]
        told = [(str(one.body), one.properties["application_headers"]["attempts"]) for one in found]
        assert told == [("0", 0), ("1", 1), ("2", 2)]
        assert system.cli("topology", "apply")["sent_on"] == 0
    finally:
        close_quietly(connection)
