"""Nothing is done while the clocks of a machine and of its database are hours apart."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from sqlalchemy.engine import Connection

from chassis.database import clocks
from chassis.database.clocks import Clocks
from chassis.errors import WorldAway

CONN = cast(Connection, None)
SECOND = timedelta(seconds=1)


class Database:
    """A clock that is so far from ours, and how often it was asked."""

    def __init__(self) -> None:
        self.ahead, self.asked = timedelta(0), 0

    def now(self, _conn: Connection) -> datetime:
        self.asked += 1
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = Database()
    monkeypatch.setattr(clocks, "database_now", database.now)
    yield database


def test_it_is_asked_now_and_then(database: Database) -> None:
    ours = Clocks()
    for _ in range(100):
        ours.look(CONN)
    assert database.asked == 1 and not ours.trouble


@pytest.mark.parametrize("ahead", [timedelta(days=1), timedelta(days=-1), timedelta(minutes=61)])
def test_hours_apart_nothing_is_done_until_they_agree(database: Database, ahead: timedelta) -> None:
    ours, database.ahead = Clocks(), ahead
    for _ in range(2):
        with pytest.raises(WorldAway, match="behind" if ahead > timedelta(0) else "ahead of"):
            ours.look(CONN)
    assert ours.trouble
    database.ahead = timedelta(0)
    ours.look(CONN)
    assert not ours.trouble


def test_minutes_apart_it_is_said_and_work_goes_on(database: Database) -> None:
    ours, database.ahead = Clocks(), timedelta(minutes=10)
    ours.look(CONN)
    assert ours.trouble == "this machine's clock is 10 minutes behind its database's: set them right"
    seconds, database.ahead = Clocks(), 20 * SECOND
    seconds.look(CONN)
    assert not seconds.trouble


def test_a_clock_that_was_set_is_noticed_at_once(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = Clocks()
    ours.look(CONN)
    real = clocks.time.time
    monkeypatch.setattr(clocks.time, "time", lambda: real() + 86_400)
    database.ahead = -timedelta(days=1)
    with pytest.raises(WorldAway, match="1440 minutes ahead of"):
        ours.look(CONN)
