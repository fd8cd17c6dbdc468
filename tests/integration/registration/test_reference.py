"""Places and staff decide who gets an arrival, and policies how far back a stop concerns it."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.envelope import event_document
from contracts.faults import Refused
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.arrivals.assign_waiting import assign_waiting
from services.registration.places.import_places import import_places
from services.registration.policies.keep_policies import POLICIES
from services.registration.staff.import_staff import import_staff
from tests.integration.registration.trial import NOON, PLACES, RISKY, STAFF, Trial, as_event, report

# -- places and staff -------------------------------------------------------------------------------------


def test_arrivals_are_shared_evenly_among_the_workers_of_a_grid(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(20)), batch=6)
    workers = [row["worker"] for row in trial.arrivals()]
    assert (workers.count("w1"), workers.count("w2")) == (10, 10)


def test_an_arrival_found_to_live_in_another_grid_goes_to_its_worker(trial: Trial) -> None:
    with trial.work.unit() as uow:
        import_places(uow, PLACES + "g2,c1,grid,二网格,,,\ny3,g2,courtyard,海棠院,,,managed\n")
    with trial.work.unit() as uow:
        import_staff(uow, STAFF + "w4,grid_worker,g2,孙二,13909310004,zh-CN,true\n")
    trial.receive(*(report(order) for order in range(3)))
    trial.receive(report(9, address="枣林社区"))
    trial.receive(
        report(9, publisher="police", address="枣林社区海棠院2号楼", time="2022-10-01T11:00:00+08:00")
    )
    (moved,) = [row for row in trial.arrivals() if row["reports"] == 2]
    assert (moved["grid"], moved["worker"]) == ("g2", "w4")


def test_a_destination_nobody_knows_waits_on_the_streets_list(trial: Trial) -> None:
    trial.receive(report(1, address="拱星墩街道无名路3号"))
    (waiting,) = trial.waiting()
    assert (waiting["street"], waiting["community"], waiting["unassigned_since"]) == ("s1", None, NOON)


def test_imported_places_and_staff_are_announced_once(trial: Trial) -> None:
    with trial.work.unit() as uow:
        assert import_places(uow, PLACES)["unchanged"] == 7
        assert import_staff(uow, STAFF)["unchanged"] == 3
    assert trial.events("place.changed") == []
    with trial.work.unit() as uow:
        import_places(uow, PLACES.replace("和平家园,", "和平苑,"))
        import_staff(uow, STAFF.replace("13909310001", "13909310009"))
    (place,) = trial.events("place.changed")
    assert (place["subject"], place["aggregateversion"], place["data"]["name"]) == ("y2", 2, "和平苑")
    assert as_event({**place, "source": "/x/y"}).problems == ()
    (member,) = trial.events("staff.changed")
    assert (member["subject"], member["aggregateversion"]) == ("w1", 2)
    assert trial.sealer.unseal(member["data"]["person"])["phone"] == "13909310009"
    assert as_event({**member, "source": "/x/y"}).problems == ()


def test_the_next_report_sees_what_was_imported(trial: Trial) -> None:
    trial.receive(report(1, address="新苑1号楼"))
    with trial.work.unit() as uow:
        import_places(uow, PLACES + "y3,g1,courtyard,新苑,,,\n")
    trial.receive(report(2, address="新苑1号楼"))
    grids = {trial.person_of(row)["name"]: row["grid"] for row in trial.arrivals()}
    assert grids == {"旅客1": None, "旅客2": "g1"}


def test_waiting_arrivals_are_assigned_when_places_and_staff_come(trial: Trial) -> None:
    trial.receive(report(1, address="新苑1号楼", stops=[RISKY]), report(2, address="无名路"))
    with trial.work.unit() as uow:
        assert assign_waiting(uow) == 0
        import_places(uow, PLACES + "c9,s1,community,新苑社区,,,\ny3,c9,courtyard,新苑,,,\n")
    with trial.work.unit() as uow:
        assert assign_waiting(uow) == 2
    assert sorted(row["community"] or "" for row in trial.arrivals()) == ["", "c9"]
    with trial.work.unit() as uow:
        import_staff(uow, STAFF + "w9,grid_worker,c9,钱七,13909310009,zh-CN,true\n")
    with trial.work.unit() as uow:
        assert assign_waiting(uow) == 2
        assert assign_waiting(uow) == 0
    (last,) = [event for event in trial.events("arrival.reassessed") if event["aggregateversion"] == 3]
    assert (last["data"]["worker"], last["data"]["risk"]["level"]) == ("w9", "high")
    assert last["correlationid"] == "rail-1"
    trial.receive(report(1, publisher="police", address="新苑1号楼"))
    assert len(trial.arrivals()) == 2
    assert trial.read(balance.audit)["balanced"]


def test_a_table_with_errors_is_not_half_imported(trial: Trial) -> None:
    with pytest.raises(Refused), trial.work.unit() as uow:
        import_places(uow, PLACES + "y3,g1,courtyard,新苑,,,\ny4,nowhere,courtyard,旧苑,,,\n")
    assert len(trial.rows(t.places)) == 7
    assert trial.events("place.changed") == []


# -- policies ---------------------------------------------------------------------------------------------


def policy(version: int, days: int, **changed: Any) -> Any:
    data = {
        "policy_id": "p",
        "edition": str(version),
        "title": "p",
        "source": "test",
        "valid_from": "2022-01-01",
        "valid_to": None,
        "places": [],
        "document": {"look_back_days": days},
    }
    document = event_document(
        id=f"p:{version}",
        source="/doorstep/isolation",
        type="policy.published",
        subject="p",
        aggregateversion=version,
        time=NOON,
        data=data | changed,
    )
    return as_event(document)


def test_of_a_policy_the_newest_version_counts_whatever_the_order(trial: Trial) -> None:
    with trial.work.unit() as uow:
        POLICIES.keep(uow, [policy(3, 7), policy(2, 30)])
    with trial.work.unit() as uow:
        POLICIES.keep(uow, [policy(1, 21)])
    (kept,) = trial.rows(t.policies)
    assert (kept["version"], kept["document"]) == (3, {"look_back_days": 7})


def test_the_policy_says_how_many_days_a_stop_concerns_later_lists(trial: Trial) -> None:
    early = {**RISKY, "from": "2022-09-10", "to": "2022-09-20"}
    trial.receive(report(1, stops=[early]))
    with trial.work.unit() as uow:
        POLICIES.keep(uow, [policy(1, 7)])
    trial.receive(report(2, stops=[early]))
    levels = {trial.person_of(row)["name"]: row["risk_level"] for row in trial.arrivals()}
    assert levels == {"旅客1": "high", "旅客2": "none"}
