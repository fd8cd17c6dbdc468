"""A copy of other services' data holds the newest versions; every replica works with what was committed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import permutations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select

from chassis.clock import Clock
from chassis.copies import Cache, Copy, Revised, Revisions
from chassis.database.engine import Database
from chassis.database.tables import chassis_tables
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import Event
from tests.at_once import at_once

metadata = MetaData()
chassis_tables(metadata)
gates = Table(
    "gates",
    metadata,
    Column("gate_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("name", String(40), nullable=False),
    Column("keeper", String(40)),
)
counted = Table(
    "revisions",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("revision", Integer, nullable=False),
)
REVISIONS = Revisions(counted, "revision")
GATES = Copy(gates, "gate.changed", "keep_gates", REVISIONS)


def prepare(url: str) -> None:
    database = Database(url)
    metadata.create_all(database.engine)
    database.dispose()


def work_on(url: str) -> Work:
    key = bytes(32)
    return Work(
        "trial", Database(url), Clock(), Sealer({"k": key}), BlindIndex(key), ZoneInfo("Asia/Shanghai")
    )


@pytest.fixture
def url(database_url: Callable[..., str]) -> str:
    return database_url("trial", prepare)


@pytest.fixture
def work(url: str) -> Iterator[Work]:
    work = work_on(url)
    yield work
    work.database.dispose()


def gate(id: str, version: int, **changes: Any) -> Event:
    data = {"gate_id": id, "name": f"{id} {version}", "unknown": "left out", **changes}
    known = {"id": f"{id}:{version}", "source": "/test", "type": "gate.changed", "subject": id}
    raw = {**known, "data": data}
    return Event(**known, time=datetime.now(UTC), aggregateversion=version, data=data, raw=raw)


def keep(work: Work, *events: Event, copy: Copy = GATES) -> None:
    with work.unit() as uow:
        copy.keep(uow, events)


def kept(work: Work) -> dict[str, str]:
    with work.database.read() as conn:
        return {row.gate_id: row.name for row in conn.execute(select(gates))}


def revision(work: Work) -> int:
    with work.database.read() as conn:
        return REVISIONS.read(conn).get("gates", 0)


# -- the table ----------------------------------------------------------------------------------------------


def test_the_handler_is_made_from_the_declaration() -> None:
    handler = GATES.as_handler()
    assert (handler.queue("trial"), handler.events) == ("trial.keep_gates", ("gate.changed",))


def test_the_newest_version_is_kept_whatever_the_order(work: Work) -> None:
    for number, order in enumerate(permutations([1, 2, 3])):
        for version in order:
            keep(work, gate(f"apart-{number}", version))
        keep(work, *(gate(f"together-{number}", version) for version in order))
    assert {name.split()[1] for name in kept(work).values()} == {"3"}
    assert len(kept(work)) == 12


def test_columns_are_filled_from_the_fields_of_their_name(work: Work) -> None:
    keep(work, gate("a", 4, keeper="w1"), gate("b", 1))
    with work.database.read() as conn:
        rows = [tuple(row) for row in conn.execute(select(gates).order_by(gates.c.gate_id))]
    assert rows == [("a", 4, "a 4", "w1"), ("b", 1, "b 1", None)]


def test_only_what_is_newer_is_counted_and_is_passed_on(work: Work) -> None:
    passed: list[Sequence[str]] = []
    copy = replace(GATES, also=lambda _uow, keys: passed.append(keys))
    keep(work, gate("b", 2), gate("a", 2), copy=copy)
    keep(work, gate("a", 1), gate("b", 2), copy=copy)
    assert (revision(work), passed) == (1, [["a", "b"]])
    keep(work, gate("a", 3), gate("b", 1), gate("c", 1), copy=copy)
    assert (revision(work), passed[1:]) == (2, [["a", "c"]])


@pytest.mark.parametrize("first", [1, 2])
@pytest.mark.parametrize("there", [False, True], ids=["new", "known"])
def test_two_replicas_with_two_versions_end_with_the_newer(
    url: str, work: Work, first: int, there: bool
) -> None:
    """The second one waits for the first, and compares with what that wrote."""
    if there:
        keep(work, gate("a", 0))
    other = work_on(url)
    done = threading.Event()

    def second() -> None:
        keep(other, gate("a", 3 - first))
        done.set()

    thread = threading.Thread(target=second)
    with work.unit() as uow:
        GATES.keep(uow, [gate("a", first)])
        thread.start()
        assert not done.wait(0.3)
    thread.join(20)
    other.database.dispose()
    assert kept(work) == {"a": "a 2"}


# -- the cache ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    gates: dict[str, str]
    readings: int


def read(uow: UnitOfWork, revised: Revised, held: Known | None) -> Known:
    if held and revised.same("gates"):
        return replace(held)
    rows = uow.conn.execute(select(gates.c.gate_id, gates.c.name))
    return Known({id: name for id, name in rows}, held.readings + 1 if held else 1)


def current(cache: Cache[Known], work: Work) -> Known:
    with work.unit() as uow:
        return cache.current(uow)


def test_nothing_is_read_again_while_nothing_has_changed(work: Work) -> None:
    keep(work, gate("a", 1))
    cache = Cache(REVISIONS, read)
    first = current(cache, work)
    keep(work, gate("a", 1))
    assert current(cache, work) is first
    keep(work, gate("a", 2))
    assert current(cache, work) == Known({"a": "a 2"}, 2)


def test_only_the_tables_that_have_changed_are_read_again(work: Work) -> None:
    cache = Cache(REVISIONS, read)
    current(cache, work)
    with work.unit() as uow:
        REVISIONS.mark_changed(uow.conn, "something else")
    assert current(cache, work).readings == 1


def test_a_replica_works_with_what_another_committed_last(url: str, work: Work) -> None:
    cache, other = Cache(REVISIONS, read), work_on(url)
    assert current(cache, work).gates == {}
    keep(other, gate("a", 1))
    other.database.dispose()
    assert current(cache, work).gates == {"a": "a 1"}


def test_each_database_is_held_apart(work: Work, database_url: Callable[..., str]) -> None:
    cache, other = Cache(REVISIONS, read), work_on(database_url("trial", prepare))
    keep(work, gate("a", 1))
    keep(other, gate("b", 1))
    assert (current(cache, work).gates, current(cache, other).gates) == ({"a": "a 1"}, {"b": "b 1"})
    other.database.dispose()


def test_changes_that_several_replicas_mark_at_first_are_all_counted(url: str, work: Work) -> None:
    works = [work_on(url) for _ in range(4)]

    def mark_often(one: Work) -> None:
        for _ in range(5):
            with one.unit() as uow:
                REVISIONS.mark_changed(uow.conn, "gates")

    at_once(*(partial(mark_often, one) for one in works))
    for one in works:
        one.database.dispose()
    assert revision(work) == 20
