"""One bad row stops nobody: each timer sets it aside, goes on with the others, and tries it again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, update

from chassis.taking import RowKey
from chassis.unit_of_work import UnitOfWork
from services.registration import tables as t
from services.registration.accounts.forget_batches import KEPT
from services.registration.accounts.tables import closed_batches
from services.registration.arrivals.assign_waiting import assign_waiting
from services.registration.handlers import TIMERS
from services.registration.persons.keys import FORM
from services.registration.persons.likeness import FORM as LIKENESS_FORM
from tests.bad_rows import SECRET, bad_row, one_look, retry, stuck
from tests.integration.registration.test_closed_batches import arrive, say
from tests.integration.registration.test_endings import DISSOLVED, places
from tests.integration.registration.test_renewed_keys import make_old
from tests.integration.registration.test_waiting import left
from tests.integration.registration.trial import NOON, Trial, report

USE_CASES = {timer.name: timer.use_case for timer in TIMERS}
MANY = 5


@dataclass(frozen=True)
class Work:
    """What a timer has to do: for MANY rows of the table, whose keys are returned as long as they wait."""

    prepare: Callable[[Trial], None]
    waiting: Callable[[Trial], set[str]]
    table: Table
    key: str = "id"
    fails: str = "UPDATE"


def rows(table: Table, wanted: Callable[[Any], bool], key: str = "id") -> Callable[[Trial], set[str]]:
    return lambda trial: {row[key] for row in trial.rows(table, key) if wanted(row)}


def one_left(trial: Trial) -> None:
    trial.receive(*(report(order, address="和平家园1号楼") for order in range(MANY)))
    left(trial, "w3")
    trial.clock.moment = NOON + timedelta(hours=1)


def of_before(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(MANY)))
    with trial.database.begin() as conn:
        conn.execute(t.likenesses.delete())
        conn.execute(update(t.arrivals).values(likeness_form=0))


def with_old_keys(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(MANY)))
    make_old(trial)


def counted(trial: Trial) -> None:
    for number in range(MANY):
        source = f"/rail/{number}"
        say(trial, 1, [f"rail-{number}"], source)
        arrive(trial, report(number) | {"source": source})


def settled_long_ago(trial: Trial) -> None:
    counted(trial)
    with trial.database.begin() as conn:
        conn.execute(update(closed_batches).values(settled_at=datetime.now(UTC) - KEPT - timedelta(days=1)))


def ended_long_ago(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(MANY)))
    with trial.database.begin() as conn:
        conn.execute(update(t.arrivals).values(strip_on=NOON.date()))


WORK = {
    "strip_arrivals": Work(
        ended_long_ago, rows(t.arrivals, lambda row: row["strip_on"] is not None), t.arrivals
    ),
    "assign_waiting": Work(one_left, rows(t.arrivals, lambda row: row["worker"] == "w3"), t.arrivals),
    "renew_keys": Work(
        with_old_keys, rows(t.person_keys, lambda row: row["form"] < FORM, "key"), t.person_keys, "key"
    ),
    "write_likenesses": Work(
        of_before, rows(t.arrivals, lambda row: row["likeness_form"] < LIKENESS_FORM), t.arrivals
    ),
    "settle_batches": Work(
        counted, rows(closed_batches, lambda row: row["settled_at"] is None), closed_batches
    ),
    "forget_batches": Work(settled_long_ago, rows(closed_batches, bool), closed_batches, fails="DELETE"),
}


def test_every_timer_is_tried() -> None:
    assert set(WORK) == set(USE_CASES)


@pytest.mark.parametrize("name", WORK)
def test_one_bad_row_is_set_aside_and_the_others_are_done_in_the_same_turn(trial: Trial, name: str) -> None:
    work, chore = WORK[name], f"registration.{name}"
    work.prepare(trial)
    waiting = work.waiting(trial)
    assert len(waiting) >= MANY
    key = sorted(waiting)[len(waiting) // 2]
    with bad_row(trial.database, work.table, work.key, key, on=work.fails):
        one_look(trial.work, chore, USE_CASES[name])
        assert work.waiting(trial) == {key}
        [found] = stuck(trial.database)
        assert (found.chore, found.row) == (chore, RowKey(work.table.name, key))
        assert found.error and ".py:" in found.place and not set(SECRET.split()) & set(str(found).split())
        retry(trial.database)
        one_look(trial.work, chore, USE_CASES[name])
        assert [again.times for again in stuck(trial.database)] == [2]
    retry(trial.database)
    one_look(trial.work, chore, USE_CASES[name])
    assert not work.waiting(trial) and not stuck(trial.database)


def test_an_arrival_of_a_place_that_ended_is_found_again_after_it_was_set_aside(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(MANY)))
    there = rows(t.arrivals, lambda row: row["community"] == "c1")
    key = min(there(trial))
    places(trial, DISSOLVED)
    with bad_row(trial.database, t.arrivals, "id", key):
        for hours in (1, 2):  # it is looked once more, minutes after a place has ended
            trial.clock.moment = NOON + timedelta(hours=hours)
            one_look(trial.work, "registration.assign_waiting", assign_waiting)
        assert there(trial) == {key}
    retry(trial.database)
    one_look(trial.work, "registration.assign_waiting", assign_waiting)
    assert not there(trial) and not stuck(trial.database)


def test_the_search_for_arrivals_of_ended_places_does_not_end_while_a_guilty_row_is_looked_for(
    trial: Trial,
) -> None:
    """Turns that take few rows find them among those that wait for a worker, and none of the ended place."""
    trial.receive(*(report(order) for order in range(MANY)))
    trial.receive(*(report(order, address="和平家园1号楼") for order in range(MANY, 2 * MANY)))
    there = rows(t.arrivals, lambda row: row["community"] == "c1")
    assert len(there(trial)) >= MANY
    left(trial, "w3")
    places(trial, DISSOLVED)
    trial.clock.moment = NOON + timedelta(hours=1)
    bad = min(row["id"] for row in trial.rows(t.arrivals, "id") if row["worker"] == "w3")
    with bad_row(trial.database, t.arrivals, "id", bad):
        one_look(trial.work, "registration.assign_waiting", assign_waiting)
    assert not there(trial)
    assert [found.row.key for found in stuck(trial.database)] == [bad]


def test_places_and_leavers_of_whom_all_is_set_aside_are_not_searched_for_in_each_turn(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(MANY)))
    trial.receive(report(MANY, address="和平家园1号楼"))
    there = rows(t.arrivals, lambda row: row["community"] == "c1")
    of_place = min(there(trial))
    [of_leaver] = (row["id"] for row in trial.rows(t.arrivals, "id") if row["worker"] == "w3")
    left(trial, "w3")
    places(trial, DISSOLVED)
    trial.clock.moment = NOON + timedelta(hours=1)
    with (
        bad_row(trial.database, t.arrivals, "id", of_place),
        bad_row(trial.database, t.arrivals, "id", of_leaver),
    ):
        one_look(trial.work, "registration.assign_waiting", assign_waiting)
        assert {found.row.key for found in stuck(trial.database)} == {of_place, of_leaver}
        asked: list[Any] = []
        take = UnitOfWork.take
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(UnitOfWork, "take", lambda uow, *given: asked.append(given) or take(uow, *given))
            one_look(trial.work, "registration.assign_waiting", assign_waiting)
        assert len(asked) == 1, "those that wait have an index; all would be searched through for the others"
    retry(trial.database)
    one_look(trial.work, "registration.assign_waiting", assign_waiting)
    assert not there(trial) and not stuck(trial.database)
    trial.clock.moment = NOON + timedelta(hours=3)
    one_look(trial.work, "registration.assign_waiting", assign_waiting)
    assert {row["look_at"] for row in trial.rows(t.places)} == {None}
