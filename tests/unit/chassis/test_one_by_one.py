"""Turns by the clock: the guilty row is found and set aside, and nothing else is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, select, update
from structlog.testing import capture_logs

from chassis import stuck_rows
from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.statements import insert_rows, is_in
from chassis.database.tables import chassis_tables
from chassis.errors import WorldAway
from chassis.one_by_one import OneByOne
from chassis.sealing import BlindIndex, Sealer
from chassis.stuck_rows import STUCK
from chassis.taking import RowKey, Taking
from chassis.telemetry import CHORE_FAILURES
from chassis.unit_of_work import UnitOfWork, Work
from tests.bad_rows import one_look, retry, stuck

METADATA = MetaData()
chassis_tables(METADATA)
JOBS = Table(
    "jobs",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("done", Integer),
    Column("whose", String(20)),
)
CHORE = "trial.plan"
MANY = 300


@pytest.fixture
def work(database_url: Callable[..., str]) -> Iterator[Work]:
    database = Database(database_url("trial"))
    METADATA.create_all(database.engine)
    sealer = Sealer({"k": b"s" * 32})
    yield Work("trial", database, Clock(), sealer, BlindIndex(b"i" * 32), ZoneInfo("Asia/Shanghai"))
    database.dispose()


def put(work: Work, count: int = MANY) -> None:
    with work.database.begin() as conn:
        insert_rows(conn, JOBS, [{"id": f"{n:04d}", "done": 0} for n in range(count)])


def left(work: Work) -> set[str]:
    with work.database.read() as conn:
        return set(conn.execute(select(JOBS.c.id).where(JOBS.c.done == 0)).scalars())


def doing(*bad: str, together: bool = False, sets: list[int] | None = None) -> Callable[[UnitOfWork], int]:
    """Does all that is left; fails where any of the bad ones, or all of them together, are among it."""

    def use_case(uow: UnitOfWork) -> int:
        wanted = select(JOBS.c.id).where(JOBS.c.done == 0).order_by(JOBS.c.id)
        ids = [row.id for row in uow.take(wanted, JOBS.c.id, 200)]
        if sets is not None:
            sets.append(len(ids))
        there = [id for id in bad if id in ids]
        if there and (not together or len(there) == len(bad)):
            raise KeyError(there[0])
        uow.conn.execute(update(JOBS).where(is_in(uow.conn, JOBS.c.id, ids)).values(done=1))
        for id in ids:
            uow.record("task.planned", id, 1, {}, cause=None)
        return len(ids)

    return use_case


def test_the_bad_ones_are_set_aside_and_all_others_done_with_few_turns(work: Work) -> None:
    put(work)
    turns = one_look(work, CHORE, doing("0007", "0150", "0299"))
    assert left(work) == {"0007", "0150", "0299"} == {found.row.key for found in stuck(work.database)}
    assert turns < 80, "by halves, not one by one"


def test_what_fails_only_together_is_all_done_and_nothing_is_set_aside(work: Work) -> None:
    put(work)
    one_look(work, CHORE, doing("0007", "0150", together=True))
    assert not left(work) and not stuck(work.database)


def test_after_the_guilty_one_sets_grow_again(work: Work) -> None:
    put(work)
    sets: list[int] = []
    one_look(work, CHORE, doing("0000", sets=sets))
    assert sets[:9] == [200, 100, 50, 25, 12, 6, 3, 1, 1] and max(sets[9:]) > 100


def test_what_is_no_fault_of_a_row_is_raised_and_sets_nothing_aside(work: Work) -> None:
    put(work)

    def broken(uow: UnitOfWork) -> int:
        raise KeyError("before anything is taken")

    def away(uow: UnitOfWork) -> int:
        doing()(uow)
        raise WorldAway("no database")

    for use_case, error in ((broken, KeyError), (away, WorldAway)):
        with pytest.raises(error):
            OneByOne(CHORE, work).run(use_case)
    assert len(left(work)) == MANY and not stuck(work.database)


def test_too_many_are_no_fault_of_rows(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stuck_rows, "MOST", 3)
    put(work, 10)
    with pytest.raises(KeyError):
        one_look(work, CHORE, doing(*left(work)))
    assert len(stuck(work.database)) == 3 and len(left(work)) == 10


def test_each_row_is_tried_again_alone_and_others_have_their_turn_between(work: Work) -> None:
    put(work, 20)
    one_look(work, CHORE, doing("0003", "0004", "0005"))
    retry(work.database)
    with work.database.begin() as conn:
        conn.execute(update(JOBS).where(JOBS.c.id > "0015").values(done=0))
    sets: list[int] = []
    one_look(work, CHORE, doing("0004", sets=sets))
    assert sets[:3] == [1, 4, 1] and max(sets[3:]) <= 1
    assert left(work) == {"0004"} == {found.row.key for found in stuck(work.database)}


def test_it_is_tried_again_by_itself_after_an_hour_and_then_daily(work: Work) -> None:
    put(work, 5)
    one_look(work, CHORE, doing("0003"))
    [found] = stuck(work.database)
    assert found.retry_at - found.since == timedelta(hours=1) and found.times == 1
    with work.database.begin() as conn:  # an hour later
        conn.execute(update(STUCK).values(retry_at=datetime.now(UTC)))
    one_look(work, CHORE, doing("0003"))
    [found] = stuck(work.database)
    assert timedelta(hours=24) <= found.retry_at - found.since < timedelta(hours=25) and found.times == 2


def test_the_row_that_a_use_case_names_is_set_aside_at_once(work: Work) -> None:
    put(work, 5)
    tried: list[str] = []

    def use_case(uow: UnitOfWork) -> int:
        for key in uow.taking.among("jobs", sorted(left(work))):
            with uow.taking.working_on("jobs", key):
                tried.append(key)
                if key == "0002":
                    raise KeyError(key)
        return 0

    one_look(work, CHORE, use_case)
    assert tried == ["0000", "0001", "0002", "0000", "0001", "0003", "0004"]
    assert [found.row for found in stuck(work.database)] == [RowKey("jobs", "0002")]


def test_failures_are_counted_once_a_set_and_once_a_row(work: Work) -> None:
    put(work)
    before = CHORE_FAILURES.labels(CHORE)._value.get()
    one_look(work, CHORE, doing("0007"))
    assert CHORE_FAILURES.labels(CHORE)._value.get() == before + 2


def test_rows_of_one_key_are_tried_again_together_once_and_hold_up_no_other(work: Work) -> None:
    put(work, 4)
    with work.database.begin() as conn:
        conn.execute(update(JOBS).values(whose=JOBS.c.id))
        conn.execute(update(JOBS).where(JOBS.c.id < "0002").values(whose="somebody"))

    def use_case(uow: UnitOfWork) -> int:
        wanted = select(JOBS.c.whose).where(JOBS.c.done == 0).order_by(JOBS.c.id)
        found = [row.whose for row in uow.take(wanted, JOBS.c.whose, 200)]
        if "somebody" in found:
            raise KeyError("somebody")
        uow.conn.execute(update(JOBS).where(is_in(uow.conn, JOBS.c.whose, found)).values(done=1))
        return len(found)

    one_look(work, CHORE, use_case)
    assert left(work) == {"0000", "0001"} and [found.times for found in stuck(work.database)] == [1]
    retry(work.database)
    one_look(work, CHORE, use_case)
    [found] = stuck(work.database)
    assert found.row == RowKey("jobs", "somebody") and found.times == 2


def test_as_many_as_may_be_set_aside_are_all_tried_again(work: Work) -> None:
    with work.database.begin() as conn:
        for number in range(stuck_rows.MOST):
            stuck_rows.set_aside(conn, CHORE, RowKey("jobs", f"{number:04d}"), KeyError())
    retry(work.database)
    assert all(found.retry_at <= datetime.now(UTC) for found in stuck(work.database))


def test_what_cannot_be_tried_now_stays_aside_and_what_is_gone_does_not(work: Work) -> None:
    put(work, 5)
    one_look(work, CHORE, doing("0003"))
    [before] = stuck(work.database)
    retry(work.database)

    def not_now(uow: UnitOfWork) -> int:
        uow.taking.not_now()
        return 0

    one_look(work, CHORE, not_now)
    [found] = stuck(work.database)
    assert found.times == 1 and found.retry_at >= before.retry_at
    with work.database.begin() as conn:
        conn.execute(JOBS.delete())
    retry(work.database)
    one_look(work, CHORE, doing())
    assert not stuck(work.database)


def test_a_row_that_another_replica_holds_stays_aside(work: Work) -> None:
    if work.database.is_sqlite:
        pytest.skip("one writer at a time")
    put(work, 5)
    one_look(work, CHORE, doing("0003"))
    retry(work.database)

    def skipping(uow: UnitOfWork) -> int:
        wanted = select(JOBS.c.id).where(JOBS.c.done == 0).with_for_update(skip_locked=True)
        return len(uow.take(wanted, JOBS.c.id, 200))

    with work.database.begin() as other:
        other.execute(select(JOBS).where(JOBS.c.id == "0003").with_for_update())
        one_look(work, CHORE, skipping)
    [found] = stuck(work.database)
    assert found.times == 1 and found.retry_at > datetime.now(UTC)


@pytest.mark.parametrize(
    ("taking", "whole"),
    [
        (Taking(), True),
        (Taking(2, taken=[RowKey("jobs", "1")]), True),
        (Taking(1, taken=[RowKey("jobs", "1")]), False),
        (Taking(only=RowKey("jobs", "1")), False),
    ],
)
def test_only_a_whole_search_says_that_nothing_is_left(taking: Taking, whole: bool) -> None:
    assert taking.is_whole is whole


def test_logs_mask_a_long_number_in_a_key(work: Work) -> None:
    key = "order-620402199001019979-1"
    with work.database.begin() as conn:
        insert_rows(conn, JOBS, [{"id": key, "done": 0}])
    with capture_logs() as logged:
        one_look(work, CHORE, doing(key))
        retry(work.database)
        one_look(work, CHORE, doing())
    events = [line["event"] for line in logged]
    assert events == ["row_set_aside", "stuck_row_done"]
    assert "620402199001019979" not in str(logged)
