"""Nobody's arrivals: they wait on a list, are given to somebody, and the list is not read again and again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from services.registration import metrics, queries
from services.registration import tables as t
from services.registration.usecases.assign_waiting import assign_waiting
from services.registration.usecases.reference import import_places, import_staff
from services.registration.usecases.write_arrivals import shard_of

sys.path.insert(0, str(Path(__file__).parent))
from registration_trial import NOON, PLACES, STAFF, Trial, prepare, report


@pytest.fixture
def trial(database_url: Callable[..., str]) -> Iterator[Trial]:
    trial = Trial(database_url("registration", prepare))
    yield trial
    trial.database.dispose()


def left(trial: Trial, *members: str) -> None:
    lines = STAFF.splitlines()
    lines = [line.replace(",true", ",false") if line.split(",")[0] in members else line for line in lines]
    with trial.work.unit() as uow:
        import_staff(uow, "\n".join(lines) + "\n")


def run_timer(trial: Trial) -> int:
    """As the chassis does: again until nothing is left."""
    looked_at = 0
    for _ in range(50):
        with trial.work.unit() as uow:
            found = assign_waiting(uow)
        if not found:
            return looked_at
        looked_at += found
    raise AssertionError("the timer finds no end")


def loads(trial: Trial) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in trial.rows(t.worker_loads):
        found[row["staff_id"]] = found.get(row["staff_id"], 0) + row["open"]
    return found


# -- a worker who has left -----------------------------------------------------------------------------------


def test_the_arrivals_of_a_worker_who_left_go_to_the_others_of_the_grid_and_this_is_told(
    trial: Trial,
) -> None:
    trial.receive(*(report(order) for order in range(10)))
    left(trial, "w1")
    assert run_timer(trial) == 5
    assert {row["worker"] for row in trial.arrivals()} == {"w2"}
    assert loads(trial) == {"w1": 0, "w2": 10}
    told = trial.events("arrival.reassessed")
    assert [one["data"]["worker"] for one in told] == ["w2"] * 5
    assert trial.read(queries.audit)["balanced"]


def test_where_nobody_else_is_they_wait_on_the_list_and_are_counted_until_somebody_comes(
    trial: Trial,
) -> None:
    trial.receive(*(report(order, address="和平家园1号楼") for order in range(3)))
    left(trial, "w3")
    trial.clock.moment = NOON + timedelta(hours=1)
    assert run_timer(trial) == 3
    assert {(row["worker"], row["state"]) for row in trial.arrivals()} == {(None, "reported")}
    assert [one["data"]["worker"] for one in trial.events("arrival.reassessed")] == [None] * 3
    assert len(trial.read(queries.unassigned, trial.clock.moment, street="s1")) == 3
    assert trial.read(metrics.without_worker, NOON) == {("registration",): 3}
    assert loads(trial)["w3"] == 0
    assert trial.read(queries.audit)["balanced"]
    left(trial)
    assert run_timer(trial) == 3
    assert {(row["worker"], row["state"]) for row in trial.arrivals()} == {("w3", "assigned")}
    assert loads(trial)["w3"] == 3


def test_a_report_about_an_arrival_whose_worker_has_just_left_puts_it_on_the_list(trial: Trial) -> None:
    trial.receive(report(1, address="和平家园1号楼"))
    left(trial, "w3")
    trial.receive(report(1, publisher="police", address="和平家园1号楼"))
    (waiting,) = trial.read(queries.unassigned, NOON)
    assert waiting["id"] == trial.arrivals()[0]["id"]
    assert trial.read(queries.audit)["balanced"]


def test_more_than_the_timer_takes_at_once_are_all_handed_over(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(450)))
    left(trial, "w1", "w2")
    assert run_timer(trial) == 450
    assert trial.read(metrics.without_worker, NOON) == {("registration",): 450}
    assert run_timer(trial) == 0


# -- how the list is read ------------------------------------------------------------------------------------


def test_the_list_is_read_by_indexes_that_leave_out_what_was_looked_at(trial: Trial) -> None:
    trial.receive(report(1, address="无名路"))
    with trial.work.unit() as uow:
        import_places(uow, PLACES + "y3,g1,courtyard,新苑,,,\n")
    left(trial, "w3")
    asked: list[tuple[str, Any]] = []

    @event.listens_for(trial.database.engine, "before_cursor_execute")
    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "LIMIT" in statement and "FROM arrivals" in statement:
            asked.append((statement, parameters))

    assert run_timer(trial) == 1
    waiting, handed_over = asked[:2]
    sqlite = trial.database.is_sqlite
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    with trial.database.begin() as conn:
        if not sqlite:
            conn.execute(text("SET LOCAL enable_seqscan = off"))  # the tables are small
            conn.execute(text("SET LOCAL enable_bitmapscan = off"))
        for (statement, parameters), index in (
            (waiting, "arrivals_to_place"),
            (handed_over, "arrivals_worker"),
        ):
            rows = [str(row[-1]) for row in conn.exec_driver_sql(explain + statement, parameters)]
            plan = "\n".join(rows)
            assert index in plan, plan
            assert "Sort" not in plan and "TEMP B-TREE" not in plan, plan
            assert ("placed_with<?" in plan or "worker=?" in plan) if sqlite else "Index Cond" in plan, plan


# -- counts of open arrivals ---------------------------------------------------------------------------------


def test_replicas_in_containers_add_to_shards_of_their_own() -> None:
    """Their main processes have the same number."""
    assert len({shard_of(f"registration-{replica}", 7) for replica in range(32)}) > 8
    assert len({shard_of("one-machine", process) for process in range(100, 132)}) > 8
    assert {shard_of(f"host-{n}", n) for n in range(1000)} == set(range(16))
