"""Rows are kept for their term and settled by their holder; timers run in one replica."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import MetaData, func, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.event import listen, remove

from chassis import inbox
from chassis.clock import Clock
from chassis.database import ages
from chassis.database.engine import Database
from chassis.database.leases import LASTING, LEASES
from chassis.database.statements import insert_rows
from chassis.database.tables import chassis_tables
from chassis.handlers import Service, Timer
from chassis.ids import new_id
from chassis.inbox import INBOX, body_hash, claim
from chassis.messaging import dead_letters, outbox
from chassis.messaging.dead_letters import DEAD, Act, DeadLetter
from chassis.messaging.outbox import OUTBOX
from chassis.running.housekeeping import chores
from chassis.sealing import BlindIndex, Sealer
from chassis.settings import Settings, read_settings
from chassis.taking import RowKey
from chassis.telemetry import CHORE_SUCCEEDED
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import ONE, Event, Wire
from tests.bad_rows import bad_row, retry, stuck

KEY = bytes(32)
TEXT_KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="


def prepare(url: str) -> None:
    database = Database(url)
    metadata = MetaData()
    chassis_tables(metadata)
    metadata.create_all(database.engine)
    database.dispose()


@pytest.fixture
def database(database_url: Callable[..., str]) -> Iterator[Database]:
    database = Database(database_url("trial", prepare))
    yield database
    database.dispose()


@pytest.fixture
def work(database: Database) -> Work:
    return Work("trial", database, Clock(), Sealer({"k1": KEY}), BlindIndex(KEY), ZoneInfo("Asia/Shanghai"))


def event(id: str = "e1", **changes: Any) -> Event:
    data = changes.pop("data", {"a": 1})
    raw = {"id": id, "source": "/rail", "type": "place.changed", "data": data}
    given = {"id": id, "source": "/rail", "type": "place.changed", "subject": None, "data": data, "raw": raw}
    return Event(**{**given, "time": datetime.now(UTC), **changes})


def count(database: Database, table: Any) -> int:
    with database.read() as conn:
        return int(conn.execute(select(func.count()).select_from(table)).scalar_one())


def ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


# -- the inbox ------------------------------------------------------------


def test_an_event_is_fresh_once_for_each_handler(database: Database) -> None:
    with database.begin() as conn:
        assert [e.id for e in claim(conn, "trial.a", [event("1"), event("2")]).fresh] == ["1", "2"]
    with database.begin() as conn:
        again = claim(conn, "trial.a", [event("2"), event("3")])
        assert [e.id for e in again.fresh] == ["3"] and [e.id for e in again.repeats] == ["2"]
        assert len(claim(conn, "trial.b", [event("1"), event("2")]).fresh) == 2


def test_the_same_id_from_another_source_is_another_event(database: Database) -> None:
    with database.begin() as conn:
        assert len(claim(conn, "trial.a", [event("1"), event("1", source="/air")]).fresh) == 2


def test_within_a_batch_the_first_counts_and_another_body_is_an_impostor(database: Database) -> None:
    with database.begin() as conn:
        found = claim(conn, "trial.a", [event("1"), event("1"), event("1", data={"a": 2})])
    assert (len(found.fresh), len(found.repeats), len(found.impostors)) == (1, 1, 1)


def test_the_order_of_keys_and_what_is_around_the_data_make_no_other_body() -> None:
    one, other = event(data={"a": 1, "b": {"c": 2, "d": 3}}), event(data={"b": {"d": 3, "c": 2}, "a": 1})
    assert body_hash(one) == body_hash(other)
    assert body_hash(one) != body_hash(event(data={"a": 1, "b": {"c": 2, "d": 4}}))


def test_a_unit_that_is_rolled_back_leaves_its_events_fresh(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as conn:
        claim(conn, "trial.a", [event("1")])
        raise RuntimeError
    with database.begin() as conn:
        assert len(claim(conn, "trial.a", [event("1")]).fresh) == 1


def test_inbox_rows_are_forgotten_after_their_days_a_bounded_number_at_a_time(database: Database) -> None:
    with database.begin() as conn:
        claim(conn, "trial.a", [event(str(n)) for n in range(30)])
        claim(conn, "trial.b", [event(str(n)) for n in range(10)])
        conn.execute(update(INBOX).where(INBOX.c.handler == "trial.a").values(handled_at=ago(31)))
    with database.begin() as conn:
        assert inbox.forget_old(conn, 30, most=20) == 20
    with database.begin() as conn:
        assert inbox.forget_old(conn, 30) == 10
    assert count(database, INBOX) == 10


def test_the_oldest_inbox_rows_are_forgotten_first_and_by_their_whole_key(database: Database) -> None:
    with database.begin() as conn:
        for age, source in ((40, "/rail"), (50, "/air"), (1, "/bus")):
            claim(conn, "trial.a", [event(str(n), source=source) for n in range(10)])
            conn.execute(update(INBOX).where(INBOX.c.source == source).values(handled_at=ago(age)))
        assert inbox.forget_old(conn, 30, most=10) == 10
        assert set(conn.execute(select(INBOX.c.source)).scalars()) == {"/rail", "/bus"}
        assert inbox.forget_old(conn, 30) == 10
        assert set(conn.execute(select(INBOX.c.source)).scalars()) == {"/bus"}


MANY = 30_000


def test_forgetting_looks_each_row_up_however_many_are_old(database: Database) -> None:
    """Otherwise each of the old rows is held against each that is to go, and the service stands still."""
    inbox_row = {"handler": "trial.a", "source": "/rail", "body_hash": "0" * 16, "handled_at": ago(40)}
    outbox_row: dict[str, Any] = {"exchange": "e", "routing_key": "k", "events": 1, "body": "[]"}
    outbox_row |= {"created_at": ago(40), "published_at": ago(40)}
    with database.begin() as conn:
        insert_rows(conn, INBOX, [inbox_row | {"event_id": f"r{n}"} for n in range(MANY)])
        insert_rows(conn, OUTBOX, [outbox_row | {"id": new_id()} for n in range(MANY)])
        insert_rows(conn, OUTBOX, [outbox_row | {"id": new_id(), "created_at": ago(0)}])
        if not database.is_sqlite:
            conn.exec_driver_sql("ANALYZE")
    with database.begin() as conn, plans(conn) as seen:
        assert (inbox.forget_old(conn, 30), outbox.forget_old(conn, 30)) == (5000, 2000)
    deletes = {
        table: plan for table in ("inbox", "outbox") for sql, plan in seen if f"DELETE FROM {table}" in sql
    }
    if database.is_sqlite:
        assert "sqlite_autoindex_inbox_1 (handler=? AND source=? AND event_id=?)" in deletes["inbox"]
        assert "sqlite_autoindex_outbox_1 (id=?)" in deletes["outbox"]
        assert any("inbox_by_age" in plan for sql, plan in seen if sql.startswith("SELECT inbox.handler"))
    else:
        assert "Index Scan using inbox_pkey" in deletes["inbox"]
        for part in ("handler", "source", "event_id"):
            assert f"({part})::text = (x.{part})::text" in deletes["inbox"]
        assert "outbox_pkey" in deletes["outbox"]
        assert "Seq Scan" not in "".join(deletes.values())


@contextmanager
def plans(conn: Connection) -> Iterator[list[tuple[str, str]]]:
    """Each statement on the connection, with the plan that the database makes for it."""
    seen: list[tuple[str, str]] = []
    how = "EXPLAIN QUERY PLAN" if conn.dialect.name == "sqlite" else "EXPLAIN"

    def explain(_conn: Any, cursor: Any, sql: str, parameters: Any, _context: Any, many: bool) -> None:
        cursor.execute(f"{how} {sql}", parameters[0] if many else parameters)
        seen.append((sql, "\n".join(str(row[-1]) for row in cursor.fetchall())))

    listen(conn, "before_cursor_execute", explain)
    try:
        yield seen
    finally:
        remove(conn, "before_cursor_execute", explain)


# -- the event log ------------------------------------------------------------


def test_the_event_log_keeps_its_days_and_never_loses_what_is_not_published(
    work: Work, database: Database
) -> None:
    for n in range(5):
        with work.unit() as uow:
            uow.record("task.planned", f"c{n}", 1, {}, cause=None)
    with database.begin() as conn:
        ids = list(conn.execute(select(OUTBOX.c.id).order_by(OUTBOX.c.id)).scalars())
        newest = ids.pop()
        conn.execute(update(OUTBOX).where(OUTBOX.c.id == newest).values(published_at=ago(0)))
        for row_id, age, published in zip(ids, (8, 8, 6, 8), (True, False, True, True), strict=True):
            changes = {"created_at": ago(age), "published_at": ago(age) if published else None}
            conn.execute(update(OUTBOX).where(OUTBOX.c.id == row_id).values(**changes))
        assert outbox.forget_old(conn, 7, most=1) == 1
        assert outbox.forget_old(conn, 7) == 1
        assert outbox.forget_old(conn, 7) == 0
        assert sorted(conn.execute(select(OUTBOX.c.id)).scalars()) == sorted([*ids[1:3], newest])
        pending, age = outbox.pending(conn)
        assert pending == 1 and age > 7 * 86_400


# -- clocks that are wrong -------------------------------------------------------


class Ahead(datetime):
    """A clock that is a month ahead."""

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return datetime.now(tz) + timedelta(days=30)


def rows_of_today(database: Database, n: int = 3) -> None:
    row = {"exchange": "e", "routing_key": "k", "events": 1, "body": "[]", "published_at": ago(0)}
    with database.begin() as conn:
        claim(conn, "trial.a", [event(str(k)) for k in range(n)])
        insert_rows(conn, OUTBOX, [{**row, "id": new_id(), "created_at": ago(0)} for _ in range(n)])


@pytest.mark.parametrize("whose", ["the host's", "both"])
def test_a_clock_that_is_a_month_ahead_deletes_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    rows_of_today(database)
    monkeypatch.setattr(ages, "datetime", Ahead)
    if whose == "both":
        monkeypatch.setattr(ages, "database_now", lambda _conn: Ahead.now(UTC))
    with database.begin() as conn:
        assert (inbox.forget_old(conn, 20), outbox.forget_old(conn, 7)) == (0, 0)


def test_what_is_old_goes_by_the_newest_row_and_not_by_the_clock(database: Database) -> None:
    rows_of_today(database)
    with database.begin() as conn:
        conn.execute(update(INBOX).values(handled_at=ago(25)))
        conn.execute(update(OUTBOX).values(created_at=ago(10)))
        assert inbox.forget_old(conn, 20) == 0
        conn.execute(update(OUTBOX).values(created_at=ago(1)))
        assert inbox.forget_old(conn, 20) == 3


# -- dead letters ------------------------------------------------------------


def letter(n: int, **changes: Any) -> DeadLetter:
    given: dict[str, Any] = {
        "handler": "trial.a",
        "error": "broken",
        "attempts": 1,
        "wire": Wire('{"name": "安小满"}'.encode(), ONE),
        "first_failed_at": ago(1),
        "headers": {},
        "event": event(str(n)),
    }
    return DeadLetter(**{**given, **changes})


def rows(database: Database) -> list[Any]:
    with database.read() as conn:
        return list(conn.execute(select(DEAD).order_by(DEAD.c.id)))


def act(what: str = "replay", by: str = "wang") -> Act:
    return Act(new_id(), by, what, {"handler": "trial.a"}, "mended")


def test_a_dead_letter_is_sealed_and_taken_by_a_named_person_while_it_waits(
    work: Work, database: Database
) -> None:
    with database.begin() as conn:
        dead_letters.bury(conn, work.sealer, [letter(1), letter(2)])
    one, other = (row.id for row in rows(database))
    assert "安小满" not in str(rows(database))
    mine, later = act(), act("discard", by="li")
    with database.begin() as conn:
        dead_letters.begin(conn, mine, 1)
        (taken,) = dead_letters.take(conn, [one, new_id()], mine)
        assert work.sealer.unseal(taken["sealed_body"], dead_letters.PURPOSE) == '{"name": "安小满"}'
    assert [row.state for row in rows(database)] == ["waiting", "waiting"], "only sending settles"
    with database.begin() as conn:
        dead_letters.replayed(conn, [one])
        dead_letters.begin(conn, later, 2)
        dead_letters.discarded(conn, [row["id"] for row in dead_letters.take(conn, [one, other], later)])
    first, second = rows(database)
    assert (first.state, first.settled_by, first.settled_reason) == ("replayed", "wang", "mended")
    assert (second.state, second.settled_by, second.act_id) == ("discarded", "li", later.id)


def test_a_copy_that_comes_settles_the_letter_whose_replay_was_killed(work: Work, database: Database) -> None:
    with database.begin() as conn:
        dead_letters.bury(conn, work.sealer, [letter(1), letter(2)])
        good, bad = conn.execute(select(DEAD.c.id).order_by(DEAD.c.id)).scalars()
        dead_letters.begin(conn, mine := act(), 2)
        dead_letters.take(conn, [good, bad], mine)
    for _ in range(2):  # each copy came twice
        with database.begin() as conn:
            dead_letters.handled(conn, [good])
            again = [letter(2, event=event("2", letter=bad), follows=bad)]
            dead_letters.bury(conn, work.sealer, again * 2)
    first, second, third = rows(database)
    assert (first.state, first.settled_by) == ("replayed", "wang") and first.handled_at
    assert (second.state, second.settled_by) == ("replayed", "wang") and not second.handled_at
    assert (third.state, third.follows) == ("waiting", bad)


def test_two_events_of_a_replayed_message_that_share_an_id_are_two_letters(
    work: Work, database: Database
) -> None:
    whole = new_id()
    bodies = ('{"id": "17", "source": "/rail/a"}', '{"id": "17", "source": "/rail/b"}')
    again = [letter(17, wire=Wire(body.encode(), ONE), follows=whole) for body in bodies]
    for _ in range(2):  # the copy came twice
        with database.begin() as conn:
            dead_letters.bury(conn, work.sealer, again)
    assert {work.sealer.unseal(row.sealed_body, dead_letters.PURPOSE) for row in rows(database)} == set(
        bodies
    )
    assert len(rows(database)) == 2


def test_a_letter_sealed_with_a_key_that_is_gone_does_not_hold_up_others(
    work: Work, database: Database
) -> None:
    whole = new_id()
    other = Sealer({"gone": bytes(range(32))})
    with database.begin() as conn:
        dead_letters.bury(conn, other, [letter(1, follows=whole)])
    with database.begin() as conn:
        dead_letters.bury(conn, work.sealer, [letter(2, follows=whole)])
    assert len(rows(database)) == 2


def test_a_letter_with_anything_in_it_can_be_buried(work: Work, database: Database) -> None:
    odd = letter(
        1,
        error="x\0y" * 2000,
        wire=Wire(b"\0", "x\0" * 300, "y\0" * 300),
        headers={"doorstep-routing-key": "a\0b"},
        event=event("1", correlationid="c\0" * 300),
    )
    with database.begin() as conn:
        dead_letters.bury(conn, work.sealer, [odd])
    assert count(database, DEAD) == 1


# -- timers ------------------------------------------------------------


def settings() -> Settings:
    return read_settings(
        "trial",
        {
            "DOORSTEP_TRIAL_DATABASE_URL": "sqlite://",
            "DOORSTEP_BROKER_URL": "amqp://u:p@127.0.0.1:1/",
            "DOORSTEP_SEAL_KEYS": f"k1:{TEXT_KEY}",
            "DOORSTEP_INDEX_KEY": TEXT_KEY,
        },
    )


def test_of_two_replicas_one_does_what_a_timer_asks_and_the_other_after_it_is_gone(
    work: Work, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[str] = []

    def replica(name: str) -> Any:
        def plan(_uow: UnitOfWork) -> int:
            done.append(name)
            return 0

        service = Service("trial", (), (Timer("plan", timedelta(seconds=30), plan),))
        return next(c for c in chores(service, work, settings()) if "plan" in c.name)

    one, two = replica("one"), replica("two")
    for _ in range(3):
        one.once(), two.once()
    assert done == ["one"] * 3
    with database.begin() as conn:
        conn.execute(update(LEASES).values(until=ago(1)))
    later = time.monotonic() + LASTING.total_seconds()
    monkeypatch.setattr(
        "chassis.database.leases.time.monotonic", lambda: later
    )  # so that the first asks for it again
    two.once(), one.once()
    assert done == ["one"] * 3 + ["two"]


def test_a_timer_commits_its_records_and_runs_again_after_an_error(work: Work, database: Database) -> None:
    failures = [1]

    def plan(uow: UnitOfWork) -> int:
        uow.record("task.planned", "c1", 1, {}, cause=None)
        insert_rows(uow.conn, LEASES, [{"name": "mark", "holder": "x", "until": uow.now}])
        if failures[0]:
            failures[0] -= 1
            raise RuntimeError("not yet")
        return 0

    service = Service("trial", (), (Timer("plan", timedelta(seconds=30), plan),))
    chore = next(c for c in chores(service, work, settings()) if "plan" in c.name)
    assert chore.once() == 0 and count(database, OUTBOX) == 0
    chore.once()
    assert count(database, OUTBOX) == 1


def test_a_turn_that_failed_is_followed_at_once_and_is_no_success(work: Work) -> None:
    def plan(uow: UnitOfWork) -> int:
        uow.take(select(LEASES.c.name), LEASES.c.name, 10)
        raise KeyError("each time")

    service = Service("trial", (), (Timer("plan", timedelta(seconds=30), plan),))
    chore = next(c for c in chores(service, work, settings()) if "plan" in c.name)
    succeeded = CHORE_SUCCEEDED.labels(chore.name)
    succeeded.set(1)
    assert chore.once() and succeeded._value.get() == 1
    assert [found.row.table for found in stuck(work.database)] == ["leases"]


def test_a_row_that_cannot_be_deleted_keeps_no_other(work: Work, database: Database) -> None:
    with database.begin() as conn:
        claim(conn, "trial.a", [event(str(n)) for n in range(20)])
        conn.execute(update(INBOX).values(handled_at=ago(40)))
    for n in range(4):
        with work.unit() as uow:
            uow.record("task.planned", f"c{n}", 1, {}, cause=None)
    with database.begin() as conn:
        conn.execute(update(OUTBOX).values(created_at=ago(40), published_at=ago(40)))
        row = {"exchange": "e", "routing_key": "k", "events": 1, "body": "[]", "published_at": ago(0)}
        insert_rows(conn, OUTBOX, [{**row, "id": new_id(), "created_at": ago(0)}])
        bad = conn.execute(select(OUTBOX.c.id).order_by(OUTBOX.c.id).limit(1)).scalar_one()
    chore = next(c for c in chores(Service("trial", ()), work, settings()) if c.name == "forget")

    def forget() -> None:
        for _ in range(100):
            if not chore.once():
                return

    with (
        bad_row(database, INBOX, "event_id", "7", on="DELETE"),
        bad_row(database, OUTBOX, "id", bad, on="DELETE"),
    ):
        forget()
        assert (count(database, INBOX), count(database, OUTBOX)) == (1, 2)
        assert {found.row for found in stuck(database)} == {RowKey("inbox", "7"), RowKey("outbox", bad)}
        retry(database)
        forget()
        assert [found.times for found in stuck(database)] == [2, 2]
    retry(database)
    forget()
    assert (count(database, INBOX), count(database, OUTBOX), stuck(database)) == (0, 1, [])
