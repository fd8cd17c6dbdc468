"""What `make bench-stranger` floods with is what it says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

pytest.importorskip("psutil")

from benchmarks.doors.figures import Waits
from benchmarks.stranger.figures import Beside
from benchmarks.stranger.floods import (
    FLOODER,
    FORGED,
    ONE,
    REPORTS,
    garbage,
    of_one_person,
    with_forged_headers,
)
from contracts.envelope import Event, Unreadable, read_message
from contracts.registry import read_data


def read(body: bytes) -> Event:
    [event] = read_message(body, ONE, publisher=FLOODER)
    return read_data(event)


def person(body: bytes) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(body)["data"]["person"]
    return found


def test_a_turn_of_one_person_leads_to_another_door_each_time() -> None:
    bodies = [body for body, _ in of_one_person(0)]
    assert len({json.dumps(person(body)) for body in bodies}) == 1
    assert len({json.dumps(json.loads(body)["data"]["destination"]) for body in bodies}) == REPORTS
    assert person(next(of_one_person(1))[0]) != person(bodies[0])
    assert not read(bodies[7]).problems


def test_few_of_many_people_carry_headers_that_are_not_theirs_to_write() -> None:
    messages = list(with_forged_headers(0))
    assert len({json.dumps(person(body)) for body, _ in messages}) == len(messages) == REPORTS
    forged = [headers for _, headers in messages if headers]
    assert len(forged) == FORGED
    assert any("x-death" in headers for headers in forged)
    assert any("x-delivery-count" in headers for headers in forged)
    assert not read(messages[0][0]).problems


def test_garbage_is_nothing_that_can_be_read() -> None:
    for body in {body for body, _ in garbage(0)}:
        with pytest.raises(Unreadable):
            read(body)


def test_no_event_is_sent_twice() -> None:
    turns = [of_one_person(0), of_one_person(1), with_forged_headers(2)]
    ids = [json.loads(body)["id"] for turn in turns for body, _ in turn]
    assert len(set(ids)) == len(ids)


def test_a_flood_is_compared_with_none() -> None:
    alone = Beside(Waits("nobody floods", [0.1] * 20), 0, 0.0, 0.2, 0.0)
    flood = Beside(Waits("garbage", [0.1] * 10 + [0.3] * 10), 600, 3.0, 0.9, 0.01)
    assert flood.times(alone) == pytest.approx(3)
    said = flood.as_dict(alone)
    assert (said["p50_ms"], said["p95_ms"], said["flooded_per_s"]) == (300.0, 300.0, 200.0)
