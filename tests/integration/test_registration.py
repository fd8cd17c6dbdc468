"""Registration on both databases: reports become arrivals, whatever their order, and nothing is dropped."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from chassis.errors import Wrong
from contracts.envelope import event_document
from services.registration import queries
from services.registration import tables as t
from services.registration.domain.imports import BadInput
from services.registration.domain.risk_lists import read_official
from services.registration.usecases.assign_waiting import assign_waiting
from services.registration.usecases.receive_reports import correct_report, receive_reports
from services.registration.usecases.reference import import_places, import_staff, keep_policies
from services.registration.usecases.risk_lists import import_risk_list, keep_risk_lists

sys.path.insert(0, str(Path(__file__).parent))
from registration_trial import (
    CHINA,
    NOON,
    PLACES,
    RISKY,
    SAFE,
    STAFF,
    Trial,
    as_event,
    person,
    prepare,
    report,
    risk_list,
)


@pytest.fixture
def trial(database_url: Callable[..., str]) -> Iterator[Trial]:
    trial = Trial(database_url("registration", prepare))
    yield trial
    trial.database.dispose()


def outcomes(trial: Trial) -> list[str]:
    return sorted(row["outcome"] for row in trial.rows(t.reports, "id"))


# -- one report ---------------------------------------------------------------------------------------------


def test_a_report_becomes_an_arrival_with_risk_place_and_worker(trial: Trial) -> None:
    trial.receive(report(1, stops=[RISKY]))
    (row,) = trial.arrivals()
    assert (row["state"], row["community"], row["grid"], row["placed_by"]) == ("assigned", "c1", "g1", "name")
    assert row["worker"] in ("w1", "w2")
    assert (row["risk_level"], row["risk_certainty"], str(row["left_on"])) == ("high", "exact", "2022-09-30")
    (event,) = trial.events("arrival.registered")
    assert event["id"] == f"arrival.registered:{row['id']}:1"
    assert event["correlationid"] == "rail-1"
    assert event["data"]["risk"]["areas"][0]["place"] == "京怡家园4号楼"
    assert as_event({**event, "source": "/x/y"}).problems == ()
    (reply,) = trial.events("report.accepted")
    assert reply["data"]["outcome"] == "registered"
    assert reply["data"]["arrival_ids"] == [row["id"]]
    assert as_event({**reply, "source": "/x/y"}).problems == ()


def test_nothing_personal_is_stored_or_told_in_clear(trial: Trial) -> None:
    one = person(1)
    trial.receive(report(1, address="石榴雅苑3号楼77室"), report(2, people=[{**person(2), "phone": "1"}]))
    everything = "".join(str(dict(row)) for table in t.metadata.sorted_tables for row in trial.rows(table))
    for secret in (one["name"], one["identity_number"], one["phone"], "77室", person(2)["name"]):
        assert secret not in everything


def test_what_fails_is_kept_with_all_reasons_and_told_to_its_source(trial: Trial) -> None:
    wrong = report(1, people=[{**person(1), "identity_number": "620402196001020011", "phone": "1"}])
    trial.receive(wrong)
    assert trial.arrivals() == []
    (kept,) = trial.rows(t.reports)
    assert kept["outcome"] == "needs_correction"
    assert trial.sealer.unseal(kept["sealed"], "report") == wrong
    (reply,) = trial.events("report.rejected")
    assert {reason["code"] for reason in reply["data"]["reasons"]} == {"identity_checksum", "phone_invalid"}
    assert as_event({**reply, "source": "/x/y"}).problems == ()
    (listed,) = trial.read(queries.needs_correction)
    assert listed["event_id"] == "rail-1"


def test_wrong_fields_are_reasons_too(trial: Trial) -> None:
    broken = report(1)
    broken["data"]["stops"][0]["from"] = "2022/09/20"
    del broken["data"]["person"]
    trial.receive(broken)
    (reply,) = trial.events("report.rejected")
    assert {reason["field"] for reason in reply["data"]["reasons"]} == {"stops[0].from", "person"}


@pytest.mark.parametrize("year", ["0001", "9999"])
def test_times_at_the_ends_of_the_calendar_are_reasons_not_errors(trial: Trial, year: str) -> None:
    trial.receive(report(1, at=f"{year}-01-01T00:00:00+08:00", told=f"{year}-12-31T23:59:59-08:00"))
    (reply,) = trial.events("report.rejected")
    assert [reason["field"] for reason in reply["data"]["reasons"]] == ["time", "arrival.at"]


def test_a_source_that_is_not_the_publishers_is_refused(trial: Trial) -> None:
    with trial.work.unit() as uow:
        receive_reports(uow, [replace(as_event(report(1)), publisher="police")])
    (reply,) = trial.events("report.rejected")
    assert reply["data"]["reasons"][0]["code"] == "source_not_publisher"


def test_a_corrected_report_goes_the_same_way_and_both_are_kept(trial: Trial) -> None:
    wrong = report(1, people=[{**person(1), "phone": "1"}])
    trial.receive(wrong)
    (kept,) = trial.rows(t.reports)
    with trial.work.unit() as uow:
        new_id = correct_report(uow, kept["id"], report(1)["data"], by="officer-1")
    assert outcomes(trial) == ["corrected", "registered"]
    (again,) = [row for row in trial.rows(t.reports) if row["id"] == new_id]
    assert (again["corrects"], again["corrected_by"]) == (kept["id"], "officer-1")
    assert len(trial.arrivals()) == 1
    with pytest.raises(Wrong), trial.work.unit() as uow:
        correct_report(uow, kept["id"], report(1)["data"], by="officer-1")
    assert trial.read(queries.audit)["balanced"]


def test_a_correction_that_is_wrong_too_needs_correction_again(trial: Trial) -> None:
    trial.receive(report(1, people=[{**person(1), "phone": "1"}]))
    (kept,) = trial.rows(t.reports)
    with trial.work.unit() as uow:
        correct_report(uow, kept["id"], {"person": 5}, by="officer-1")
    assert outcomes(trial) == ["corrected", "needs_correction"]


def test_an_expected_arrival_becomes_reported_when_its_coming_is_told(trial: Trial) -> None:
    trial.receive(report(1, publisher="self", expected=True, at="2022-10-02T10:00:00+08:00"))
    assert trial.arrivals()[0]["state"] == "expected"
    trial.receive(report(1, at="2022-10-01T10:00:00+08:00"))
    (row,) = trial.arrivals()
    assert (row["state"], row["expected"], row["reports"]) == ("assigned", False, 2)
    assert row["arrived_at"] == datetime(2022, 10, 1, 10, tzinfo=CHINA)


# -- several reports ----------------------------------------------------------------------------------------


def test_two_sources_of_one_coming_are_one_arrival(trial: Trial) -> None:
    trial.receive(report(1), report(1, publisher="police", told="2022-10-01T11:00:00+08:00"))
    assert outcomes(trial) == ["merged", "registered"]
    (row,) = trial.arrivals()
    assert row["reports"] == 2
    assert len(trial.events("arrival.registered")) == 1
    assert trial.events("arrival.reassessed") == []


def test_a_later_report_with_a_risky_stop_raises_the_arrival(trial: Trial) -> None:
    trial.receive(report(1))
    trial.receive(report(1, publisher="police", stops=[RISKY], told="2022-10-01T11:00:00+08:00"))
    (event,) = trial.events("arrival.reassessed")
    assert event["aggregateversion"] == 2
    assert event["data"]["change"] == {"why": ["stop_added", "risk_raised"], "previous_level": "none"}
    assert event["data"]["risk"]["level"] == "high"
    assert as_event({**event, "source": "/x/y"}).problems == ()


def test_a_report_that_says_nothing_new_makes_no_event(trial: Trial) -> None:
    trial.receive(report(1))
    trial.receive(report(1, publisher="police", told="2022-10-01T11:00:00+08:00"))
    assert trial.events("arrival.reassessed") == []
    assert trial.arrivals()[0]["reports"] == 2


def test_a_coming_elsewhere_or_three_days_later_is_another_arrival(trial: Trial) -> None:
    trial.clock.moment = datetime(2022, 10, 5, tzinfo=CHINA)
    trial.receive(
        report(1),
        report(1, publisher="police", address="和平家园1号楼"),
        report(1, publisher="self", at="2022-10-04T11:00:00+08:00"),
    )
    assert len(trial.arrivals()) == 3
    assert len({row["person_id"] for row in trial.arrivals()}) == 1


def test_name_and_phone_find_the_person_that_has_a_number(trial: Trial) -> None:
    bare = {**person(1), "identity_number": None, "identity_type": None, "phone": "+86 139-0000-0001"}
    trial.receive(report(1), report(1, publisher="gate", people=[bare]))
    (row,) = trial.arrivals()
    assert trial.person_of(row)["identity_number"] == person(1)["identity_number"]


def test_the_same_name_and_phone_with_another_number_is_a_possible_duplicate(trial: Trial) -> None:
    other = {**person(1), "identity_number": person(2)["identity_number"]}
    trial.receive(report(1), report(1, publisher="police", people=[other]))
    assert len(trial.arrivals()) == 2
    (pair,) = trial.rows(t.possible_duplicates)
    assert (pair["why"], pair["state"]) == ("same_name_and_phone", "open")


def test_a_report_that_fits_two_arrivals_opens_a_possible_duplicate(trial: Trial) -> None:
    trial.clock.moment = datetime(2022, 10, 9, tzinfo=CHINA)
    trial.receive(report(1), report(1, id="b", at="2022-10-04T09:00:00+08:00"))
    trial.receive(report(1, publisher="police", at="2022-10-02T22:00:00+08:00"))
    (pair,) = trial.rows(t.possible_duplicates)
    assert pair["why"] == "fits_two_arrivals"
    assert [row["reports"] for row in trial.rows(t.arrivals, "arrived_at")] == [2, 1]


def test_companions_are_arrivals_of_the_same_household(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), person(2), person(3)]))
    rows = trial.arrivals()
    assert len(rows) == 3
    assert len({row["household_id"] for row in rows}) == 1
    (reply,) = trial.events("report.accepted")
    assert sorted(reply["data"]["arrival_ids"]) == [row["id"] for row in rows]


def test_a_later_companion_joins_households_and_says_so(trial: Trial) -> None:
    trial.receive(report(1), report(2), report(3, people=[person(3), person(4)]))
    trial.receive(report(9, publisher="police", people=[person(1), person(3)]))
    rows = {trial.person_of(row)["name"]: row for row in trial.arrivals()}
    joined = {rows[name]["household_id"] for name in ("旅客1", "旅客3", "旅客4")}
    assert len(joined) == 1
    assert rows["旅客2"]["household_id"] not in joined
    changed = trial.events("arrival.reassessed")
    assert all("companion_added" in event["data"]["change"]["why"] for event in changed)
    assert trial.read(queries.audit)["balanced"]


def family_day() -> list[dict[str, Any]]:
    """40 comings, told by 100 reports: two or three sources each, families, stops one by one."""
    documents = []
    for order in range(40):
        minutes = order % 60
        told = f"2022-10-01T10:{minutes:02d}:00+08:00"
        people = [person(order)] + ([person(order + 500)] if order % 4 == 0 else [])
        documents.append(report(order, people=people, told=told))
        documents.append(report(order, publisher="police", stops=[RISKY] if order % 3 else [], told=told))
        if order % 2:
            bare = {**person(order), "identity_number": None, "identity_type": None}
            documents.append(report(order, publisher="gate", people=[bare], stops=[], told=told))
    return documents


def state_of(trial: Trial) -> list[tuple[Any, ...]]:
    return sorted(
        (
            trial.person_of(row)["name"],
            trial.person_of(row)["identity_number"],
            row["arrived_at"],
            row["risk_level"],
            row["reports"],
            tuple(row["source_kinds"]),
            row["state"],
        )
        for row in trial.arrivals()
    )


@pytest.mark.parametrize("seed", range(3))
def test_the_order_and_packing_of_reports_change_nothing(
    trial: Trial, database_url: Callable[..., str], seed: int
) -> None:
    documents = family_day()
    trial.receive(*documents)
    other = Trial(database_url("registration", prepare))
    other.shuffled(documents, seed, batch=(1, 7, 33)[seed])
    assert state_of(other) == state_of(trial)
    assert len(state_of(trial)) == 50
    assert other.read(queries.audit)["balanced"]


def test_two_replicas_never_register_one_coming_twice(trial: Trial) -> None:
    documents = family_day()
    failures: list[BaseException] = []

    def replica(mine: list[dict[str, Any]]) -> None:
        try:
            Trial(trial.url).receive(*mine, batch=10)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=replica, args=(documents[part::3],)) for part in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert failures == []
    assert len(trial.arrivals()) == 50
    assert trial.read(queries.audit)["balanced"]


# -- places, staff, policies --------------------------------------------------------------------------------


def test_arrivals_are_shared_evenly_among_the_workers_of_a_grid(trial: Trial) -> None:
    trial.receive(*(report(order) for order in range(20)), batch=6)
    workers = [row["worker"] for row in trial.arrivals()]
    assert (workers.count("w1"), workers.count("w2")) == (10, 10)


def test_who_turns_out_to_live_in_another_grid_goes_to_that_grids_worker(trial: Trial) -> None:
    with trial.work.unit() as uow:
        import_places(uow, PLACES + "g2,c1,grid,二网格,,,\ny3,g2,courtyard,海棠院,,,managed\n")
    with trial.work.unit() as uow:
        import_staff(uow, STAFF + "w4,grid_worker,g2,孙二,13909310004,zh-CN,true\n")
    trial.receive(*(report(order) for order in range(3)))
    trial.receive(report(9, address="枣林社区"))
    trial.receive(
        report(9, publisher="police", address="枣林社区海棠院2号楼", told="2022-10-01T11:00:00+08:00")
    )
    (moved,) = [row for row in trial.arrivals() if row["reports"] == 2]
    assert (moved["grid"], moved["worker"]) == ("g2", "w4")


def test_a_destination_nobody_knows_waits_on_the_streets_list(trial: Trial) -> None:
    trial.receive(report(1, address="拱星墩街道无名路3号"))
    (waiting,) = trial.read(queries.unassigned, NOON, street="s1")
    assert (waiting["community"], waiting["waiting_minutes"]) == (None, 0)
    assert trial.read(queries.unassigned, NOON, street="s9") == []


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


def test_whoever_waits_is_assigned_when_places_and_staff_come(trial: Trial) -> None:
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
    assert trial.read(queries.audit)["balanced"]


def test_a_table_with_errors_is_not_half_imported(trial: Trial) -> None:
    with pytest.raises(BadInput), trial.work.unit() as uow:
        import_places(uow, PLACES + "y3,g1,courtyard,新苑,,,\ny4,nowhere,courtyard,旧苑,,,\n")
    assert len(trial.rows(t.places)) == 7
    assert trial.events("place.changed") == []


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
        keep_policies(uow, [policy(3, 7), policy(2, 30)])
    with trial.work.unit() as uow:
        keep_policies(uow, [policy(1, 21)])
    (kept,) = trial.rows(t.policies)
    assert (kept["version"], kept["document"]) == (3, {"look_back_days": 7})


def test_the_policy_says_how_many_days_a_stop_concerns_later_lists(trial: Trial) -> None:
    early = {**RISKY, "from": "2022-09-10", "to": "2022-09-20"}
    trial.receive(report(1, stops=[early]))
    with trial.work.unit() as uow:
        keep_policies(uow, [policy(1, 7)])
    trial.receive(report(2, stops=[early]))
    levels = {trial.person_of(row)["name"]: row["risk_level"] for row in trial.arrivals()}
    assert levels == {"旅客1": "high", "旅客2": "none"}


# -- risk lists ---------------------------------------------------------------------------------------------

EVENING = risk_list(high=["新小区"], medium=["京怡家园4号楼"], at="2022-10-01 21时")
NEXT_DAY = risk_list(high=["新小区"], at="2022-10-02 8时")


def import_list(trial: Trial, document: dict[str, Any]) -> dict[str, Any]:
    with trial.work.unit() as uow:
        return import_risk_list(uow, read_official(document, CHINA), "test")


def areas_of(trial: Trial) -> list[tuple[Any, ...]]:
    rows = trial.rows(t.risk_areas)
    return sorted(
        (row["place"], row["level"], row["valid_from"], row["valid_to"] or datetime.max) for row in rows
    )


def test_the_next_list_says_what_is_new_changed_and_ended(trial: Trial) -> None:
    found = import_list(trial, EVENING)
    assert (found["new"], found["changed"], found["ended"], found["unchanged"]) == (1, 1, 0, 0)
    found = import_list(trial, NEXT_DAY)
    assert (found["new"], found["changed"], found["ended"], found["unchanged"]) == (0, 0, 1, 1)
    assert found["ended_areas"][0]["place"] == "京怡家园4号楼"


def test_the_same_list_again_changes_nothing(trial: Trial) -> None:
    before = areas_of(trial)
    assert import_list(trial, risk_list())["already_imported"]
    assert areas_of(trial) == before


def test_another_list_of_the_same_time_is_refused(trial: Trial) -> None:
    with pytest.raises(BadInput):
        import_list(trial, risk_list(high=["another"]))


def test_lists_may_come_in_any_order(trial: Trial, database_url: Callable[..., str]) -> None:
    import_list(trial, EVENING)
    import_list(trial, NEXT_DAY)
    other = Trial(database_url("registration", prepare))
    import_list(other, NEXT_DAY)
    import_list(other, EVENING)
    assert areas_of(other) == areas_of(trial)


def test_an_area_that_ended_still_concerns_whoever_was_there(trial: Trial) -> None:
    import_list(trial, risk_list(high=["别处"], at="2022-10-01 11时"))
    trial.receive(report(1, stops=[RISKY]))
    assert trial.arrivals()[0]["risk_level"] == "high"


def list_event(official: dict[str, Any]) -> Any:
    data = {
        "list_id": "nhc-1",
        "published_at": "2022-10-01T21:00:00+08:00",
        "source": "NHC",
        "official": official,
    }
    document = event_document(
        id="nhc-1", source="/nhc", type="risk_list.published", subject="nhc-1", time=NOON, data=data
    )
    return as_event({**document, "source": "/nhc/lists"})


def test_a_published_list_comes_as_an_event_too(trial: Trial) -> None:
    with trial.work.unit() as uow:
        keep_risk_lists(uow, [list_event(EVENING)])
    assert {row["id"] for row in trial.rows(t.risk_lists)} == {"official-2022100108", "nhc-1"}


def test_a_broken_list_is_wrong_work_and_leaves_nothing(trial: Trial) -> None:
    with pytest.raises(Wrong), trial.work.unit() as uow:
        keep_risk_lists(uow, [list_event({"data": {}})])
    assert len(trial.rows(t.risk_lists)) == 1


# -- trace and audit ----------------------------------------------------------------------------------------


def test_trace_tells_the_whole_story_of_an_arrival(trial: Trial) -> None:
    trial.receive(report(1, stops=[RISKY], people=[person(1), person(2)]), report(1, publisher="police"))
    arrival_id = trial.events("report.accepted")[0]["data"]["arrival_ids"][0]
    found = trial.read(queries.trace, arrival_id, sealer=trial.sealer)
    assert [one["publisher"] for one in found["reports"]] == ["rail", "police"]
    assert found["reports"][0]["stops"][0]["division"] == "620402"
    assert found["risk"]["areas"][0]["place"] == "京怡家园4号楼"
    assert found["destination"]["community"] == {"place_id": "c1", "name": "枣林社区"}
    assert found["worker"]["name"] in ("张三", "李四")
    assert found["person"]["name"] == "旅客1"
    assert len(found["household"]) == 2
    assert "person" not in trial.read(queries.trace, arrival_id)
    assert trial.read(queries.trace, "00000000-0000-7000-8000-000000000000") is None


def test_audit_names_an_arrival_that_was_removed_by_hand(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1), person(2)]), report(3))
    assert trial.read(queries.audit)["balanced"]
    ids = list(trial.read(lambda conn: list(queries.stream_arrival_ids(conn))))
    assert len(ids) == 3
    for arrival_id in ids[:2]:
        with trial.database.begin() as conn:
            conn.execute(delete(t.arrivals).where(t.arrivals.c.id == arrival_id))
    found = trial.read(queries.audit)
    assert not found["balanced"]
    assert sorted(one["arrival_id"] for one in found["missing"]) == ids[:2]


def test_audit_names_an_arrival_whose_report_is_gone(trial: Trial) -> None:
    trial.receive(report(1), report(2))
    lost = trial.rows(t.reports)[0]
    with trial.database.begin() as conn:
        conn.execute(delete(t.reports).where(t.reports.c.id == lost["id"]))
    found = trial.read(queries.audit)
    assert not found["balanced"]
    assert found["short_of_reports"] == [{"arrival_id": lost["arrival_id"], "counted": 1, "found": 0}]


def test_audit_notices_an_arrival_without_worker_that_is_on_no_list(trial: Trial) -> None:
    trial.receive(report(1))
    with trial.database.begin() as conn:
        conn.execute(update(t.arrivals).values(worker=None))
    assert not trial.read(queries.audit)["balanced"]


def test_the_last_event_of_each_arrival_follows_from_its_version(trial: Trial) -> None:
    trial.receive(report(1), report(2))
    trial.receive(report(1, publisher="police", stops=[SAFE, RISKY]))
    recorded = {e["id"] for kind in ("registered", "reassessed") for e in trial.events(f"arrival.{kind}")}
    last = dict(trial.read(lambda conn: list(queries.stream_last_events(conn))))
    assert set(last.values()) <= recorded
    assert sorted(one.split(":")[0] for one in last.values()) == ["arrival.reassessed", "arrival.registered"]
