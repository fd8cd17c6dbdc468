"""Places end or are dissolved into others, staff are replaced: the arrivals go along, page by page."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from contracts.faults import Refused
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.arrivals.assign_waiting import assign_waiting
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.integration.registration.trial import NOON, PLACES, STAFF, Trial, as_event, report

ENDING = PLACES.splitlines()[0] + ",removed,successor\n"
LEAVING = STAFF.splitlines()[0] + ",replaced_by\n"


def places(trial: Trial, *rows: str) -> dict[str, int]:
    with trial.work.unit() as uow:
        return import_places(uow, ENDING + "\n".join(rows) + "\n")


def members(trial: Trial, *rows: str) -> dict[str, int]:
    with trial.work.unit() as uow:
        return import_staff(uow, LEAVING + "\n".join(rows) + "\n")


def run_timer(trial: Trial) -> list[int]:
    """As the chassis does: again until nothing is left. Returns how many each turn looked at."""
    turns = []
    for _ in range(50):
        with trial.work.unit() as uow:
            found = assign_waiting(uow)
        if not found:
            return turns
        turns.append(found)
    raise AssertionError("the timer finds no end")


def where(trial: Trial) -> Counter[tuple[Any, ...]]:
    return Counter((row["community"], row["grid"], row["worker"]) for row in trial.arrivals())


DISSOLVED = "c1,s1,community,枣林社区,枣林,,,true,c2"
LEFT = "w1,grid_worker,g1,张三,13909310001,zh-CN,false,w9"
SUCCESSOR = "w9,grid_worker,g1,钱七,13909310009,zh-CN,true,"


# -- staff ------------------------------------------------------------------------------------------------


def test_a_named_successor_gets_all_arrivals_of_whoever_left(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(10)))
    members(trial, LEFT, SUCCESSOR)
    assert run_timer(trial) == [5]
    assert Counter(row["worker"] for row in trial.arrivals()) == {"w2": 5, "w9": 5}
    assert [event["data"]["worker"] for event in trial.events("arrival.reassessed")] == ["w9"] * 5
    (told,) = [event for event in trial.events("staff.changed") if event["subject"] == "w1"]
    assert told["data"]["replaced_by"] == "w9"
    assert as_event({**told, "source": "/x/y"}).problems == ()
    assert trial.read(balance.audit)["balanced"]


def test_a_successor_from_elsewhere_takes_the_arrivals_all_the_same(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(4)))
    members(trial, LEFT.replace("w9", "w3"))
    run_timer(trial)
    assert Counter(row["worker"] for row in trial.arrivals()) == {"w2": 2, "w3": 2}


def test_a_report_about_an_arrival_goes_to_the_successor_before_the_timer_came(trial: Trial) -> None:
    trial.receive(report(1))
    members(trial, LEFT, SUCCESSOR)
    trial.receive(report(1, publisher="police"))
    assert [row["worker"] for row in trial.arrivals()] == ["w9"]


def test_of_successors_who_left_too_the_last_gets_the_arrivals(trial: Trial) -> None:
    trial.receive(report(1))
    members(trial, LEFT, SUCCESSOR)
    members(trial, SUCCESSOR.replace("true,", "false,w2"))
    run_timer(trial)
    assert [row["worker"] for row in trial.arrivals()] == ["w2"]


def test_a_file_without_the_new_columns_changes_no_successor_and_whoever_returns_has_none(
    trial: Trial,
) -> None:
    members(trial, LEFT, SUCCESSOR)
    as_before = STAFF.replace("13909310001,zh-CN,true", "13909310001,zh-CN,false")
    with trial.work.unit() as uow:
        assert import_staff(uow, as_before)["unchanged"] == 3
    with trial.work.unit() as uow:
        import_staff(uow, STAFF)
    assert {row["staff_id"]: row["replaced_by"] for row in trial.rows(t.staff)}["w1"] is None


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("w1,grid_worker,g1,张三,,zh-CN,true,w2", "still_active"),
        ("w1,grid_worker,g1,张三,,zh-CN,false,w7", "unknown"),
        ("w1,grid_worker,g1,张三,,zh-CN,false,w1", "unknown"),
        ("w1,health_worker,g1,张三,,zh-CN,false,w2", "other_role"),
    ],
)
def test_a_successor_who_cannot_go_on_is_refused(trial: Trial, row: str, code: str) -> None:
    with pytest.raises(Refused) as error:
        members(trial, row)
    assert [(fault.where, fault.code) for fault in error.value.faults] == [("row 2, replaced_by", code)]


# -- places -----------------------------------------------------------------------------------------------


def test_the_arrivals_of_a_dissolved_community_go_along_with_their_workers(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(6)), report(7, address="枣林社区"))
    before = {row["id"]: row["worker"] for row in trial.arrivals()}
    places(trial, DISSOLVED)
    run_timer(trial)
    assert {row["community"] for row in trial.arrivals()} == {"c2"}
    assert {row["id"]: row["worker"] for row in trial.arrivals()} == before
    (told,) = trial.events("place.changed")
    assert (told["data"]["removed"], told["data"]["successor"]) == (True, "c2")
    assert as_event({**told, "source": "/x/y"}).problems == ()
    assert len(trial.events("arrival.reassessed")) == 7
    assert run_timer(trial) == []
    assert trial.read(balance.audit)["balanced"]


def test_whoever_is_told_to_a_dissolved_community_comes_to_its_successor(trial: Trial) -> None:
    places(trial, DISSOLVED)
    trial.receive(report(1), report(2, address="枣林社区5号"), report(3, address="和平家园1号楼"))
    assert {row["community"] for row in trial.arrivals()} == {"c2"}
    assert {row["grid"] for row in trial.arrivals()} == {"g1", None}
    assert all(row["worker"] for row in trial.arrivals())


def test_a_second_report_after_the_merger_is_about_the_same_coming(trial: Trial) -> None:
    trial.receive(report(1))
    places(trial, DISSOLVED)
    trial.receive(report(1, publisher="police", address="段家滩社区石榴雅苑3号楼"))
    (arrival,) = trial.arrivals()
    assert (arrival["reports"], arrival["community"]) == (2, "c2")


def test_the_arrivals_of_a_place_that_only_ends_are_left_with_their_workers_or_wait(trial: Trial) -> None:
    trial.receive(*(report(order, address="和平家园1号楼") for order in range(3)))
    places(trial, "c2,s1,community,段家滩社区,,,,true,")
    members(trial, "w3,grid_worker,g1,赵五,13909310003,zh-CN,false,")
    run_timer(trial)
    rows = trial.arrivals()
    assert {(row["street"], row["community"]) for row in rows} == {("s1", None)}
    assert len(trial.waiting()) == 3, "on the street's list, with a clock"
    assert trial.read(balance.audit)["balanced"]


def test_a_big_community_is_dissolved_page_by_page(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(450)))
    places(trial, DISSOLVED)
    assert run_timer(trial) == [200, 200, 50]
    assert {row["community"] for row in trial.arrivals()} == {"c2"}


def test_a_place_is_looked_at_once_more_for_who_was_just_being_placed_there(trial: Trial) -> None:
    trial.receive(report(1))
    (before,) = trial.arrivals()
    places(trial, DISSOLVED)
    run_timer(trial)
    with trial.database.begin() as conn:  # a replica that had not yet heard
        placed = {"community": "c1", "placed_with": before["placed_with"]}
        conn.execute(t.arrivals.update().values(**placed))
    assert run_timer(trial) == []
    trial.clock.moment = NOON + timedelta(minutes=3)
    assert run_timer(trial) == [1]
    trial.clock.moment = NOON + timedelta(minutes=6)
    assert run_timer(trial) == []
    assert {row["look_at"] for row in trial.rows(t.places)} == {None}


def test_a_file_of_before_ends_and_revives_no_place(trial: Trial) -> None:
    places(trial, DISSOLVED)
    with trial.work.unit() as uow:
        assert import_places(uow, PLACES)["unchanged"] == 7
    assert places(trial, DISSOLVED.replace("true,c2", "false,"))["changed"] == 1
    trial.receive(report(1))
    assert trial.arrivals()[0]["community"] == "c1"


def test_two_mergers_one_after_the_other_lead_to_the_last_place(trial: Trial) -> None:
    trial.receive(report(1))
    places(trial, "c3,s1,community,新社区,,,,,", DISSOLVED)
    run_timer(trial)
    places(trial, DISSOLVED, "c2,s1,community,段家滩社区,,,,true,c3")
    run_timer(trial)
    assert where(trial) == {("c3", "g1", trial.arrivals()[0]["worker"]): 1}


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("c1,s1,community,枣林社区,枣林,,,false,c2", "successor", "not_removed"),
        ("c1,s1,community,枣林社区,枣林,,,true,c9", "successor", "unknown"),
        ("c1,s1,community,枣林社区,枣林,,,true,c1", "successor", "unknown"),
        ("c1,s1,community,枣林社区,枣林,,,true,g1", "successor", "other_level"),
        ("c1,s1,community,枣林社区,枣林,,,perhaps,", "removed", "unknown"),
    ],
)
def test_an_end_that_leads_nowhere_is_refused(trial: Trial, row: str, column: str, code: str) -> None:
    with pytest.raises(Refused) as error:
        places(trial, row)
    assert [(fault.where, fault.code) for fault in error.value.faults] == [(f"row 2, {column}", code)]
