"""What is left of a report when its flaws are left out."""

from __future__ import annotations

from copy import deepcopy
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import ONE, Event, read_message
from contracts.examples import EXAMPLES
from contracts.faults import Fault
from contracts.registry import read_data
from services.registration.intake.judging import judge
from services.registration.reports.flaws import condemns
from services.registration.reports.report import known_part, read_report
from services.registration.reports.statement import statements_of

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 10, 1, 12, tzinfo=ZONE)
EXAMPLE: dict[str, Any] = orjson.loads(orjson.dumps(EXAMPLES["arrival.reported"]))

# No database stores NUL: such an event is a dead letter before it comes here.
LETTERS = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
TEXT = st.text(LETTERS, max_size=8)
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXT,
    st.text("0123456789.E+-/ X", max_size=20),
    st.text(LETTERS, min_size=301, max_size=310),
    st.sampled_from(["2022-10-01", "2022-10-01T06:12:00+08:00", "20220920", "2022-W39-6", "0001-01-01"]),
    st.sampled_from(["9999-12-31", "9999-12-31T23:59:60Z", "no", "1", "female", "620402", "999999", "62049"]),
    st.lists(
        st.none() | st.text(LETTERS, max_size=3) | st.dictionaries(st.just("name"), st.text(LETTERS)),
        max_size=3,
    ),
    st.dictionaries(
        st.sampled_from(["name", "from", "to", "at", "division", "x"]), st.text(LETTERS), max_size=3
    ),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in inner for place in places(item, (*path, key)))]


PLACES = [place for place in places(EXAMPLE["data"]) if place]


def changed(changes: dict[tuple[Any, ...], Any]) -> dict[str, Any]:
    document = deepcopy(EXAMPLE)
    for path, value in sorted(changes.items(), key=lambda change: len(change[0]), reverse=True):
        inside = document["data"]
        for step in path[:-1]:
            inside = inside[step]
        inside[path[-1]] = value
    return document


def event_of(document: dict[str, Any]) -> Event:
    (event,) = read_message(orjson.dumps(document), ONE, publisher="rail-lanzhou")
    return read_data(event)


def reads_the_same(event: Event, faults: list[Fault], report: object) -> bool:
    """As it is kept, with its faults."""
    kept = orjson.loads(orjson.dumps(event.raw))["data"]
    return read_report(kept, faults) == report


@given(st.dictionaries(st.sampled_from(PLACES), ODD, min_size=1, max_size=4))
def test_no_report_is_too_odd_to_be_judged(changes: dict[tuple[Any, ...], Any]) -> None:
    event = event_of(changed(changes))
    report, faults = judge(event, NOW, ZONE)
    if report is None:
        assert faults
        return
    assert not any(map(condemns, faults))
    assert reads_the_same(event, faults, report)
    assert any(person.is_identifiable for person in report.people)
    assert len(report.people) <= 31 and len(report.stops) <= 60
    assert all(stop.first <= stop.last <= date(2022, 10, 2) for stop in report.stops if not stop.sure)


@given(st.dictionaries(st.sampled_from([p for p in PLACES if p[0] == "companions"]), ODD, max_size=4))
def test_no_flaw_of_a_companion_costs_the_person_anything(changes: dict[tuple[Any, ...], Any]) -> None:
    sound, _ = judge(event_of(EXAMPLE), NOW, ZONE)
    report, _ = judge(event_of(changed(changes)), NOW, ZONE)
    assert report is not None and sound is not None
    assert report.people[0] == sound.people[0]
    assert (report.stops, report.arrived_at, report.address) == (sound.stops, sound.arrived_at, sound.address)


OF_STOPS = [place for place in PLACES if place[0] == "stops" and len(place) == 3]


@given(st.dictionaries(st.sampled_from(OF_STOPS), ODD, max_size=4))
def test_a_flawed_stop_is_never_shorter_or_farther_than_it_may_have_been(changes: dict[Any, Any]) -> None:
    report, faults = judge(event_of(changed(changes)), NOW, ZONE)
    assert report is not None
    (stop,) = report.stops
    wrong = {fault.where.rpartition(".")[2] for fault in faults}
    assert stop.sure == (not faults)
    if wrong & {"from", "to"} and "to" not in {path[-1] for path in changes}:
        assert stop.last == date(2022, 10, 1)
    if wrong & {"to"} and "from" not in {path[-1] for path in changes}:
        assert stop.first <= date(2022, 9, 20)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("620402", "620402"),
        ("620402001001", "620402001001"),
        ("620499", "6204"),
        ("629999", "62"),
        ("999999", ""),
        ("62040", "6204"),
        ("6204021", "620402"),
        ("620402 ", "620402"),
        ("６２０４０２", "620402"),
        ("620402x", "620402"),
        ("620402.0", "620402"),
        ("x", ""),
        ("", ""),
    ],
)
def test_of_an_unknown_code_the_longest_known_part_counts(code: str, part: str) -> None:
    assert known_part(code) == part


def test_statements_keep_the_positions_of_those_who_wait() -> None:
    document = changed({("companions",): [{"sex": "male"}, EXAMPLE["data"]["companions"][0]]})
    report, _ = judge(event_of(document), NOW, ZONE)
    assert report is not None
    said = statements_of(report, "r", None, time=NOW, source="/s", event_id="e")  # type: ignore[arg-type]
    assert [one.position for one in said] == [0, 2]


def test_a_placeholder_for_a_name_counts_as_none() -> None:
    """With a number somebody is known without it; by the phone of a hotel all its guests would be one."""
    named = {("person", "name"): "旅客", ("companions", 0, "name"): "Guest"}
    report, faults = judge(event_of(changed(named)), NOW, ZONE)
    assert report is not None and report.people[0].name is None
    assert {(fault.where, fault.code) for fault in faults} == {
        ("person.name", "name_placeholder"),
        ("companions[0].name", "name_placeholder"),
    }
    nobody = {("person",): {"name": "旅客", "phone": "13800138000"}, ("companions",): []}
    report, faults = judge(event_of(changed(nobody)), NOW, ZONE)
    assert report is None
    assert [(fault.where, fault.code) for fault in faults] == [
        ("person.name", "name_placeholder"),
        ("person", "person_unknown"),
    ]
