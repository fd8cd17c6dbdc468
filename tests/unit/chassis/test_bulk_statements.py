"""Bulk statements and column types: the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    select,
)
from sqlalchemy.exc import DBAPIError, StatementError

from chassis.database.engine import Database
from chassis.database.statements import (
    add_to_rows,
    find_rows,
    insert_missing,
    insert_rows,
    is_in,
    lock_rows,
    update_rows,
    upsert_rows,
)
from chassis.database.tables import chassis_tables
from chassis.database.types import Id, Json, UtcDateTime
from chassis.ids import new_id
from tests.at_once import at_once

metadata = MetaData()
chassis_tables(metadata)
things = Table(
    "things",
    metadata,
    Column("n", BigInteger, primary_key=True),
    Column("order", Text),  # a reserved word
    Column("id", Id),
    Column("at", UtcDateTime),
    Column("day", Date),
    Column("yes", Boolean),
    Column("extra", Json),
    Column("short", String(5)),
    Column("count", Integer),
)
Index("things_count", things.c.count)
EMPTY: dict[str, Any] = dict.fromkeys(("order", "id", "at", "day", "yes", "extra", "short", "count"))

BOTH = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
# PostgreSQL stores no NUL, JSON no half characters.
TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=30)
MOMENTS = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=8)), timezone(-timedelta(hours=3, minutes=30))]),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "n": st.integers(-(2**63), 2**63 - 1),
            "order": st.none() | TEXT,
            "id": st.none() | st.uuids().map(str),
            "at": st.none() | MOMENTS,
            "day": st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
            "yes": st.none() | st.booleans(),
            "extra": st.none() | st.dictionaries(TEXT, JSON, max_size=3) | st.lists(JSON, max_size=3),
            "short": st.none() | TEXT.map(lambda text: text[:5]),
            "count": st.none() | st.integers(-(2**31), 2**31 - 1),
        }
    ),
    max_size=8,
    unique_by=lambda row: row["n"],
)


def prepare(url: str) -> None:
    database = Database(url)
    metadata.create_all(database.engine)
    database.dispose()


@pytest.fixture
def database(database_url: Callable[..., str]) -> Iterator[Database]:
    database = Database(database_url("things", prepare))
    yield database
    database.dispose()


def rows(database: Database) -> list[dict[str, Any]]:
    with database.read() as conn:
        return [dict(row._mapping) for row in conn.execute(select(things).order_by(things.c.n))]


def thing(n: int, **changes: Any) -> dict[str, Any]:
    return {"n": n, **EMPTY, **changes}


@BOTH
@given(ROWS)
def test_every_value_comes_back_as_it_went_in(database: Database, wanted: list[dict[str, Any]]) -> None:
    with database.begin() as conn:
        conn.execute(delete(things))
        insert_rows(conn, things, wanted)
    found = rows(database)
    assert found == sorted(wanted, key=lambda row: row["n"])
    assert all(row["at"] is None or row["at"].tzinfo is UTC for row in found)


@BOTH
@given(ROWS, ROWS)
def test_an_upsert_overwrites_what_it_is_told_and_inserts_the_rest(
    database: Database, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    with database.begin() as conn:
        conn.execute(delete(things))
        insert_rows(conn, things, before)
        upsert_rows(conn, things, after, key=["n"], set=["order", "at", "extra"])
    wanted = {row["n"]: dict(row) for row in before}
    for row in after:
        if row["n"] in wanted:
            wanted[row["n"]].update({name: row[name] for name in ("order", "at", "extra")})
        else:
            wanted[row["n"]] = row
    assert rows(database) == [wanted[n] for n in sorted(wanted)]


@BOTH
@given(ROWS, ROWS)
def test_an_update_sets_each_row_to_its_own_values_and_makes_none(
    database: Database, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> None:
    names = ("id", "day", "yes", "count")
    with database.begin() as conn:
        conn.execute(delete(things))
        insert_rows(conn, things, before)
        update_rows(conn, things, after, key=["n"], set=names)
    wanted = {row["n"]: dict(row) for row in before}
    for row in after:
        if row["n"] in wanted:
            wanted[row["n"]].update({name: row[name] for name in names})
    assert rows(database) == [wanted[n] for n in sorted(wanted)]


def test_columns_that_are_left_out_keep_their_default(database: Database) -> None:
    with database.begin() as conn:
        insert_rows(conn, things, [{"n": 1, "short": "a"}, {"n": 2, "short": "b"}])
    assert rows(database) == [thing(1, short="a"), thing(2, short="b")]


def test_numbers_are_added_to_the_row_that_is_there_and_begin_a_row_that_is_not(database: Database) -> None:
    with database.begin() as conn:
        insert_rows(conn, things, [thing(1, count=5, order="kept"), thing(2, count=7)])
        add_to_rows(conn, things, [{"n": 1, "count": -2}, {"n": 3, "count": 4}], key=["n"], add=["count"])
        add_to_rows(conn, things, [{"n": 1, "count": 10}], key=["n"], add=["count"])
        add_to_rows(conn, things, [], key=["n"], add=["count"])
    counts = [(row["n"], row["count"], row["order"]) for row in rows(database)]
    assert counts == [(1, 13, "kept"), (2, 7, None), (3, 4, None)]


def test_a_sum_stays_at_the_least_that_it_may_be(database: Database) -> None:
    with database.begin() as conn:
        insert_rows(conn, things, [thing(1, count=5), thing(2, count=5)])
        less = [{"n": 1, "count": -7}, {"n": 2, "count": -2}]
        add_to_rows(conn, things, less, key=["n"], add=["count"], least=0)
    assert [row["count"] for row in rows(database)] == [0, 3]


def test_an_update_passes_over_what_it_was_not_told_to_set(database: Database) -> None:
    with database.begin() as conn:
        insert_rows(conn, things, [thing(1), thing(2)])
        told = [{"n": n, "count": n, "order": "no", "no column": "x"} for n in (1, 2)]
        update_rows(conn, things, told, key=["n"], set=["count"])
    assert rows(database) == [thing(1, count=1), thing(2, count=2)]


def test_nothing_to_do_is_done(database: Database) -> None:
    with database.begin() as conn:
        assert insert_rows(conn, things, [], returning=["n"]) == []
        upsert_rows(conn, things, [], key=["n"], set=["order"])
        update_rows(conn, things, [], key=["n"], set=["order"])
        lock_rows(conn, things, "n", [])
        assert conn.execute(select(things).where(is_in(conn, things.c.n, []))).all() == []


def test_of_conflicting_rows_only_the_new_ones_are_inserted_and_returned(database: Database) -> None:
    ids = [new_id() for _ in range(4)]
    with database.begin() as conn:
        insert_rows(conn, things, [thing(1, id=ids[1]), thing(2, id=ids[2])])
    with database.begin() as conn:
        again = [thing(n, id=ids[n], order="again") for n in (0, 1, 2, 3)]
        returned = insert_rows(conn, things, again, ignore_conflicts=True, returning=["n", "id"])
    assert sorted(returned) == [(0, ids[0]), (3, ids[3])]
    assert [row["order"] for row in rows(database)] == ["again", None, None, "again"]


def test_of_rows_of_which_some_are_there_the_new_ones_are_inserted_and_counted(database: Database) -> None:
    with database.begin() as conn:
        inserted = [
            insert_missing(conn, things, some)
            for some in ([], [thing(1), thing(2)], [thing(1)], [thing(2), thing(3)])
        ]
    assert inserted == [0, 2, 0, 1]
    assert [row["n"] for row in rows(database)] == [1, 2, 3]


def test_a_key_that_is_there_is_an_error_unless_it_is_to_be_ignored(database: Database) -> None:
    with pytest.raises(DBAPIError), database.begin() as conn:
        insert_rows(conn, things, [thing(1), thing(2), thing(1)])
    assert rows(database) == [], "all or nothing"


def test_forty_thousand_values_are_no_more_than_one(database: Database) -> None:
    with database.begin() as conn:
        insert_rows(conn, things, [thing(n, id=new_id(), order=f"名{n}") for n in range(0, 3000)])
    with database.begin() as conn:
        numbers = list(range(1000, 41_000))
        assert len(conn.execute(select(things.c.n).where(is_in(conn, things.c.n, numbers))).all()) == 2000
        names = [f"名{n}" for n in numbers]
        assert len(conn.execute(select(things.c.n).where(is_in(conn, things.c.order, names))).all()) == 2000
        some = list(conn.execute(select(things.c.id).limit(500)).scalars())
        ids = some + [new_id() for _ in range(39_500)]
        assert len(conn.execute(select(things.c.n).where(is_in(conn, things.c.id, ids))).all()) == 500
        assert conn.execute(delete(things).where(is_in(conn, things.c.n, numbers))).rowcount == 2000


def test_is_in_goes_with_other_conditions_and_with_not(database: Database) -> None:
    with database.begin() as conn:
        insert_rows(conn, things, [thing(n, yes=n % 2 == 0) for n in range(10)])
        found = conn.execute(
            select(things.c.n).where(is_in(conn, things.c.n, [1, 2, 3, 4]), things.c.yes).order_by(things.c.n)
        )
        assert list(found.scalars()) == [2, 4]
        others = conn.execute(select(things.c.n).where(~is_in(conn, things.c.n, range(3, 10))))
        assert sorted(others.scalars()) == [0, 1, 2]


def test_rows_are_found_by_their_index_also_where_there_were_few_when_the_plan_was_made(
    database: Database,
) -> None:
    """A plan is kept until the table is analyzed: an intake writes thousands of rows before that."""
    if database.is_sqlite:
        pytest.skip("SQLite plans by what is written in the statement")

    def find() -> list[tuple[Any, ...]]:
        with database.begin() as conn:
            return find_rows(conn, things, ("n",), {"count": range(0, 4000, 20)})

    def read_whole() -> int:
        """How often the whole table was read."""
        with database.begin() as conn:
            conn.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        with database.begin() as conn:
            counted = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'things'"
            return int(conn.exec_driver_sql(counted).scalar_one())

    with database.begin() as conn:
        insert_rows(conn, things, [thing(n, count=n) for n in range(20)])
        conn.exec_driver_sql("ANALYZE things")
    for _ in range(12):  # the driver prepares what comes often, the server then keeps the plan
        find()
    with database.begin() as conn:
        insert_rows(conn, things, [thing(n, count=n) for n in range(20, 4000)])
    before = read_whole()
    assert len(find()) == 200
    assert read_whole() == before


def test_a_time_without_a_zone_cannot_be_stored(database: Database) -> None:
    with pytest.raises((StatementError, ValueError)), database.begin() as conn:
        conn.execute(things.insert(), [thing(1, at=datetime(2022, 10, 1))])


def test_a_time_without_a_zone_cannot_be_stored_in_bulk_either(database: Database) -> None:
    """PostgreSQL would take it for UTC where its author may have meant Shanghai."""
    with pytest.raises((StatementError, ValueError)), database.begin() as conn:
        insert_rows(conn, things, [thing(1, at=datetime(2022, 10, 1))])
    with pytest.raises((StatementError, ValueError)), database.begin() as conn:
        upsert_rows(conn, things, [thing(1, at=datetime(2022, 10, 1))], key=["n"], set=["at"])


def test_times_are_compared_as_moments(database: Database) -> None:
    eight = timezone(timedelta(hours=8))
    with database.begin() as conn:
        insert_rows(conn, things, [thing(1, at=datetime(2022, 10, 1, 6, 0, tzinfo=eight))])
        before = select(things.c.n).where(things.c.at <= datetime(2022, 9, 30, 22, 0, tzinfo=UTC))
        assert conn.execute(before).scalars().all() == [1]
        earlier = select(things.c.n).where(things.c.at < datetime(2022, 10, 1, 6, 0, tzinfo=eight))
        assert conn.execute(earlier).scalars().all() == []


def test_json_is_stored_the_same_in_bulk_and_row_by_row(database: Database) -> None:
    value = {"名": [1, None, {"a": True}], "at": "2022-10-01"}
    with database.begin() as conn:
        conn.execute(things.insert(), [thing(1, extra=value), thing(2, extra=None), thing(3, extra=[])])
        insert_rows(conn, things, [thing(4, extra=value), thing(5, extra=None), thing(6, extra=[])])
    found = [row["extra"] for row in rows(database)]
    assert found == [value, None, [], value, None, []]
    with database.read() as conn:
        assert conn.execute(select(things.c.n).where(things.c.extra.is_(None))).scalars().all() == [2, 5]


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    with pytest.raises(RuntimeError), database.begin() as conn:
        insert_rows(conn, things, [thing(1)])
        raise RuntimeError
    assert rows(database) == []


def test_reading_first_and_writing_later_never_fails_because_another_wrote_meanwhile(
    database: Database,
) -> None:
    """On SQLite a transaction that begins by reading would fail at once."""

    def count_up() -> None:
        for _ in range(20):
            with database.begin() as conn:
                lock_rows(conn, things, "n", [1])
                count = conn.execute(select(things.c.count).where(things.c.n == 1)).scalar_one()
                update_rows(conn, things, [{"n": 1, "count": count + 1}], key=["n"], set=["count"])

    with database.begin() as conn:
        insert_rows(conn, things, [thing(1, count=0)])
    at_once(*[count_up] * 3)
    assert rows(database)[0]["count"] == 60
