"""A publisher beyond its quota is slowed in its own queue and told; others do not wait, nothing is lost."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from chassis.clock import Clock
from chassis.messaging.connection import close_quietly, connect
from chassis.messaging.quotas import GARBAGE_KEPT
from chassis.names import INBOUND, REPLIES, own_queue_name
from contracts.registry import EVENT_TYPES
from tests.integration.chassis.test_queues_of_publishers import Inbound, inbound
from tests.integration.chassis.trial_service import running
from tests.waiting import eventually

__all__ = ["inbound"]
pytestmark = pytest.mark.broker
CHINA = ZoneInfo("Asia/Shanghai")


def quota(inbound: Inbound, **settings: int) -> None:
    inbound.trial.settings = replace(inbound.trial.settings, **settings)


def told(inbound: Inbound, publisher: str) -> list[tuple[str, str]]:
    """What stands in its reply queue, each sound by its contract."""
    connection = connect(inbound.broker_url, "test")
    channel, found = connection.channel(), []
    while (message := channel.basic_get(f"{REPLIES}.{publisher}", no_ack=True)) is not None:
        found += orjson.loads(message.body)
    close_quietly(connection)
    for one in found:
        assert one["type"] == "publisher.slowed" and one["data"]["publisher"] == publisher
        assert EVENT_TYPES["publisher.slowed"].loader.validate(one["data"]) == {}
    return [(one["data"]["what"], one["data"]["standing"]) for one in found]


def test_beyond_its_rate_a_publisher_waits_and_others_do_not(inbound: Inbound) -> None:
    quota(inbound, publisher_events_a_second=100)
    inbound.add("flooder")
    inbound.add("quiet")
    inbound.publish("flooder", range(4000), packed=50)
    with running(inbound.trial):
        eventually(lambda: inbound.taken("flooder") >= 3000)
        assert inbound.taken("flooder") < 3600, "the flood was over: this showed nothing"
        inbound.publish("quiet", [5000])
        eventually(lambda: inbound.taken("quiet") == 1)
        assert inbound.taken("flooder") < 4000
        eventually(lambda: inbound.taken("flooder") == 4000)
        eventually(lambda: inbound.trial.messages_in(own_queue_name(inbound.trial.queue, "flooder")) == 0)
    assert inbound.trial.numbers() == [*range(4000), 5000]
    assert told(inbound, "flooder") == [("rate", "near"), ("rate", "reached")]


def test_beyond_a_days_size_its_queue_is_left_until_the_next_day(inbound: Inbound, tmp_path: Path) -> None:
    clock = Clock(tmp_path / "clock")
    clock.set(datetime(2022, 10, 1, 12, tzinfo=CHINA))
    inbound.trial.work = replace(inbound.trial.work, clock=clock)
    quota(inbound, publisher_mib_a_day=1)
    queue = inbound.add("flooder")
    inbound.add("quiet")
    inbound.publish("flooder", range(4000), packed=50)
    with running(inbound.trial):
        eventually(lambda: ("size_a_day", "reached") in everything_told(inbound))
        # No longer read at all: what was pushed to us lies in the queue again.
        eventually(lambda: inbound.taken("flooder") + 50 * inbound.trial.messages_in(queue) == 4000)
        first = inbound.taken("flooder")
        assert 0 < first < 4000
        inbound.publish("quiet", [5000])
        eventually(lambda: inbound.taken("quiet") == 1)
        assert inbound.taken("flooder") == first
        clock.set(datetime(2022, 10, 2, 0, 0, tzinfo=CHINA))
        eventually(lambda: inbound.taken("flooder") == 4000)
    assert inbound.trial.numbers() == [*range(4000), 5000]


def everything_told(inbound: Inbound) -> list[tuple[str, str]]:
    rows = inbound.trial.rows("outbox")
    said = [one["data"] for row in rows if row.exchange == REPLIES for one in orjson.loads(row.body)]
    return [(one["what"], one["standing"]) for one in said]


def test_of_its_garbage_so_much_a_day_is_kept_and_the_rest_is_counted(inbound: Inbound) -> None:
    inbound.add("garbler")
    inbound.publish("garbler", [1])
    inbound.trial.publish(*[b"[["] * 350, key="place.changed.garbler", exchange=INBOUND)
    inbound.publish("garbler", [2])
    with running(inbound.trial):
        eventually(lambda: inbound.trial.numbers() == [1, 2])
        eventually(lambda: sum(row.events for row in arrived(inbound)) == 352)
    outcomes = {row.outcome: row.events for row in arrived(inbound)}
    assert len(inbound.trial.rows("dead_letters")) == GARBAGE_KEPT + 2
    assert outcomes == {"handled": 2, "unread": GARBAGE_KEPT + 2, "not_kept": 350 - GARBAGE_KEPT - 2}


def test_whatever_names_an_event_is_kept_however_many_have_the_same_fault(inbound: Inbound) -> None:
    """A gate whose new program sends times without a zone: each may be somebody who came."""
    inbound.add("gate")
    faulty = {"specversion": "1.0", "type": "place.changed", "source": "/gate/1"}
    bodies = [json.dumps({**faulty, "id": f"g{n}"}).encode() for n in range(GARBAGE_KEPT + 50)]
    inbound.trial.publish(*bodies, key="place.changed.gate", exchange=INBOUND)
    with running(inbound.trial):
        eventually(lambda: len(inbound.trial.rows("dead_letters")) == GARBAGE_KEPT + 50)
    assert {row.outcome for row in arrived(inbound)} == {"dead"}, "to be replayed, once it is mended"


def arrived(inbound: Inbound) -> list[Any]:
    return inbound.trial.rows("arrived_events")
