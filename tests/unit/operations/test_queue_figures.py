"""States of a queue as the broker's management API gives them, and which of them want attention."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from operations.queues.attention import attention
from operations.queues.look import _late_canaries, queue_of
from operations.queues.picture import Picture
from operations.queues.service_metrics import ServiceFigures, _take_in

COUNTED = {"state": "running", "messages_ready": 0, "messages_unacknowledged": 0, "consumers": 1}


def test_messages_on_their_way_to_a_dead_letter_target_are_counted() -> None:
    """Neither ready nor with a consumer: where nothing moved them on, a full queue looked empty."""
    said = COUNTED | {"name": "doorstep.retry.5s", "messages": 8}
    picture = Picture(datetime.now(UTC), "ok", queues={"doorstep.retry.5s": queue_of(said)})
    assert picture.queues["doorstep.retry.5s"].messages == picture.retrying == 8


def test_a_retry_queue_that_brings_nothing_back_wants_attention() -> None:
    """One replica shows the ages, every one the delays; behind copies a canary may be as late as they are."""
    handled = 'doorstep_messages_total{handler="registration.receive_report",outcome="handled"} 1\n'
    sending = """
doorstep_canary_age_seconds{queue="doorstep.retry.5s"} 241
doorstep_canary_age_seconds{queue="doorstep.retry.1h"} 3700
doorstep_retry_delay_seconds{queue="doorstep.retry.5s"} 5
doorstep_retry_delay_seconds{queue="doorstep.retry.1h"} 3600
"""
    figures = ServiceFigures("registration")
    assert _take_in(figures, handled + sending) and _take_in(figures, handled)
    late = _late_canaries([figures])
    assert late == {"doorstep.retry.5s": 241.0}
    [wants] = attention(Picture(datetime.now(UTC), "ok", late_canaries=late))
    assert wants.where == "doorstep.retry.5s" and "brings nothing back" in wants.what


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (COUNTED, []),
        (COUNTED | {"state": "flow"}, []),
        ({"state": "down"}, ["the broker says that it is down"]),
        (COUNTED | {"state": "minority"}, ["the broker says that it is minority"]),
        ({}, ["the broker has not counted what is in it: is it new?"]),
    ],
)
def test_a_queue_that_is_not_well_wants_attention(said: dict[str, Any], wanted: list[str]) -> None:
    name = "doorstep.retry.5s"
    picture = Picture(datetime.now(UTC), "ok", queues={name: queue_of({"name": name} | said)})
    assert [(one.where, one.what) for one in attention(picture)] == [(name, what) for what in wanted]
