"""Figures: what stands in the database becomes a gauge, and what is not known is not shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.figures import Figure
from chassis.running.figures import Reader


@pytest.fixture
def database(sqlite_url: Callable[..., str]) -> Iterator[Database]:
    database = Database(sqlite_url("trial"))
    with database.begin() as conn:
        conn.execute(text("CREATE TABLE waiting (kind TEXT)"))
    yield database
    database.dispose()


def ask(conn: Connection, _now: datetime) -> Mapping[tuple[str, ...], float]:
    rows = conn.execute(text("SELECT kind, count(*) FROM waiting GROUP BY kind"))
    return {(kind,): count for kind, count in rows}


class Shown:
    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self.gauge = Gauge("waiting", "What waits", ["kind"], registry=self.registry)
        self.figure = Figure(self.gauge, ask, always=(("parcel",),))
        self._database = database

    def read(self) -> None:
        Reader(self._database, Clock(), [self.figure]).read()

    def lines(self) -> list[str]:
        return [line for line in generate_latest(self.registry).decode().splitlines() if line[0] != "#"]


def put(database: Database, statement: str) -> None:
    with database.begin() as conn:
        conn.execute(text(statement))


def test_a_figure_shows_its_rows_and_nought_for_expected_ones_without_rows(database: Database) -> None:
    shown = Shown(database)
    assert shown.lines() == [], "before the first reading nothing is known"
    put(database, "INSERT INTO waiting VALUES ('letter'), ('letter')")
    shown.read()
    assert shown.lines() == ['waiting{kind="letter"} 2.0', 'waiting{kind="parcel"} 0.0']


def test_a_figure_without_rows_any_more_becomes_nought_and_does_not_vanish(database: Database) -> None:
    shown = Shown(database)
    put(database, "INSERT INTO waiting VALUES ('letter')")
    shown.read()
    put(database, "DELETE FROM waiting")
    shown.read()
    assert 'waiting{kind="letter"} 0.0' in shown.lines()


def test_without_the_database_nothing_is_shown_rather_than_something_old(database: Database) -> None:
    shown = Shown(database)
    shown.read()
    assert shown.lines()
    put(database, "ALTER TABLE waiting RENAME TO away")
    with pytest.raises(DBAPIError):
        shown.read()
    assert shown.lines() == []
    put(database, "ALTER TABLE away RENAME TO waiting")
    shown.read()
    assert shown.lines() == ['waiting{kind="parcel"} 0.0']


def test_a_figure_that_fails_hides_no_other_and_is_told(database: Database) -> None:
    shown, wrong = Shown(database), Shown(database)
    reader = Reader(database, Clock(), [Figure(wrong.gauge, lambda conn, _: ask_nothing(conn)), shown.figure])
    with pytest.raises(DBAPIError):
        reader.read()
    assert shown.lines() and not wrong.lines()


def ask_nothing(conn: Connection) -> Mapping[tuple[str, ...], float]:
    conn.execute(text("SELECT kind FROM nowhere"))
    return {}


def test_a_question_that_takes_long_is_asked_seldom(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    asked = []

    def slow(_conn: Connection, _now: datetime) -> Mapping[tuple[str, ...], float]:
        nonlocal now
        asked.append(now)
        now += 1.0
        return {}

    monkeypatch.setattr("chassis.running.figures.time.monotonic", lambda: now)
    gauge = Gauge("slow", "Takes a second", ["kind"], registry=CollectorRegistry())
    reader = Reader(database, Clock(), [Figure(gauge, slow)])
    while now < 1120:
        reader.read()
        now += 5
    assert asked == [1000.0, 1051.0, 1102.0], "a second of work, at most 2 % of the time"
