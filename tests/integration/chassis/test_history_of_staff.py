"""What somebody was at a time: the history of the staff, in isolation and notification alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import MetaData, select

from chassis.copies import Copy
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.reference import Post, posts_at, read_periods, read_tree
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.isolation.teams.copies import PLACES, STAFF
from services.notification.reference import copies as of_notification
from tests.integration.isolation.trial import GRID, MORNING, PEOPLE, Trial, place, staff

HOUR = timedelta(hours=1)
COPIES = {"isolation": (PLACES, STAFF), "notification": (of_notification.PLACES, of_notification.STAFF)}


class Kept:
    """One service's copies."""

    def __init__(self, service: str, url: str) -> None:
        self.places, self.staff = COPIES[service]
        self.metadata: MetaData = self.staff.table.metadata
        self.work: Work = replace(Trial(Database(url)).work, service=service)

    def keep(self, copy: Copy, *events: Event) -> None:
        with self.work.unit() as uow:
            copy.keep(uow, events)

    def posts_of(self, staff_id: str, at: datetime) -> tuple[Post, ...]:
        with self.work.database.read() as conn:
            tree = read_tree(conn, self.places.table)
            periods = read_periods(conn, self.metadata.tables["staff_history"], staff_id)
            return posts_at(periods, tree, staff_id, at)

    def posts(self, staff_id: str, at: datetime) -> list[tuple[str, str, list[str]]]:
        posts = self.posts_of(staff_id, at)
        return [(post.staff_id, post.role, sorted(post.places)) for post in posts]

    def periods(self, staff_id: str) -> list[tuple[int, datetime | None, datetime | None]]:
        history = self.metadata.tables["staff_history"].c
        with self.work.database.read() as conn:
            rows = conn.execute(
                select(history.version, history.since, history.until)
                .where(history.staff_id == staff_id)
                .order_by(history.version)
            )
            return [(version, since, until) for version, since, until in rows]


@pytest.fixture(params=COPIES)
def kept(request: pytest.FixtureRequest, database_url: Callable[..., str]) -> Iterator[Kept]:
    def prepare(url: str) -> None:
        database = Database(url)
        upgrade(request.param, database)
        database.dispose()

    kept = Kept(request.param, database_url(request.param, prepare))
    yield kept
    kept.work.database.dispose()


def worker(
    version: int, where: str = GRID, id: str = "w", role: str = "grid_worker", **changed: Any
) -> Event:
    return replace(staff(id, role, where, version, **changed), time=MORNING + version * HOUR)


def own(where: str, role: str = "grid_worker") -> list[tuple[str, str, list[str]]]:
    return [("w", role, [where])]


def test_a_right_is_judged_by_the_time_of_the_act(kept: Kept) -> None:
    kept.keep(kept.staff, worker(1, "g-1"))
    kept.keep(kept.staff, worker(2, "g-2"), worker(3, "c-1", role="community_officer"))
    kept.keep(kept.staff, worker(4, "c-1", role="community_officer", active=False))
    assert kept.posts("w", MORNING) == []
    assert kept.posts("w", MORNING + HOUR) == own("g-1")
    assert kept.posts("w", MORNING + 2 * HOUR - timedelta(seconds=1)) == own("g-1")
    assert kept.posts("w", MORNING + 2 * HOUR) == own("g-2")
    assert kept.posts("w", MORNING + 3.5 * HOUR) == own("c-1", "community_officer")
    assert kept.posts("w", MORNING + 4 * HOUR) == []
    assert kept.posts("nobody", MORNING) == []


def test_periods_are_the_same_in_whatever_order_versions_come(kept: Kept) -> None:
    wanted = [(n, MORNING + n * HOUR, MORNING + (n + 1) * HOUR if n < 3 else None) for n in (1, 2, 3)]
    for number, order in enumerate(permutations([1, 2, 3])):
        for version in order:
            kept.keep(kept.staff, worker(version, id=f"apart-{number}"))
        kept.keep(kept.staff, *(worker(version, id=f"together-{number}") for version in order))
        for id in (f"apart-{number}", f"together-{number}"):
            assert kept.periods(id) == wanted


def test_what_is_announced_again_began_before_and_changes_nothing_that_is_known(kept: Kept) -> None:
    kept.keep(kept.staff, worker(3, "g-1", announced=True))
    assert kept.posts("w", MORNING - 100 * HOUR) == own("g-1")
    kept.keep(kept.staff, worker(4, "g-2"))
    before = kept.periods("w")
    kept.keep(kept.staff, worker(4, "g-2", announced=True), worker(3, "g-1", announced=True))
    assert kept.periods("w") == before == [(3, None, MORNING + 4 * HOUR), (4, MORNING + 4 * HOUR, None)]


def test_who_deputises_has_the_post_too_while_the_other_is_away(kept: Kept) -> None:
    away: dict[str, Any] = {"away_from": MORNING + 5 * HOUR, "away_to": MORNING + 7 * HOUR, "deputy": "w"}
    kept.keep(
        kept.staff, worker(1, "g-1"), worker(1, "g-2", id="other"), worker(2, "g-2", id="other", **away)
    )
    both = [*own("g-1"), ("other", "grid_worker", ["g-2"])]
    assert kept.posts("w", MORNING + 4 * HOUR) == own("g-1")
    assert kept.posts("w", MORNING + 5 * HOUR) == both
    assert kept.posts("w", MORNING + 7 * HOUR) == own("g-1")
    further_notice = away | {"away_to": None}
    kept.keep(kept.staff, worker(3, "g-2", id="other", **further_notice))
    assert kept.posts("w", MORNING + 1000 * HOUR) == both


def test_where_a_place_has_ended_the_one_that_answers_for_it_is_named_too(kept: Kept) -> None:
    kept.keep(kept.places, place("c-1", "s", "community"), place("g-1", "c-1", "grid"))
    kept.keep(kept.staff, worker(1, "g-1"))
    kept.keep(kept.places, place("g-1", "c-1", "grid", 2, removed=True, successor="g-2"))
    assert kept.posts("w", MORNING + HOUR) == [("w", "grid_worker", ["g-1", "g-2"])]
    kept.keep(kept.places, place("g-2", "c-1", "grid", 1, removed=True))
    assert kept.posts("w", MORNING + HOUR) == [("w", "grid_worker", ["c-1", "g-1"])]


def test_a_database_of_before_becomes_a_history_that_begins_open(database_url: Callable[..., str]) -> None:
    def prepare(url: str) -> None:
        database = Database(url)
        upgrade("isolation", database, "0006")
        with database.begin() as conn:
            conn.exec_driver_sql(
                "INSERT INTO staff (staff_id, version, role, place, active, person, language)"
                " VALUES ('w', 4, 'grid_worker', 'g-1', true, 'sealed', 'zh-CN')"
            )
        upgrade("isolation", database)
        database.dispose()

    kept = Kept("isolation", database_url("isolation", prepare))
    assert kept.posts("w", MORNING - 1000 * HOUR) == own("g-1")
    kept.keep(kept.staff, worker(5, "g-2"))
    assert kept.posts("w", MORNING) == own("g-1")
    assert kept.posts("w", MORNING + 6 * HOUR) == own("g-2")
    kept.work.database.dispose()


def test_staff_of_a_whole_neighbourhood_are_known(kept: Kept) -> None:
    kept.keep(kept.staff, *(staff(*person) for person in PEOPLE))
    found = {who: kept.posts_of(who, MORNING) for who, _, _ in PEOPLE}
    assert found == {who: (Post(who, role, frozenset([where])),) for who, role, where in PEOPLE}
