"""Letters and listings about events whose ids hold the number of somebody in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from chassis.handlers import Handler
from chassis.masking import masked_numbers
from chassis.messaging.batch import Runner
from chassis.messaging.dead_letters import DeadLetter, of_broker
from chassis.sealing import BlindIndex
from contracts.envelope import ONE, dump_event
from contracts.examples import EXAMPLES
from operations.dead_letters.masking import masked_id

QUEUE = "registration.receive_report"
INDEX = BlindIndex(bytes(32))
NUMBER = EXAMPLES["arrival.reported"]["data"]["person"]["identity_number"]
KEPT = f"***/7#{INDEX.brief('event_id', f'{NUMBER}/7')}"


def message(**changed: Any) -> Any:
    return SimpleNamespace(
        body=dump_event(EXAMPLES["arrival.reported"] | {"id": f"{NUMBER}/7"} | changed),
        delivery_tag=1,
        delivery_info={
            "exchange": "doorstep.inbound",
            "routing_key": "arrival.reported.rail-lanzhou",
            "redelivered": False,
        },
        properties={"content_type": ONE, "application_headers": {}},
    )


def letters_of(found: Any) -> list[DeadLetter]:
    handler = Handler(
        "receive_report", ("arrival.reported",), lambda uow, events: None, exchange="doorstep.inbound"
    )
    nothing, work = cast(Any, None), cast(Any, SimpleNamespace(index=INDEX))
    return Runner(QUEUE, handler, work, nothing, (5,)).read(found).unreadable


@pytest.mark.parametrize(
    "changed", [{"time": "yesterday"}, {"type": "arrival.exploded"}, {"specversion": "2"}]
)
def test_the_letter_of_one_that_cannot_be_read_has_its_other_id(changed: dict[str, Any]) -> None:
    [letter] = letters_of(message(**changed))
    assert letter.event and (letter.event.id, letter.event.correlationid) == (KEPT, KEPT)
    assert NUMBER in letter.wire.body.decode()  # which is sealed
    assert NUMBER not in letter.error


@pytest.mark.parametrize("changed", [{}, {"time": "yesterday"}])
def test_so_has_the_letter_of_one_that_the_broker_gave_up(changed: dict[str, Any]) -> None:
    [letter] = of_broker(QUEUE, message(**changed), INDEX)
    assert letter.event and (letter.event.id, letter.event.correlationid) == (KEPT, KEPT)


def test_a_listing_shows_the_other_id_and_masks_numbers_in_ids_of_before() -> None:
    assert masked_id(KEPT) == KEPT
    assert masked_id("620402199001019979-20221001") == "***-20221001"
    assert masked_id("trip/13800138000") == "trip/***"


@pytest.mark.parametrize(
    "id",
    ["20221001103000000123456", "2022-10-03-0031", "a0b1c2d3-0000-4000-8000-a13800138000", "12345678901"],
)
def test_other_long_numbers_stay(id: str) -> None:
    assert masked_numbers(id) == id
