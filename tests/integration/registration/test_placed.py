"""An officer says in which place an arrival lies whose address says so to nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from chassis.commands.command import Outcome
from field.scope import EVERYWHERE, Scope
from services.registration import handover
from services.registration import tables as t
from services.registration.arrivals import balance, queries
from services.registration.following.mend_person import mend_person
from services.registration.following.place_arrival import place_arrival
from tests.integration.registration.following import arrival, carry_out, command, follow, reasons
from tests.integration.registration.test_endings import DISSOLVED, places, run_timer
from tests.integration.registration.trial import CHINA, Trial, report

NOWHERE_KNOWN = {"destination": {"division": "620102", "address": "某路某号"}}


def lost(trial: Trial, order: int = 1, **changed: Any) -> str:
    trial.receive(report(order, **{**NOWHERE_KNOWN, **changed}))
    [row] = trial.arrivals()
    assert (row["community"], row["worker"]) == (None, None) and row["unassigned_since"]
    return str(row["id"])


def put(trial: Trial, id: str, place: str, expects: int | None = None, scope: Scope = EVERYWHERE) -> Outcome:
    version = arrival(trial, id)["version"] if expects is None else expects
    data = {"arrival_id": id, "place": place, "expects": version, "note": "管家认识他们"}
    [outcome] = carry_out(trial, place_arrival, command(trial, "arrival.placed", data, scope=scope))
    return outcome


def where(trial: Trial, id: str) -> tuple[str | None, ...]:
    row = arrival(trial, id)
    return tuple(row[part] for part in ("street", "community", "grid", "worker"))


def balanced(trial: Trial) -> bool:
    return bool(trial.read(balance.audit)["balanced"])


def test_a_placed_arrival_is_given_to_whoever_works_there_and_others_hear_of_it(trial: Trial) -> None:
    id = lost(trial)
    outcome = put(trial, id, "y2")
    assert outcome.kind == "done" and outcome.result["version"] == 2
    assert where(trial, id) == ("s1", "c2", None, "w3"), "a courtyard without a grid lies in its community"
    row = arrival(trial, id)
    assert (row["unassigned_since"], row["placed_by"], row["acts"]) == (None, "code", 1)
    [event] = trial.events("arrival.reassessed")
    assert event["data"]["worker"] == "w3" and event["data"]["destination"]["community"] == "c2"
    assert reasons(trial) == [["address_changed", "details_added"]]
    [line] = trial.rows(t.arrival_history)
    assert (line["what"], line["source"], line["detail"]) == ("placed", "/console/officer", {"place": "y2"})
    assert "管家" not in str(dict(line)), "the note is sealed"
    traced = trial.read(queries.trace, id)
    assert [one["what"] for one in traced["history"]] == ["placed"]
    assert balanced(trial)
    with trial.database.read() as conn:
        assert handover.sums(conn, trial.clock.today(CHINA)).balanced


def test_the_place_counts_over_reports_until_a_door_elsewhere_is_mended_or_it_is_placed_again(
    trial: Trial,
) -> None:
    id = lost(trial)
    put(trial, id, "g1")
    again = report(1, publisher="self", source_kind="self", time="2022-10-01T13:00:00+08:00", **NOWHERE_KNOWN)
    trial.receive(again)
    assert where(trial, id)[:3] == ("s1", "c1", "g1"), "another source knows no better"

    def mend(address: str) -> None:
        right = {"arrival_id": id, "destination": {"division": "620102", "address": address}}
        carry_out(trial, mend_person, command(trial, "person.mended", right))

    trial.clock.moment += timedelta(minutes=1)
    carry_out(
        trial,
        mend_person,
        command(trial, "person.mended", {"arrival_id": id, "destination": {"address": "2单元502"}}),
    )
    assert where(trial, id)[1] == "c1", "a door within it says only more"
    trial.clock.moment += timedelta(minutes=1)
    mend("段家滩社区和平家园2号楼")
    assert where(trial, id)[1] == "c2"
    trial.clock.moment += timedelta(minutes=1)
    put(trial, id, "c1")
    assert where(trial, id)[1:3] == ("c1", None)
    assert balanced(trial)


def test_it_is_decided_on_the_version_that_was_seen(trial: Trial) -> None:
    id = lost(trial)
    refused = put(trial, id, "g1", expects=7)
    assert (refused.kind, refused.faults[0].where) == ("conflict", "expects")
    assert put(trial, id, "g1").kind == "done"
    assert put(trial, id, "c2", expects=1).kind == "conflict", "somebody was quicker"
    assert where(trial, id)[1] == "c1"


def test_a_place_is_one_of_ones_own_and_no_whole_district(trial: Trial) -> None:
    id = lost(trial)
    for place, scope, code in (
        ("nowhere", EVERYWHERE, "unknown"),
        ("d", EVERYWHERE, "too_wide"),
        ("c2", Scope(frozenset({"c1"})), None),
    ):
        outcome = put(trial, id, place, scope=scope)
        if code is None:
            assert outcome.kind == "unknown", "they do not reach the arrival"
        else:
            assert (outcome.kind, outcome.faults[0].code) == ("invalid", code), place
    assert trial.rows(t.arrival_history) == []
    assert put(trial, id, "s1").kind == "done"
    assert where(trial, id) == ("s1", None, None, None), "the street's list has it now"
    assert put(trial, id, "c2", scope=Scope(frozenset({"s1"}))).kind == "done"


def test_who_lives_elsewhere_is_settled_by_the_place(trial: Trial) -> None:
    id = lost(trial)
    follow(trial, id, "lives_elsewhere")
    follow(trial, id, "wrong_number")
    assert arrival(trial, id)["to_settle"] == "lives_elsewhere,wrong_number"
    trial.clock.moment += timedelta(minutes=1)
    put(trial, id, "c2")
    assert arrival(trial, id)["to_settle"] == "wrong_number"
    trial.clock.moment += timedelta(minutes=1)
    follow(trial, id, "lives_elsewhere")
    assert "lives_elsewhere" in arrival(trial, id)["to_settle"], "said after it counts again"


def test_a_place_that_ends_is_its_successors(trial: Trial) -> None:
    id = lost(trial)
    put(trial, id, "c1")
    places(trial, DISSOLVED)
    run_timer(trial)
    assert where(trial, id)[:2] == ("s1", "c2")
    assert balanced(trial)
