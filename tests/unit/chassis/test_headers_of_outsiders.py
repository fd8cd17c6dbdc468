"""Headers of our own count only on copies that we made: anybody who may publish can write them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis.handlers import Handler
from chassis.messaging.batch import Delivery, Runner
from chassis.sealing import BlindIndex
from contracts.envelope import ONE, dump_event
from contracts.examples import EXAMPLES


def read(exchange: str, routing_key: str, headers: dict[str, Any], redelivered: bool = False) -> Delivery:
    handler = Handler(
        "receive_report",
        ("arrival.reported",),
        lambda uow, events: None,
        exchange="doorstep.inbound",
        lenient=True,
    )
    nothing = cast(Any, None)
    work = cast(Any, SimpleNamespace(index=BlindIndex(bytes(32))))
    message = SimpleNamespace(
        body=dump_event(EXAMPLES["arrival.reported"]),
        delivery_tag=1,
        delivery_info={"exchange": exchange, "routing_key": routing_key, "redelivered": redelivered},
        properties={"content_type": ONE, "application_headers": headers},
    )
    return Runner("registration.receive_report", handler, work, nothing, (5, 30)).read(message)


def test_nobody_speaks_in_another_publishers_name_by_a_header() -> None:
    forged = {"doorstep-routing-key": "arrival.reported.police", "doorstep-attempts": 9}
    delivery = read("doorstep.inbound", "arrival.reported.rail-lanzhou", forged)
    assert [event.publisher for event in delivery.events] == ["rail-lanzhou"]
    assert delivery.attempts == 0


def test_a_copy_that_comes_back_is_still_its_publishers_and_remembers_its_attempts() -> None:
    ours = {"doorstep-routing-key": "arrival.reported.rail-lanzhou", "doorstep-attempts": 2}
    delivery = read("doorstep.back", "registration.receive_report", ours)
    assert [event.publisher for event in delivery.events] == ["rail-lanzhou"]
    assert delivery.attempts == 2


@pytest.mark.parametrize("name", ["", "a\0b", "\ud800", "x" * 101])
def test_a_publisher_whose_name_cannot_be_written_or_is_missing_is_refused(name: str) -> None:
    delivery = read("doorstep.inbound", f"arrival.reported.{name}", {})
    assert "routing key" in delivery.unreadable[0].error


def test_a_delivery_count_is_believed_only_on_a_redelivered_message() -> None:
    forged = {"x-delivery-count": 50}
    assert read("doorstep.inbound", "arrival.reported.rail-lanzhou", forged).delivered == 0
    again = read("doorstep.inbound", "arrival.reported.rail-lanzhou", forged, redelivered=True)
    assert again.delivered == 50
