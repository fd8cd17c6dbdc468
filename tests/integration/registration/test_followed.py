"""An arrival is followed to the end: what people say at the door or by phone, and what becomes of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from contracts.envelope import Event
from contracts.registry import read_data
from field.moments import CLOCK_SKEW
from field.scope import Scope
from services.registration import tables as t
from services.registration.arrivals import balance, queries
from services.registration.following.follow_arrival import follow_arrival
from services.registration.following.hear_of_contact import hear_of_contact
from services.registration.following.settle_arrival import settle_arrival
from tests.integration.registration.following import (
    RESIDENT,
    arrival,
    carry_out,
    command,
    follow,
    reasons,
)
from tests.integration.registration.trial import CHINA, NOON, Trial, person, report

POLICE = Author("publisher", "/police/register", "police")


def here(trial: Trial, order: int = 1, **changed: Any) -> str:
    """The id of an arrival that came two hours ago."""
    known = {row["id"] for row in trial.arrivals()}
    trial.receive(report(order, **changed))
    (id,) = {row["id"] for row in trial.arrivals()} - known
    return str(id)


def expected(trial: Trial, order: int = 1) -> str:
    return here(trial, order, publisher="self", expected=True, at="2022-10-03T10:00:00+08:00")


def balanced(trial: Trial) -> bool:
    found = bool(trial.read(balance.audit)["balanced"])
    lines = [row["arrival_id"] for row in trial.rows(t.arrival_history)]
    return found and all(lines.count(row["id"]) == (row["acts"] or 0) for row in trial.arrivals())


def test_somebody_is_contacted_then_seen_in_person(trial: Trial) -> None:
    id = here(trial)
    outcome = follow(trial, id, "contacted", how="phone")
    assert (outcome.kind, outcome.result["attempts"]) == ("done", 0)
    assert arrival(trial, id)["state"] == "contacted"
    follow(trial, id, "verified")
    follow(trial, id, "contacted")
    assert arrival(trial, id)["state"] == "verified", "whoever was seen stays seen"
    assert arrival(trial, id)["version"] == 1, "nothing else about the arrival has changed"
    said = [event["data"] for event in trial.events("arrival.followed_up")]
    assert [(one["outcome"], one["state"], one["by"]) for one in said] == [
        ("contacted", "contacted", "/console/officer"),
        ("verified", "verified", "/console/officer"),
        ("contacted", "verified", "/console/officer"),
    ]
    document = trial.read(queries.trace, id)
    assert [(line["number"], line["what"]) for line in document["history"]] == [
        (1, "contacted"),
        (2, "verified"),
        (3, "contacted"),
    ]
    assert balanced(trial)


def test_three_attempts_on_two_days_put_it_on_the_list_and_an_answer_takes_it_off(trial: Trial) -> None:
    id = here(trial)
    for hours, state in ((0, "assigned"), (3, "assigned"), (6, "assigned"), (24, "unreachable")):
        trial.clock.moment = NOON + timedelta(hours=hours)
        again = trial.clock.moment + timedelta(hours=3)
        outcome = follow(trial, id, "no_answer", try_again_at=again)
        assert arrival(trial, id)["state"] == state, hours
    assert outcome.result["attempts"] == 4 and outcome.result["to_settle"] == ["unreachable"]
    assert arrival(trial, id)["to_settle_since"] == trial.clock.moment
    follow(trial, id, "contacted")
    row = arrival(trial, id)
    assert (row["state"], row["to_settle"], row["to_settle_since"]) == ("contacted", None, None)
    assert balanced(trial)


def test_who_is_not_here_ends_and_a_later_report_that_they_came_begins_again(trial: Trial) -> None:
    id = here(trial)
    loads = sum(row["open"] for row in trial.rows(t.worker_loads))
    follow(trial, id, "not_here", how="neighbour", note="moved out in spring")
    row = arrival(trial, id)
    assert (row["state"], row["worker"], row["unassigned_since"]) == ("not_here", None, None)
    assert sum(row["open"] for row in trial.rows(t.worker_loads)) == loads - 1
    (event,) = trial.events("arrival.reassessed")
    assert event["data"]["not_coming"] is True and "not_here" in event["data"]["change"]["why"]
    assert "spring" not in str(trial.rows(t.arrival_history)), "free text is sealed"
    assert balanced(trial)

    trial.receive(report(1, publisher="gate", source_kind="gate", time="2022-10-01T13:00:00+08:00"))
    row = arrival(trial, id)
    assert (row["state"], row["worker"] is not None) == ("assigned", True)
    assert "coming_after_all" in reasons(trial)[-1]
    assert balanced(trial)


def settle(trial: Trial, id: str, expects: int | None = None) -> Outcome:
    data = {"arrival_id": id, "decision": "never_came", "note": "called twice"}
    data["expects"] = arrival(trial, id)["version"] if expects is None else expects
    [outcome] = carry_out(trial, settle_arrival, command(trial, "arrival.settled", data))
    return outcome


def test_who_is_not_here_is_asked_for_with_a_clock_until_an_officer_settles_it(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "wrong_number")
    trial.clock.moment += timedelta(hours=1)
    said = trial.clock.moment
    follow(trial, id, "not_here")
    row = arrival(trial, id)
    assert (row["state"], row["to_settle"], row["to_settle_since"]) == ("not_here", "not_here", said)
    trial.clock.moment += timedelta(hours=30)
    follow(trial, id, "not_here")
    assert arrival(trial, id)["to_settle_since"] == said, "said again, the clock runs on"
    trial.receive(report(1, publisher="gate", source_kind="gate", time="2022-10-03T13:00:00+08:00"))
    row = arrival(trial, id)
    assert (row["state"], row["to_settle"]) == ("assigned", "not_here"), "reported again: is it true?"
    trial.clock.moment += timedelta(days=2)
    assert settle(trial, id, expects=1).kind == "conflict"
    assert settle(trial, id).kind == "done"
    row = arrival(trial, id)
    assert (row["state"], row["to_settle"], row["worker"]) == ("not_here", None, None)
    assert reasons(trial)[-1][0] == "not_here"
    line = trial.rows(t.arrival_history)[-1]
    assert (line["what"], line["detail"]) == ("settled", {"as": "never_came"})
    assert balanced(trial)


@pytest.mark.parametrize("found", ["contacted", "verified", "not_yet_come"])
def test_who_was_not_here_and_is_found_need_not_be_settled(trial: Trial, found: str) -> None:
    id = here(trial)
    follow(trial, id, "not_here")
    trial.clock.moment += timedelta(hours=2)
    follow(trial, id, found)
    assert (arrival(trial, id)["to_settle"], arrival(trial, id)["to_settle_since"]) == (None, None)


def test_whoever_finds_them_after_all_makes_it_an_arrival_again(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "not_here")
    trial.clock.moment += timedelta(hours=2)
    follow(trial, id, "verified")
    assert arrival(trial, id)["state"] == "verified"
    assert "coming_after_all" in reasons(trial)[-1]


@pytest.mark.parametrize("outcome", ["no_such_door", "lives_elsewhere", "this_is_not_me", "wrong_number"])
def test_what_somebody_must_settle_stands_on_a_list_since_then(trial: Trial, outcome: str) -> None:
    id = here(trial)
    follow(trial, id, outcome)
    row = arrival(trial, id)
    assert (row["to_settle"], row["to_settle_since"]) == (outcome, NOON)
    assert row["state"] == "assigned" and row["worker"], "it is followed until that is settled"
    later = [event["data"] for event in trial.events("arrival.reassessed")]
    assert not any(data.get("not_coming") for data in later), "the measure stays"


def test_nobody_is_called_at_a_number_that_is_not_theirs(trial: Trial) -> None:
    companion = {**person(2), "phone": None}
    trial.receive(report(1, people=[person(1), companion]))
    mother, child = (row["id"] for row in trial.arrivals())
    follow(trial, mother, "wrong_number")
    inside = trial.person_of(arrival(trial, mother))
    assert inside["phone"] is None and "contact" not in inside
    assert reasons(trial) == [["phone_taken_back", "details_added"]]
    follow(trial, child, "wrong_number")
    assert "contact" not in trial.person_of(arrival(trial, child)), "nor is the child reached there"

    trial.receive(report(1, publisher="self", source_kind="self", time="2022-10-01T13:00:00+08:00"))
    assert trial.person_of(arrival(trial, mother))["phone"] is None, "said again it is still wrong"
    other = [{**person(1), "phone": "13800138000"}]
    trial.receive(
        report(2, publisher="self", source_kind="self", people=other, time="2022-10-01T14:00:00+08:00")
    )
    assert trial.person_of(arrival(trial, mother))["phone"] == "13800138000"


def test_who_lives_elsewhere_goes_to_the_worker_there(trial: Trial) -> None:
    id = here(trial)
    where = {"division": "620102", "address": "段家滩社区和平家园2号楼"}
    follow(trial, id, "lives_elsewhere", destination=where)
    row = arrival(trial, id)
    assert (row["community"], row["worker"], row["to_settle"]) == ("c2", "w3", None)
    assert "address_changed" in reasons(trial)[-1]
    unknown = follow(trial, id, "lives_elsewhere", destination={"division": "999999"})
    assert [(fault.where, fault.code) for fault in unknown.faults] == [
        ("destination.division", "division_unknown")
    ]


def test_a_call_before_they_came_is_one_also_where_it_comes_in_late(trial: Trial) -> None:
    one, other = expected(trial, 1), expected(trial, 2)
    before, after = NOON + timedelta(hours=1), NOON + timedelta(hours=5)
    gate = {"publisher": "gate", "source_kind": "gate", "time": (NOON + timedelta(hours=3)).isoformat()}
    trial.clock.moment = after
    follow(trial, one, "contacted", how="phone", at=before)
    for order in (1, 2):
        trial.receive(report(order, at=(NOON + timedelta(hours=2)).isoformat(), **gate))
    follow(trial, other, "contacted", how="phone", at=before)
    assert (arrival(trial, one)["state"], arrival(trial, other)["state"]) == ("assigned", "assigned")
    follow(trial, other, "contacted", how="phone", at=NOON + timedelta(hours=4))
    follow(trial, one, "not_yet_come", at=NOON + timedelta(hours=4))
    follow(trial, one, "no_answer", at=after)
    assert (arrival(trial, one)["state"], arrival(trial, other)["state"]) == ("expected", "contacted")
    assert trial.read(queries.trace, one)["history"][-1]["what"] == "no_answer"
    assert balanced(trial)


def test_an_expected_arrival_is_phoned_moved_and_at_last_met(trial: Trial) -> None:
    id = expected(trial)
    named = datetime(2022, 10, 6, 18, tzinfo=CHINA)
    follow(trial, id, "contacted", how="phone", coming_at=named)
    row = arrival(trial, id)
    assert (row["state"], row["arrived_at"]) == ("expected", named)
    assert reasons(trial)[-1] == ["time_moved", "details_added"]

    trial.clock.moment = named + timedelta(hours=2)
    came = {"at": "2022-10-06T18:30:00+08:00", "time": "2022-10-06T18:40:00+08:00"}
    trial.receive(report(1, publisher="gate", source_kind="gate", **came))
    (row,) = trial.arrivals()
    assert (row["state"], row["expected"]) == ("assigned", False), "who was phoned before is still to be met"
    assert "came" in reasons(trial)[-1]
    follow(trial, id, "verified")
    assert arrival(trial, id)["state"] == "verified"
    assert balanced(trial)


def test_whoever_sees_an_expected_arrival_says_that_they_came(trial: Trial) -> None:
    id = expected(trial)
    trial.clock.moment = NOON + timedelta(days=2, hours=1)
    follow(trial, id, "verified")
    row = arrival(trial, id)
    assert (row["state"], row["expected"], row["arrived_at"]) == ("verified", False, trial.clock.moment)
    (event,) = trial.events("arrival.reassessed")
    assert event["data"]["expected"] is False and "came" in event["data"]["change"]["why"]


def test_who_has_not_come_yet_is_expected_until_a_report_says_they_came(trial: Trial) -> None:
    id = here(trial)
    follow(trial, id, "not_yet_come", coming_at=NOON + timedelta(days=1))
    row = arrival(trial, id)
    assert (row["state"], row["arrived_at"]) == ("expected", NOON + timedelta(days=1))
    assert "not_yet_come" in reasons(trial)[-1]
    trial.receive(report(1, publisher="bus", time="2022-10-01T11:00:00+08:00"))
    assert arrival(trial, id)["state"] == "expected", "what was said before the door was tried counts no more"
    trial.clock.moment = NOON + timedelta(days=1, hours=1)
    trial.receive(
        report(1, publisher="gate", at="2022-10-02T12:30:00+08:00", time="2022-10-02T12:40:00+08:00")
    )
    row = arrival(trial, id)
    assert (row["state"], row["arrived_at"]) == ("assigned", datetime(2022, 10, 2, 12, 30, tzinfo=CHINA))


def test_a_first_contact_reported_done_makes_the_arrival_contacted_or_verified(trial: Trial) -> None:
    id = here(trial)
    data = {"task_id": id, "case_id": id, "arrival_id": id, "kind": "first_contact"}
    data |= {"at": NOON.isoformat(), "staff_id": "w1", "how": "by_phone"}

    def hear(number: int, how: str, arrival_id: str = id) -> None:
        said = data | {"how": how, "arrival_id": arrival_id}
        event = Event(
            f"e{number}", "/doorstep/isolation", "case.contacted", id, NOON, said, correlationid="c"
        )
        with trial.work.unit() as uow:
            hear_of_contact(uow, [read_data(event)])

    hear(1, "by_phone")
    assert arrival(trial, id)["state"] == "contacted"
    hear(2, "by_phone")
    hear(3, "seen")
    hear(4, "by_phone", "0183917b-6c41-7a52-8d10-3f0c9b7e2a11")
    assert arrival(trial, id)["state"] == "verified"
    assert [line["event_id"] for line in trial.rows(t.arrival_history, "number")] == ["e1", "e2", "e3"]
    assert trial.events("arrival.followed_up") == [], "isolation knows"
    assert balanced(trial)


def test_of_commands_of_one_batch_each_finds_what_the_ones_before_left(trial: Trial) -> None:
    one, other = here(trial), here(trial, 2)
    said = [
        command(trial, "arrival.followed", {"arrival_id": id, "outcome": outcome}, POLICE)
        for id, outcome in ((one, "no_answer"), (other, "not_here"), (one, "contacted"), ("x", "verified"))
    ]
    outcomes = carry_out(trial, follow_arrival, *said)
    assert [outcome.kind for outcome in outcomes] == ["done", "done", "done", "unknown"]
    assert [outcome.result.get("number") for outcome in outcomes[:3]] == [1, 1, 2]
    assert (arrival(trial, one)["state"], arrival(trial, other)["state"]) == ("contacted", "not_here")
    assert balanced(trial)


def test_what_contradicts_itself_is_refused_with_all_reasons(trial: Trial) -> None:
    id = here(trial)
    outcome = follow(
        trial, id, "not_here", arrived_at=NOON, coming_at=NOON, destination={"division": "620102"}
    )
    assert outcome.kind == "invalid"
    assert {fault.where for fault in outcome.faults} == {"arrived_at", "coming_at", "destination"}
    late = follow(trial, id, "verified", arrived_at=NOON + CLOCK_SKEW + timedelta(seconds=1))
    assert [fault.code for fault in late.faults] == ["in_the_future"]
    assert trial.rows(t.arrival_history) == []
    assert follow(trial, id, "verified", arrived_at=NOON + timedelta(seconds=1)).kind == "done"


def test_whoever_does_not_reach_an_arrival_does_not_learn_that_it_is_there(trial: Trial) -> None:
    id = here(trial)
    for places, kind in (
        ({"g1"}, "done"),
        ({"c1"}, "done"),
        ({"s1"}, "done"),
        ({"d"}, "done"),
        ({"c2"}, "unknown"),
        (set(), "unknown"),
    ):
        assert follow(trial, id, "contacted", scope=Scope(frozenset(places))).kind == kind, places


def test_whoever_is_sent_to_a_door_reaches_it_and_whoever_goes_for_them(trial: Trial) -> None:
    id = here(trial)
    worker = arrival(trial, id)["worker"]
    for staff, kind in (
        ({worker}, "done"),
        ({"w-9", worker}, "done"),
        ({"w-9"}, "unknown"),
        (set(), "unknown"),
    ):
        scope = Scope(frozenset({"c2"}), staff=frozenset(staff))
        assert follow(trial, id, "contacted", scope=scope).kind == kind, staff


def test_a_resident_says_only_that_somebody_else_is_meant(trial: Trial) -> None:
    id = here(trial)
    own = Scope(households=frozenset({arrival(trial, id)["household_id"]}))
    assert follow(trial, id, "verified", author=RESIDENT, scope=own).kind == "not_allowed"
    assert follow(trial, id, "this_is_not_me", author=RESIDENT, scope=own).kind == "done"
    assert arrival(trial, id)["to_settle"] == "this_is_not_me"
    others = Scope(households=frozenset({"h-2"}))
    assert follow(trial, id, "this_is_not_me", author=RESIDENT, scope=others).kind == "unknown"
