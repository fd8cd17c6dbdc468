"""Trails of views and acts are sealed in pieces: what was changed, removed or added afterwards is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, delete, insert, select, text, update

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.database.guards import is_append_only
from chassis.database.migrations import metadata_of, upgrade
from chassis.database.tables import TABLES
from chassis.ids import new_id
from chassis.sealing import BlindIndex, Sealer
from chassis.trails import EVERY, MOST, PIECES, SETTLED, Broken, Sealing, broken, seal, trails
from chassis.unit_of_work import Work
from operations.services import CONSOLE, SERVICES
from services.console.accounts.tables import account_acts
from services.registration.persons.tables import person_views
from services.registration.service import SERVICE

NOW = datetime(2026, 11, 29, 12, 34, 56, tzinfo=UTC)
INDEX = BlindIndex(b"i" * 32)
VIEWS = TABLES["views"]
OURS = trails((*TABLES.values(), person_views))


@pytest.fixture
def database(database_url: Callable[..., str]) -> Database:
    return Database(database_url("registration", _migrated))


def _migrated(url: str) -> None:
    database = Database(url)
    upgrade("registration", database)
    database.dispose()


def id_of(at: datetime) -> str:
    ms = f"{int(at.timestamp() * 1000):012x}"
    return f"{ms[:8]}-{ms[8:]}{new_id()[13:]}"


def view(at: datetime, about: str = "a") -> dict[str, Any]:
    row = {"id": id_of(at), "viewed_at": at, "viewer": "/console/wang", "about": "case", "about_id": about}
    return row | {"reason": "a call, 来电", "day": None}


def ago(minutes: float) -> datetime:
    """So long before what is just old enough, by NOW."""
    return NOW - SETTLED + EVERY - timedelta(minutes=minutes)


def seal_all(database: Database, now: datetime = NOW) -> int:
    count = 0
    while True:
        with database.begin() as conn:
            more = seal(conn, OURS, INDEX, now)
        count += more
        if not more:
            return count


def found(database: Database, index: BlindIndex = INDEX) -> tuple[int, list[Broken]]:
    with database.read() as conn:
        return broken(conn, OURS, index)


def by_hand(database: Database, table: Table, *statements: Any) -> None:
    """By who owns the tables, and takes the guards away."""
    with database.begin() as conn:
        for what in ("change", "removal"):
            on = "" if database.is_sqlite else f" ON {table.name}"
            conn.execute(text(f"DROP TRIGGER IF EXISTS {table.name}__{what}_is_refused{on}"))
        for statement in statements:
            conn.execute(statement)


@pytest.fixture
def sealed(database: Database) -> Database:
    """Three pieces: the first of an hour ago."""
    for minutes in (60, 40, 25):
        with database.begin() as conn:
            conn.execute(insert(VIEWS), [view(ago(minutes - n / 10), f"c{n}") for n in range(5)])
        seal_all(database, ago(minutes) + SETTLED + timedelta(minutes=15))
    assert found(database) == (15, [])
    return database


def test_what_is_old_enough_is_sealed_and_what_is_younger_waits(database: Database):
    with database.begin() as conn:
        conn.execute(insert(VIEWS), [view(ago(21)), view(ago(9)), view(ago(1))])
    assert seal_all(database) == 1
    assert found(database) == (1, [])
    assert seal_all(database) == 0, "nothing is sealed twice"
    assert seal_all(database, NOW + 2 * EVERY + timedelta(minutes=1)) == 1
    assert found(database) == (3, [])


def test_a_piece_holds_so_many_rows_and_the_next_goes_on(database: Database):
    with database.begin() as conn:
        conn.execute(insert(VIEWS), [view(ago(50)) for _ in range(MOST + 7)])
    assert seal_all(database) == 2
    assert found(database) == (MOST + 7, [])


def test_a_changed_row_is_named_by_its_piece_and_the_others_are_sound(sealed: Database):
    by_hand(sealed, VIEWS, update(VIEWS).where(_of(sealed, 7)).values(viewer="/console/li"))
    (one,) = found(sealed)[1]
    assert (one.trail, one.number) == ("views", 2) and "were changed" in one.why


@pytest.mark.parametrize("number", [0, 7, 14])
def test_a_removed_row_is_named(sealed: Database, number: int):
    by_hand(sealed, VIEWS, delete(VIEWS).where(_of(sealed, number)))
    (one,) = found(sealed)[1]
    assert (one.trail, one.number) == ("views", number // 5 + 1)
    assert "5 rows were sealed" in one.why and "4 are there" in one.why


def test_a_row_that_was_added_later_is_named(sealed: Database):
    by_hand(sealed, VIEWS, insert(VIEWS).values(view(ago(39.95))))
    (one,) = found(sealed)[1]
    assert one.number == 2 and "6 are there" in one.why


def test_a_note_of_what_was_sealed_that_is_gone_or_changed_is_named(sealed: Database):
    by_hand(sealed, PIECES, update(PIECES).where(PIECES.c.number == 2).values(digest="0" * 32))
    assert [one.number for one in found(sealed)[1]] == [2, 3], "the third covers the second"
    by_hand(sealed, PIECES, delete(PIECES).where(PIECES.c.number == 2))
    assert [one.number for one in found(sealed)[1]] == [2, 3]


def test_without_the_key_nobody_can_seal_again_what_was_changed(sealed: Database):
    changes = update(VIEWS).where(_of(sealed, 2)).values(viewer="/console/li")
    by_hand(sealed, VIEWS, changes)
    by_hand(sealed, PIECES, delete(PIECES))
    with sealed.begin() as conn:
        seal(conn, OURS, BlindIndex(b"x" * 32), NOW)
    assert [one.number for one in found(sealed)[1]] == [1]


def test_a_column_that_comes_later_breaks_no_piece(sealed: Database):
    before = found(sealed)
    with sealed.begin() as conn:
        conn.execute(text("ALTER TABLE views ADD COLUMN later TEXT"))
    grown = VIEWS.to_metadata(MetaData())
    grown.append_column(Column("later", Text))
    ours = [grown if table is VIEWS else table for table in OURS]
    with sealed.read() as conn:
        assert broken(conn, ours, INDEX) == before and before[1] == []
    with sealed.begin() as conn:
        conn.execute(insert(grown).values(view(ago(0.5)) | {"later": "x"}))
        assert seal(conn, ours, INDEX, NOW + 3 * EVERY)
        assert broken(conn, ours, INDEX)[1] == []
    by_hand(sealed, VIEWS, text("UPDATE views SET later = 'y' WHERE later = 'x'"))
    with sealed.read() as conn:
        assert len(broken(conn, ours, INDEX)[1]) == 1


def test_a_piece_of_columns_that_nobody_knows_is_named(sealed: Database):
    """As after going back to a version before, or where somebody wrote to the note."""
    by_hand(sealed, PIECES, update(PIECES).where(PIECES.c.number == 2).values(columns="id,later"))
    (one,) = found(sealed)[1]
    assert one.number == 2 and "does not know: later" in one.why


def test_one_process_at_a_time_seals(database: Database):
    work = Work("registration", database, Clock(), Sealer({"k": b"s" * 32}), INDEX, UTC)  # type: ignore[arg-type]
    first, second = Sealing(work, SERVICE.trails), Sealing(work, SERVICE.trails)
    with database.begin() as conn:
        conn.execute(insert(person_views), _looked_at(datetime.now(UTC) - SETTLED - 2 * EVERY))
    assert first.turn() == 1
    assert second.turn() is None
    first.leave()
    assert second.turn() == 0


def test_every_trail_of_a_service_is_sealed():
    for service in (*SERVICES, CONSOLE):
        own = (account_acts,) if service == CONSOLE else _service(service).trails
        there = {table.name for table in metadata_of(service).sorted_tables if is_append_only(table)}
        assert {table.name for table in trails((*TABLES.values(), *own))} == there - {PIECES.name}


def _service(name: str) -> Any:
    from importlib import import_module

    return import_module(f"services.{name}.service").SERVICE


def _looked_at(at: datetime) -> dict[str, Any]:
    row = {"id": id_of(at), "arrival_id": new_id(), "viewed_at": at, "viewed_by": "wang"}
    return row | {"reason": "a test"}


def _of(database: Database, number: int) -> Any:
    with database.read() as conn:
        ids = list(conn.execute(select(VIEWS.c.id).order_by(VIEWS.c.id)).scalars())
    return VIEWS.c.id == ids[number]
