"""An officer says that two arrivals are one: one of them goes on for both, and nothing is lost."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from contracts.envelope import Event
from contracts.registry import read_data
from field.scope import Scope
from services.registration import tables as t
from services.registration.arrivals.lookup import trace as traced
from services.registration.arrivals.merging import Side, goes_on
from services.registration.following.hear_of_contact import hear_of_contact
from services.registration.following.mend_person import mend_person
from services.registration.following.take_back_following import take_back_following
from tests.integration.registration.alike import (
    BY_BIRTH,
    BY_NUMBER,
    a_third,
    adds_up,
    asked,
    decide,
    later,
    pair,
)
from tests.integration.registration.following import arrival, carry_out, command, follow
from tests.integration.registration.trial import NOON, Trial, report


def standing(trial: Trial, id: str) -> dict[str, Any]:
    row = arrival(trial, id)
    counts = ("version", "acts", "updated_at", "sealed")
    return {name: value for name, value in row.items() if name not in counts} | {
        "inside": trial.sealer.unseal(row["sealed"])
    }


def test_wish_17_one_goes_on_with_what_both_told_and_nothing_is_lost_either_way(trial: Trial) -> None:
    ids = one, other = pair(trial)
    follow(trial, one, "contacted")
    right = {"arrival_id": other, "phone": "13900000049"}
    assert carry_out(trial, mend_person, command(trial, "person.mended", right))[0].kind == "done"
    before = {id: standing(trial, id) for id in ids}
    done = decide(trial, ids, "same")
    assert (done.kind, done.result["goes_on"]) == ("done", one), "whoever was met goes on"
    kept, ended = standing(trial, one), standing(trial, other)
    assert (ended["state"], ended["worker"], ended["unassigned_since"]) == ("merged", None, None)
    assert kept["state"] == "contacted" and kept["inside"]["phone"] == "13900000049", "what was mended counts"
    assert kept["risk_areas"] == before[other]["risk_areas"], "where they were counts, whoever told it"
    told = {event["data"]["arrival_id"]: event["data"] for event in trial.events("arrival.reassessed")[-2:]}
    assert (
        told[other]["not_coming"]
        and told[other]["merged"]
        and "same_as_other" in told[other]["change"]["why"]
    )
    assert told[other]["goes_on_as"] == one, "whoever reads it knows whom to ask"
    assert "stop_added" in told[one]["change"]["why"] and not told[one].get("not_coming")
    assert adds_up(trial)
    assert decide(trial, ids, "same", 2).kind == "conflict"
    assert decide(trial, ids, "apart", 1).kind == "conflict", "of what was seen before"

    assert decide(trial, ids, "apart", 2).kind == "done"
    assert {id: standing(trial, id) for id in ids} == before
    [told_again] = [
        event["data"]
        for event in trial.events("arrival.reassessed")[-2:]
        if event["data"]["arrival_id"] == other
    ]
    assert "not_the_same" in told_again["change"]["why"] and not told_again.get("goes_on_as")
    lines = [(line["arrival_id"], line["what"]) for line in trial.rows(t.arrival_history, "number")]
    assert sorted(what for id, what in lines if id == one) == ["absorbed", "contacted", "taken_back"]
    assert sorted(what for id, what in lines if id == other) == ["mended", "same_as", "taken_back"]
    assert [row["state"] for row in trial.rows(t.possible_duplicates)] == ["apart"]
    assert adds_up(trial)
    assert decide(trial, ids, "same", 2).kind == "conflict", "it is decided"


def test_whoever_was_met_is_followed_though_nobody_is_at_the_other_door(trial: Trial) -> None:
    ids = one, other = pair(trial)
    follow(trial, one, "verified")
    later(trial)
    follow(trial, other, "not_here")
    assert decide(trial, ids, "same").result["goes_on"] == one
    kept = arrival(trial, one)
    assert (kept["state"], kept["to_settle"]) == ("verified", None)
    assert adds_up(trial)
    assert decide(trial, ids, "apart", 2).kind == "done"
    assert arrival(trial, other)["state"] == "not_here"


def test_the_one_that_is_still_followed_goes_on(trial: Trial) -> None:
    ids = one, other = pair(trial)
    follow(trial, one, "not_here")
    assert decide(trial, ids, "same").result["goes_on"] == other
    assert arrival(trial, other)["state"] in ("assigned", "reported")
    assert adds_up(trial)


def test_what_is_said_later_of_the_merged_one_counts_for_the_one_that_goes_on(trial: Trial) -> None:
    ids = one, other = pair(trial)
    before = standing(trial, one)
    assert decide(trial, ids, "same").result["goes_on"] == one
    later(trial)
    met = follow(trial, other, "verified")
    assert met.kind == "done" and arrival(trial, one)["state"] == "verified"
    later(trial)
    right = {"arrival_id": other, "phone": "13900000049"}
    assert carry_out(trial, mend_person, command(trial, "person.mended", right))[0].kind == "done"
    assert standing(trial, one)["inside"]["phone"] == "13900000049"
    told = trial.events("arrival.reassessed")[-1]["data"]
    assert told["arrival_id"] == one and "phone_changed" in told["change"]["why"]
    later(trial)
    contact = {"task_id": other, "case_id": other, "arrival_id": other, "kind": "first_contact"}
    contact |= {"at": trial.clock.now().isoformat(), "staff_id": "w1", "how": "by_phone"}
    heard = Event("e1", "/doorstep/isolation", "case.contacted", other, NOON, contact, correlationid="c")
    with trial.work.unit() as uow:
        hear_of_contact(uow, [read_data(heard)])
    later(trial)
    back = {"arrival_id": other, "number": met.result["number"]}
    taken = carry_out(trial, take_back_following, command(trial, "arrival.following_taken_back", back))[0]
    assert taken.kind == "done" and arrival(trial, one)["state"] == "contacted", (
        "of the contact it still knows"
    )
    assert adds_up(trial)
    assert decide(trial, ids, "apart", 2).kind == "done"
    assert standing(trial, one) == before and arrival(trial, other)["state"] == "contacted"


def three_in_a_chain(trial: Trial) -> tuple[str, str, str]:
    """(the first that ended, the one that went on for it and ended with the next, the one that goes on)."""
    one, other = pair(trial)
    decide(trial, (one, other), "same")
    new = a_third(trial)
    follow(trial, new, "verified")
    asked(trial, one, new)
    assert decide(trial, (one, new), "same").result["goes_on"] == new
    return other, one, new


def test_what_is_taken_back_below_is_taken_back_all_the_way_up(trial: Trial) -> None:
    first, between, last = three_in_a_chain(trial)
    later(trial)
    right = {"arrival_id": first, "phone": "13900000049"}
    assert carry_out(trial, mend_person, command(trial, "person.mended", right))[0].kind == "done"
    assert standing(trial, last)["inside"]["phone"] == "13900000049"
    assert standing(trial, between)["inside"]["phone"] == "13900000049", "as is written, so it is read"
    assert arrival(trial, last)["risk_areas"]
    assert decide(trial, (first, between), "apart", 2).kind == "done"
    assert arrival(trial, first)["state"] not in ("merged", "not_here")
    kept = standing(trial, last)
    assert kept["inside"]["phone"] != "13900000049" and not kept["risk_areas"]
    assert arrival(trial, between)["state"] == "merged"
    assert adds_up(trial)


def test_what_is_told_later_below_is_known_all_the_way_up(trial: Trial) -> None:
    first, between, last = three_in_a_chain(trial)
    later(trial)
    trial.receive(report(7, people=[BY_BIRTH], publisher="self", source_kind="self"))
    for id in (first, between, last):
        assert "self" in arrival(trial, id)["source_kinds"]
    assert adds_up(trial)


def test_what_is_told_later_of_either_counts_for_the_one_that_goes_on(trial: Trial) -> None:
    ids = one, other = pair(trial)
    decide(trial, ids, "same")
    again = {**BY_BIRTH, "identity_type": "passport", "identity_number": "E12345678"}
    trial.receive(report(3, people=[again], publisher="gate", time="2022-10-01T12:30:00+08:00"))
    assert {row["id"] for row in trial.arrivals()} == set(ids), "it is no third one"
    assert arrival(trial, other)["state"] == "merged", "it stays the same as the other"
    kinds = arrival(trial, one)["source_kinds"]
    trial.receive(
        report(4, people=[BY_BIRTH], publisher="self", source_kind="self", time="2022-10-01T13:00:00+08:00")
    )
    assert set(arrival(trial, one)["source_kinds"]) == {*kinds, "self"}
    assert arrival(trial, other)["state"] == "merged"
    trial.receive(report(5, people=[BY_NUMBER], publisher="bus", time="2022-10-01T14:00:00+08:00"))
    assert arrival(trial, one)["reports"] == 2, "each counts its own reports"
    assert adds_up(trial)
    assert decide(trial, ids, "apart", 2).kind == "done"
    assert (
        "self" not in arrival(trial, one)["source_kinds"] and "self" in arrival(trial, other)["source_kinds"]
    )
    assert adds_up(trial)


def test_of_three_that_are_one_the_last_goes_on_with_all(trial: Trial) -> None:
    one, other = pair(trial)
    decide(trial, (one, other), "same")
    new = a_third(trial)
    follow(trial, new, "verified")
    asked(trial, one, new)
    done = decide(trial, (one, new), "same")
    assert done.result["goes_on"] == new
    assert arrival(trial, one)["state"] == arrival(trial, other)["state"] == "merged"
    assert arrival(trial, new)["risk_areas"], "what the first of them told, by way of the second"
    trial.receive(report(7, people=[BY_BIRTH], publisher="self", source_kind="self"))
    assert "self" in arrival(trial, new)["source_kinds"]
    assert adds_up(trial)
    assert decide(trial, (one, new), "apart", 2).kind == "done"
    assert not arrival(trial, new)["risk_areas"] and arrival(trial, one)["risk_areas"]
    assert adds_up(trial)


def test_who_is_like_the_merged_one_is_made_one_with_whoever_goes_on_for_it(trial: Trial) -> None:
    ids = one, other = pair(trial)
    decide(trial, ids, "same")
    third = a_third(trial)
    before = {id: standing(trial, id) for id in (one, other, third)}
    for id in ids:
        asked(trial, id, third)
    done = decide(trial, (other, third), "same")
    assert (done.kind, done.result["goes_on"]) == ("done", one)
    assert arrival(trial, third)["state"] == arrival(trial, other)["state"] == "merged"
    again = decide(trial, (one, third), "same")
    assert (again.kind, again.result["goes_on"]) == ("done", one), "that they are one is known: it is decided"
    refused = decide(trial, (one, third), "apart", 2)
    assert (refused.kind, refused.faults[0].code) == ("conflict", "one_by_others")
    assert adds_up(trial)

    assert decide(trial, (other, third), "apart", 2).kind == "done"
    assert {id: standing(trial, id) for id in (one, other, third)} == before
    assert decide(trial, (one, third), "apart", 2).kind == "done"
    assert adds_up(trial)


def test_who_is_one_by_others_is_not_kept_apart(trial: Trial) -> None:
    ids = one, other = pair(trial)
    third = a_third(trial)
    for id in ids:
        asked(trial, id, third)
    decide(trial, ids, "same")
    decide(trial, (other, third), "same")
    refused = decide(trial, (one, third), "apart")
    assert (refused.kind, refused.faults[0].code) == ("conflict", "one_by_others")


def test_what_became_one_by_a_pair_becomes_two_by_it_whatever_was_decided_between(trial: Trial) -> None:
    ids = one, other = pair(trial)
    third = a_third(trial)
    asked(trial, other, third)
    decide(trial, ids, "same")
    follow(trial, third, "verified")
    assert decide(trial, (other, third), "same").result["goes_on"] == third
    assert decide(trial, ids, "apart", 2).kind == "done"
    assert arrival(trial, one)["state"] == "merged" and arrival(trial, other)["state"] != "merged"
    assert decide(trial, (other, third), "apart", 2).kind == "done"
    assert "merged" not in {row["state"] for row in trial.arrivals()}
    assert adds_up(trial)


def test_a_later_report_that_names_both_is_counted_by_both(trial: Trial) -> None:
    ids = one, other = pair(trial)
    decide(trial, ids, "same")
    later(trial)
    trial.receive(report(8, people=[BY_NUMBER, BY_BIRTH], publisher="bus", time="2022-10-01T14:00:00+08:00"))
    assert [arrival(trial, id)["reports"] for id in ids] == [2, 2]
    assert arrival(trial, one)["household_id"] == arrival(trial, other)["household_id"]
    assert adds_up(trial)


def test_who_answers_for_one_of_them_only_does_not_make_them_one(trial: Trial) -> None:
    ids = pair(trial)
    elsewhere = arrival(trial, ids[1])["street"]
    both = decide(trial, ids, "same", scope=Scope(frozenset({"nowhere"})))
    assert both.kind == "unknown"
    with trial.work.unit() as uow:
        a = t.arrivals.c
        uow.conn.execute(
            t.arrivals.update().where(a.id == ids[1]).values(street="s2", community=None, grid=None)
        )
    assert elsewhere != "s2"
    refused = decide(trial, ids, "same", scope=Scope(frozenset({elsewhere})))
    assert (refused.kind, refused.faults[0].code) == ("not_allowed", "other_place")
    assert trial.rows(t.arrival_history) == []


def test_who_does_not_answer_for_whoever_goes_on_makes_nobody_one_with_it(trial: Trial) -> None:
    ids = one, other = pair(trial)
    decide(trial, ids, "same")
    third = a_third(trial)
    asked(trial, other, third)
    elsewhere = arrival(trial, one)["street"]
    with trial.work.unit() as uow:
        its_row = t.arrivals.c.id == one
        uow.conn.execute(t.arrivals.update().where(its_row).values(street="s2", community=None, grid=None))
    refused = decide(trial, (other, third), "same", scope=Scope(frozenset({elsewhere})))
    assert (refused.kind, refused.faults[0].code) == ("not_allowed", "other_place")
    assert arrival(trial, third)["state"] != "merged"


def test_two_people_of_one_report_are_not_one(trial: Trial) -> None:
    trial.receive(report(1, people=[BY_NUMBER, {**BY_BIRTH, "phone": None}]))
    ids = sorted(row["id"] for row in trial.arrivals())
    asked(trial, *ids)
    refused = decide(trial, (ids[0], ids[1]), "same")
    assert (refused.kind, refused.faults[0].code) == ("invalid", "named_together")


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"state": "verified"}, {"state": "contacted", "living_with": 3}),
        ({"state": "contacted"}, {"state": "assigned", "living_with": 3}),
        ({"living_with": 1}, {"living_with": 0}),
        ({"registered_at": NOON.replace(hour=23)}, {"state": "not_here", "living_with": 3}),
        ({"registered_at": NOON.replace(hour=23)}, {"state": "expected", "living_with": 3}),
        ({"state": "expected", "registered_at": NOON.replace(hour=23)}, {"state": "not_coming"}),
        ({}, {"registered_at": NOON.replace(hour=23)}),
    ],
)
def test_which_goes_on(better: dict[str, Any], worse: dict[str, Any]) -> None:
    plain: dict[str, Any] = {"state": "assigned", "living_with": 0, "registered_at": NOON}
    one, other = Side("b", **(plain | better)), Side("a", **(plain | worse))
    assert goes_on(one, other) == goes_on(other, one) == ("b", "a")


def test_the_trace_of_each_names_the_other(trial: Trial) -> None:
    ids = one, other = pair(trial)
    decide(trial, ids, "same")
    with trial.database.read() as conn:
        found = traced(conn, other, sealer=trial.sealer, reveal=False)
    assert found is not None and found["state"] == "merged"
    assert [(line["what"], line["other"]) for line in found["history"]] == [("same_as", one)]
    assert [one["state"] for one in found["possible_duplicates"]] == ["merged"]


def test_whose_case_is_about_to_be_stripped_goes_on_for_nobody(trial: Trial) -> None:
    ids = one, _ = pair(trial)
    with trial.database.begin() as conn:
        conn.execute(update(t.arrivals).where(t.arrivals.c.id == one).values(strip_on=NOON.date()))
    refused = decide(trial, ids, "same")
    assert (refused.kind, [fault.code for fault in refused.faults]) == ("conflict", ["stripped"])
    assert {arrival(trial, id)["state"] for id in ids} == {"assigned"}
    assert decide(trial, ids, "apart").kind == "done"
