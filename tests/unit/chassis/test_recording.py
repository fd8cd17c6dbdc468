"""A unit of work packs its events by routing key, and their ids follow from type, subject and version."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import MetaData, select

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.tables import TABLES, chassis_tables
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work, _child_of, _packs
from contracts.envelope import BATCH, MAX_BYTES, Event, read_message

KEY = bytes(32)


def prepare(url: str) -> None:
    database = Database(url)
    metadata = MetaData()
    chassis_tables(metadata)
    metadata.create_all(database.engine)
    database.dispose()


@pytest.fixture
def work(sqlite_url: Callable[..., str]) -> Iterator[Work]:
    database = Database(sqlite_url("trial", prepare))
    yield Work(
        "trial", database, Clock(), Sealer({"k1": KEY}), BlindIndex(KEY), ZoneInfo("Asia/Shanghai"), pack=50
    )
    database.dispose()


def outbox(work: Work) -> list[Any]:
    with work.database.read() as conn:
        return list(conn.execute(select(TABLES["outbox"])))


def cause(**changes: Any) -> Event:
    given = {"id": "e1", "source": "/rail", "type": "arrival.reported", "subject": None}
    return Event(**{**given, "time": datetime.now(UTC), "data": {}, "correlationid": "c1", **changes})


def test_events_of_one_type_travel_together_up_to_the_limit(work: Work) -> None:
    with work.unit() as uow:
        for n in range(120):
            uow.record("case.opened", f"c{n}", 1, {"n": n}, cause=None)
        uow.record("task.planned", "c1", 1, {}, cause=None)
    packed = [(row.routing_key, row.events) for row in outbox(work)]
    assert sorted(packed) == [
        ("case.opened", 20),
        ("case.opened", 50),
        ("case.opened", 50),
        ("task.planned", 1),
    ]


def test_replies_go_to_each_publisher_apart(work: Work) -> None:
    with work.unit() as uow:
        uow.reply("rail", "report.accepted", "r1", {}, cause=None)
        uow.reply("air", "report.accepted", "r2", {}, cause=None)
        uow.reply("rail", "report.rejected", "r3", {}, cause=None)
    assert sorted((row.exchange, row.routing_key, row.events) for row in outbox(work)) == [
        ("doorstep.replies", "air", 1),
        ("doorstep.replies", "rail", 2),
    ]


def test_a_recorded_event_can_be_read_with_all_its_attributes(work: Work) -> None:
    with work.unit() as uow:
        found = uow.record(
            "case.opened", "c1", 3, {"a": 1}, cause=cause(traceparent=f"00-{'a' * 32}-{'b' * 16}-01")
        )
    (row,) = outbox(work)
    (event,) = read_message(row.body, BATCH)
    assert event.id == found == "case.opened:c1:3"
    assert (event.source, event.subject, event.version) == ("/doorstep/trial", "c1", 3)
    assert event.dataschema == "urn:doorstep:case.opened:1"
    assert event.correlationid == "c1" and event.data == {"a": 1}
    assert event.traceparent and event.traceparent.startswith(f"00-{'a' * 32}-")
    assert "b" * 16 not in event.traceparent
    assert row.published_at is None and row.created_at.tzinfo is not None


def test_without_a_cause_an_event_is_its_own_beginning(work: Work) -> None:
    with work.unit() as uow:
        uow.record("policy.published", "p1", 1, {}, cause=None)
    (event,) = read_message(outbox(work)[0].body, BATCH)
    assert event.correlationid == event.id


def test_a_unit_that_fails_records_nothing(work: Work) -> None:
    with pytest.raises(RuntimeError), work.unit() as uow:
        uow.record("case.opened", "c1", 1, {}, cause=None)
        raise RuntimeError
    assert outbox(work) == []


def test_an_event_that_no_reader_would_take_fails_where_it_is_made(work: Work) -> None:
    """Otherwise it would be a dead letter of every listener."""
    with pytest.raises(ValueError, match=r"risk_list\.published"), work.unit() as uow:
        uow.record("risk_list.published", "l1", 1, {"official": "x" * MAX_BYTES}, cause=None)


@given(st.lists(st.integers(1, 500_000), max_size=80), st.integers(1, 200))
def test_a_pack_is_never_over_a_limit_unless_one_event_is_and_nothing_is_lost(
    lengths: list[int], most: int
) -> None:
    bodies = [bytes(1) * length for length in lengths]
    packs = list(_packs(bodies, most))
    assert [body for pack in packs for body in pack] == bodies
    for pack in packs:
        assert 1 <= len(pack) <= most
        assert len(pack) == 1 or sum(map(len, pack)) + len(pack) + 1 < MAX_BYTES


W3C = r"00-[0-9a-f]{32}-[0-9a-f]{16}-01"


@pytest.mark.parametrize(
    "given",
    [
        None,
        "",
        "nonsense",
        "00-short-b-01",
        f"00-{'g' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        "00-安小满13800138000安小满13800138000安小满138001-b-01",
    ],
)
def test_a_trace_that_is_none_is_replaced_by_a_new_one(given: str | None) -> None:
    made = _child_of(given)
    assert re.fullmatch(W3C, made)
    assert not given or given[3:35] not in made


def test_a_trace_goes_on_with_a_span_of_its_own() -> None:
    parent = f"00-{'4bf92f35' * 4}-00f067aa0ba902b7-00"
    one, other = _child_of(parent), _child_of(parent)
    assert one.split("-")[1] == other.split("-")[1] == "4bf92f35" * 4
    assert one != other and "00f067aa0ba902b7" not in one
