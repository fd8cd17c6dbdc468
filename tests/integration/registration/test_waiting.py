"""Nobody's arrivals: they wait on a list, are given to somebody, and the list is not read again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.engine import Connection

from chassis.database.tables import TABLES
from services.registration import tables as t
from services.registration.arrivals import balance, queries
from services.registration.arrivals.assign_waiting import assign_waiting
from services.registration.arrivals.workers import shard_of
from services.registration.intake.receive_reports import receive_reports
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.integration.registration.trial import NOON, PLACES, STAFF, Trial, as_event, prepare, report
from tests.waiting import eventually


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


def test_the_arrivals_of_a_worker_who_left_go_to_others_of_the_grid_by_an_event(
    trial: Trial,
) -> None:
    trial.receive(*(report(order) for order in range(10)))
    left(trial, "w1")
    assert run_timer(trial) == 5
    assert {row["worker"] for row in trial.arrivals()} == {"w2"}
    assert loads(trial) == {"w1": 0, "w2": 10}
    reassessed = trial.events("arrival.reassessed")
    assert [event["data"]["worker"] for event in reassessed] == ["w2"] * 5
    assert trial.read(balance.audit)["balanced"]


def test_arrivals_of_a_worker_who_left_wait_and_are_counted_if_nobody_else_is_there(
    trial: Trial,
) -> None:
    trial.receive(*(report(order, address="和平家园1号楼") for order in range(3)))
    left(trial, "w3")
    trial.clock.moment = NOON + timedelta(hours=1)
    assert run_timer(trial) == 3
    assert {(row["worker"], row["state"]) for row in trial.arrivals()} == {(None, "reported")}
    assert [one["data"]["worker"] for one in trial.events("arrival.reassessed")] == [None] * 3
    assert [row["street"] for row in trial.waiting()] == ["s1"] * 3
    assert trial.read(queries.without_worker, NOON) == {("registration",): 3}
    assert loads(trial)["w3"] == 0
    assert trial.read(balance.audit)["balanced"]
    left(trial)
    assert run_timer(trial) == 3
    assert {(row["worker"], row["state"]) for row in trial.arrivals()} == {("w3", "assigned")}
    assert loads(trial)["w3"] == 3


def test_a_report_about_an_arrival_whose_worker_has_just_left_puts_it_on_the_list(trial: Trial) -> None:
    trial.receive(report(1, address="和平家园1号楼"))
    left(trial, "w3")
    trial.receive(report(1, publisher="police", address="和平家园1号楼"))
    (waiting,) = trial.waiting()
    assert waiting["id"] == trial.arrivals()[0]["id"]
    assert trial.read(balance.audit)["balanced"]


def test_more_than_the_timer_takes_at_once_are_all_handed_over(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(450)))
    left(trial, "w1", "w2")
    assert run_timer(trial) == 450
    assert trial.read(queries.without_worker, NOON) == {("registration",): 450}
    assert run_timer(trial) == 0


@pytest.mark.parametrize("others", [True, False])
def test_an_arrival_that_nobody_follows_any_more_stays_with_the_worker_who_has_left(
    trial: Trial, others: bool
) -> None:
    """Neither the timer nor a late report brings it back into work."""
    address = "石榴雅苑3号楼" if others else "和平家园1号楼"
    trial.receive(report(1, address=address))
    (before,) = trial.arrivals()
    trial.clock.moment = NOON + timedelta(days=31)
    left(trial, before["worker"])
    trial.receive(report(2, address=address, at="2022-10-31T10:00:00+08:00"))
    assert run_timer(trial) == 0
    assert loads(trial)[before["worker"]] == 0, "or all would be searched through every time"
    trial.receive(report(1, publisher="police", address=address, remarks="逾期补报"))
    (after,) = (row for row in trial.arrivals() if row["id"] == before["id"])
    assert (after["worker"], after["state"]) == (before["worker"], "assigned")
    assert after["reports"] == 2 and after["unassigned_since"] is None
    assert trial.read(balance.audit)["balanced"]


@pytest.mark.postgresql
def test_an_arrival_given_to_a_worker_who_is_just_leaving_is_handed_over(
    postgresql_url: Callable[..., str],
) -> None:
    trial = Trial(postgresql_url("registration", prepare))
    trial.receive(report(1, address="和平家园1号楼"))
    trial.clock.moment = NOON + timedelta(days=31)
    of_today = report(2, address="和平家园1号楼", at="2022-10-31T10:00:00+08:00")
    timer = threading.Thread(target=run_timer, args=(trial,))
    with trial.work.unit() as uow:
        receive_reports(uow, [as_event(of_today)])
        left(trial, "w3")
        timer.start()
        eventually(lambda: trial.read(waiting_for_a_lock) == 1)
    timer.join(20)
    run_timer(trial)
    assert [row["worker"] for row in trial.rows(t.arrivals, "arrived_at")] == ["w3", None]
    assert loads(trial)["w3"] == 0
    trial.database.dispose()


def waiting_for_a_lock(conn: Connection) -> int:
    waiting = "datname = current_database() AND wait_event_type = 'Lock'"
    count: int = conn.execute(text(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}")).scalar_one()
    return count


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
    ((statement, parameters), *others) = asked
    assert {other for other, _ in others} == {statement}, "who left has nothing that were to be searched for"
    sqlite = trial.database.is_sqlite
    explain = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
    with trial.database.begin() as conn:
        if not sqlite:
            conn.execute(text("SET LOCAL enable_seqscan = off"))  # the tables are small
            conn.execute(text("SET LOCAL enable_bitmapscan = off"))
        rows = [str(row[-1]) for row in conn.exec_driver_sql(explain + statement, parameters)]
        plan = "\n".join(rows)
        assert "arrivals_to_place" in plan, plan
        assert "Sort" not in plan and "TEMP B-TREE" not in plan, plan
        assert "placed_with<?" in plan if sqlite else "Index Cond" in plan, plan


# -- counts of open arrivals ---------------------------------------------------------------------------------


def test_replicas_in_containers_add_to_shards_of_their_own() -> None:
    """Their main processes have the same number."""
    assert len({shard_of(f"registration-{replica}", 7) for replica in range(32)}) > 8
    assert len({shard_of("one-machine", process) for process in range(100, 132)}) > 8
    assert {shard_of(f"host-{n}", n) for n in range(1000)} == set(range(16))


# -- a walk through all arrivals, piece by piece ------------------------------------------------------------


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chassis.walks.PIECE", 7)


def test_a_walk_in_pieces_hands_over_all_and_is_over(trial: Trial, small_pieces: None) -> None:
    trial.receive(*(report(order) for order in range(60)))
    left(trial, "w1")
    run_timer(trial)
    assert {row["worker"] for row in trial.arrivals()} == {"w2"}
    assert loads(trial) == {"w1": 0, "w2": 60}
    assert trial.rows(TABLES["walks"]) == [] and run_timer(trial) == 0


def test_a_turn_looks_through_no_more_than_a_piece(trial: Trial, small_pieces: None) -> None:
    trial.receive(*(report(order) for order in range(60)))
    trial.clock.moment = NOON + timedelta(days=31)
    left(trial, "w1")
    turns = run_timer(trial)
    assert turns == 60 // 7, "nobody was found, and each piece is a turn"
    assert loads(trial)["w1"] == 0
