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
from chassis.running.figures import UNASKED_S, Looks, Reader


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


class Asked:
    """A reader of one figure that counts much, at a clock that the test moves."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.counted = 1000.0, 0
        monkeypatch.setattr("chassis.running.figures.time.monotonic", lambda: self.now)
        self.looks = Looks()
        monkeypatch.setattr("chassis.running.figures.LOOKS", self.looks)
        self.registry = CollectorRegistry()
        gauge = Gauge("many", "Counts much", ["kind"], registry=self.registry)
        self.reader = Reader(database, Clock(), [], while_asked=[Figure(gauge, self._count)])

    def _count(self, _conn: Connection, _now: datetime) -> Mapping[tuple[str, ...], float]:
        self.counted += 1
        return {("case",): 1}

    def turn(self, seconds: float = 5.0) -> int:
        """Let time pass and read: how often it has been counted by then."""
        self.now += seconds
        self.reader.read()
        return self.counted

    def asks(self, sleep: Callable[[float], None] = lambda _: pytest.fail("nobody need wait")) -> None:
        self.looks.ask(sleep)

    @property
    def shown(self) -> bool:
        return b'many{kind="case"} 1.0' in generate_latest(self.registry)


def test_what_counts_much_is_counted_once_for_each_time_somebody_asks(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(database, monkeypatch)
    assert [asked.turn() for _ in range(3)] == [1, 1, 1], "at the start, for whoever asks first"
    asked.asks()
    assert [asked.turn() for _ in range(3)] == [2, 2, 2]
    assert asked.shown


def test_what_nobody_asks_for_is_hidden_rather_than_old_and_who_asks_then_waits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(database, monkeypatch)
    asked.turn()
    asked.turn(UNASKED_S + 1)
    assert not asked.shown
    asked.asks(lambda _: asked.turn(1) and None)
    assert asked.shown and asked.counted == 2
    asked.asks()


def test_everybody_who_asks_after_a_silence_waits(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(database, monkeypatch)
    asked.turn()
    asked.now += UNASKED_S + 1
    waited = []

    def sleep(seconds: float) -> None:
        waited.append(asked.now)
        if len(waited) == 1:  # meanwhile another one asks
            asked.asks(lambda _: waited.append(asked.now) or (asked.turn(1) and None))

    asked.asks(sleep)
    assert len(waited) == 2 and asked.shown


def test_who_asks_after_a_silence_waits_six_seconds_at_most(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = Asked(database, monkeypatch)
    asked.turn()
    asked.now += UNASKED_S + 1
    began = asked.now

    def sleep(seconds: float) -> None:
        asked.now += seconds

    asked.asks(sleep)
    assert 5 < asked.now - began < 7
