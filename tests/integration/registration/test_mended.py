"""At the first visit half of all data are mended: phone, door, name, language, one more of the household."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis.commands.command import Outcome
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.following.mend_person import mend_person
from tests.integration.registration.following import RESIDENT, arrival, carry_out, command, follow, reasons
from tests.integration.registration.trial import NOON, Trial, person, report


def mend(trial: Trial, arrival_id: str, author: Any = None, **right: Any) -> Outcome:
    more = {"author": author} if author else {}
    said = command(trial, "person.mended", {"arrival_id": arrival_id, **right}, **more)
    [outcome] = carry_out(trial, mend_person, said)
    return outcome


def here(trial: Trial, **changed: Any) -> str:
    trial.receive(report(1, **changed))
    (row,) = trial.arrivals()
    return str(row["id"])


def balanced(trial: Trial) -> bool:
    return bool(trial.read(balance.audit)["balanced"])


def test_a_mended_phone_counts_over_every_report_and_the_old_one_is_nobodys(trial: Trial) -> None:
    id = here(trial)
    assert mend(trial, id, phone="138 0013 8000").kind == "done"
    assert trial.person_of(arrival(trial, id))["phone"] == "13800138000"
    assert reasons(trial) == [["phone_changed", "phone_taken_back", "details_added"]]
    trial.receive(report(1, publisher="self", source_kind="self", time="2022-10-01T13:00:00+08:00"))
    assert trial.person_of(arrival(trial, id))["phone"] == "13800138000", "a source repeats the old number"
    (line,) = trial.rows(t.arrival_history)
    assert line["detail"] == {"mended": ["phone"]} and "13800138000" not in str(dict(line))
    assert balanced(trial)


def test_whoever_is_reported_with_the_right_phone_is_the_same_person(trial: Trial) -> None:
    unnumbered = {**person(1), "identity_number": None, "identity_type": None}
    id = here(trial, people=[unnumbered])
    mend(trial, id, phone="13800138000")
    trial.receive(report(2, publisher="bus", people=[{**unnumbered, "phone": "13800138000"}]))
    assert [row["reports"] for row in trial.arrivals()] == [2], "one coming, known from two reports"
    assert balanced(trial)


def test_a_mended_door_moves_the_arrival_to_the_worker_there_and_settles_the_matter(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "no_such_door")
    where = {"division": "620102", "address": "段家滩社区和平家园2号楼"}
    mend(trial, id, destination=where, name="旅客壹", language="en")
    row = arrival(trial, id)
    assert (row["community"], row["worker"], row["to_settle"], row["language"]) == ("c2", "w3", None, "en")
    inside = trial.person_of(row)
    assert (inside["name"], inside["address"]) == ("旅客壹", where["address"])
    assert balanced(trial)


def test_an_address_that_names_no_place_leaves_them_in_their_community(trial: Trial) -> None:
    id = here(trial)
    before = arrival(trial, id)
    mend(trial, id, destination={"address": "3号楼2单元502"})
    row = arrival(trial, id)
    assert [row[part] for part in ("street", "community", "worker", "division")] == [
        before[part] for part in ("street", "community", "worker", "division")
    ]
    assert trial.person_of(row)["address"] == "3号楼2单元502"
    mend(trial, id, destination={"address": "段家滩社区5号楼"})
    assert arrival(trial, id)["community"] == "c2", "by the division that the reports name"
    mend(trial, id, destination={"division": "620102014 "})
    assert arrival(trial, id)["community"] == "c2", "by the address that was mended before"
    mend(trial, id, destination={"division": "110101"})
    assert arrival(trial, id)["community"] is None, "a division elsewhere is named"
    assert [fault.code for fault in mend(trial, id, destination={"division": "x"}).faults] == [
        "division_unknown"
    ]
    assert balanced(trial)


def test_one_more_of_the_household_goes_to_the_door_and_phone_that_are_right_now(trial: Trial) -> None:
    id = here(trial)
    where = {"division": "620102", "address": "段家滩社区和平家园2号楼"}
    child = {"name": "甘小满", "birth_date": "2022-05-20"}
    outcome = mend(trial, id, phone="13800138000", destination=where, companion=child)
    assert outcome.kind == "done", outcome.faults
    found = arrival(trial, outcome.result["companion"])
    assert (found["community"], found["worker"]) == ("c2", "w3")
    inside = trial.person_of(found)
    assert (inside["contact"]["phone"], inside["address"]) == ("13800138000", where["address"])
    (line,) = trial.rows(t.arrival_history)
    assert line["detail"] == {
        "mended": ["address", "companion", "division", "phone"],
        "companion": found["id"],
    }
    assert balanced(trial)


def test_faults_of_old_in_what_is_known_refuse_nobody_of_the_household(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "verified", arrived_at=NOON - timedelta(days=4))  # before the end of the last stop
    outcome = mend(trial, id, companion={"name": "甘小满", "birth_date": "2022-05-20"})
    assert outcome.kind == "done", outcome.faults
    assert len({row["household_id"] for row in trial.arrivals()}) == 1


def test_one_more_of_the_household_is_an_arrival_followed_with_it(trial: Trial) -> None:
    id = here(trial)
    outcome = mend(trial, id, companion={"name": "甘小满", "birth_date": "2022-05-20"})
    assert outcome.kind == "done", outcome.faults
    child = arrival(trial, outcome.result["companion"])
    first = arrival(trial, id)
    assert child["household_id"] == first["household_id"] and child["risk_level"] == first["risk_level"]
    assert child["community"] == first["community"]
    assert trial.person_of(child)["contact"]["phone"] == person(1)["phone"], (
        "reached through whoever it is with"
    )
    assert reasons(trial) == [["companion_added"]]
    assert len(trial.events("arrival.registered")) == 2
    assert balanced(trial)


def test_what_cannot_be_right_is_refused_with_all_faults_and_nothing_is_kept(trial: Trial) -> None:
    id = here(trial)
    outcome = mend(trial, id, phone="12", destination={"address": " "})
    assert {fault.where for fault in outcome.faults} == {"phone", "destination"}
    assert mend(trial, id).kind == "invalid"
    wrong = {"name": "李四", "identity_type": "resident_id", "identity_number": "620402196001020011"}
    refused = mend(trial, id, phone="13800138000", companion=wrong)
    assert [fault.where for fault in refused.faults] == ["companion.identity_number"]
    assert trial.rows(t.arrival_history) == [] and len(trial.arrivals()) == 1
    assert mend(trial, "x", phone="13800138000").kind == "unknown"


def test_a_resident_mends_phone_and_language_only(trial: Trial) -> None:
    id = here(trial)
    assert mend(trial, id, RESIDENT, name="别人").kind == "not_allowed"
    assert mend(trial, id, RESIDENT, phone="13800138000", language="en").kind == "done"


def test_two_persons_under_one_name_and_phone_become_rivals_and_stay_two(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1, name="王小明")]), report(2, people=[person(2, name="王小明")]))
    one, other = (row["id"] for row in trial.arrivals())
    theirs = trial.person_of(arrival(trial, other))["phone"]
    assert mend(trial, one, phone=theirs).kind == "done"
    assert len({row["person_id"] for row in trial.arrivals()}) == 2
    assert len(trial.rows(t.person_rivals)) == 2
