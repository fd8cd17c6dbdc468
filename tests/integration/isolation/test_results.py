"""Results of tests: of somebody who is followed here, or of nobody here."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.database.tables import TABLES
from chassis.ids import new_id
from contracts.envelope import Event
from field.documents import IDENTITY
from field.moments import CLOCK_SKEW
from field.scope import Scope
from services.isolation import tables as t
from services.isolation.cases.index_identities import index_identities
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.door import DOOR
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.teams.copies import STAFF
from services.isolation.tests.report_test import report_test
from tests.doors import Visitor
from tests.integration.isolation.saying import command, say_all, speaking
from tests.integration.isolation.trial import COMMUNITY, DISTRICT, SEALER, Trial, arrival, china, staff

LAB = Author("publisher", "/lab-1/results", "lab-1")
NURSE = Author("staff", "/console/nurse", "nurse")
say = speaking(report_test, "test.reported")
NOON, NIGHT = china("2022-10-01 12:00"), china("2022-10-01 22:00")
PASSPORT = "X 0000-0001"


def result(of: str | Event, found: str = "negative", *, at: datetime = NOON, **more: Any) -> dict[str, Any]:
    """:param of: an arrival, or the number of a document."""
    who = {"identity": {"number": of}} if isinstance(of, str) else {"case_id": of.data["arrival_id"]}
    data = {"sample_id": "S-1", "sampled_at": at, "reported_at": at + timedelta(hours=6), "method": "pcr"}
    return data | {"stage": "confirmed", "result": found, **who, **more}


def report(isolation: Trial, data: dict[str, Any], **how: Any) -> Outcome:
    return say(isolation, data, author=LAB, **how)


def follow(isolation: Trial, number: str | None = None, **more: Any) -> Event:
    """Day 1 of testing is 1 October."""
    index = isolation.work.index.brief(IDENTITY, number.replace(" ", "").replace("-", "")) if number else ""
    came = arrival(identity_index=index, **more)
    isolation.follow(came)
    isolation.clock.moment = NIGHT
    return came


def swabs(isolation: Trial, came: Event) -> list[tuple[int, str]]:
    return [(task["day"], task["state"]) for task in isolation.tasks(came) if task["kind"] == "test"]


@pytest.mark.parametrize(
    ("found", "states"),
    [
        ("negative", [(1, "done"), (2, "due")]),
        ("positive", [(1, "done"), (2, "due")]),
        ("inconclusive", [(1, "due"), (2, "due")]),
        ("invalid", [(1, "due"), (2, "due")]),
    ],
)
def test_a_result_settles_the_test_of_the_day_of_sampling(
    isolation: Trial, found: str, states: list[tuple[int, str]]
) -> None:
    came = follow(isolation)
    assert report(isolation, result(came, found)).kind == "done"
    assert swabs(isolation, came) == states
    assert [row["result"] for row in isolation.rows(t.test_results)] == [found]
    assert isolation.audit()["balanced"]


def test_a_result_of_another_day_settles_nothing(isolation: Trial) -> None:
    came = follow(isolation)
    report(isolation, result(came, at=china("2022-09-30 09:00")))
    assert swabs(isolation, came) == [(1, "due"), (2, "due")]


@pytest.mark.parametrize(
    ("sampled", "undone"),
    [
        ((2, 3), [1]),  # each settles the test of its own day
        ((2, 3, 4), []),  # the fourth day asks for no test: the sample makes up for the missed one
        ((4,), [1, 2]),
        ((1, 2), [3]),  # none of before counts for a later day
    ],
)
def test_a_later_sample_makes_up_for_a_missed_test_in_whatever_order_results_come(
    isolation: Trial, sampled: tuple[int, ...], undone: list[int]
) -> None:
    """As for the release: who was tested since is not asked for the missed test, and nobody is told of it."""
    for order in permutations(sampled):
        came = follow(isolation)
        isolation.clock.moment = china("2022-10-04 20:00")
        isolation.until_done(plan_next_day)
        isolation.until_done(find_overdue)
        assert [state for day, state in swabs(isolation, came)[:3]] == ["missed"] * 3
        for day in order:
            report(isolation, result(came, at=china(f"2022-10-0{day} 12:00")))
        assert [day for day, state in swabs(isolation, came)[:3] if state != "done"] == undone, order
        assert isolation.audit()["balanced"]
        isolation.clock.moment = china("2022-10-01 09:00")


def test_a_result_that_names_itself_as_what_it_corrects_is_refused(isolation: Trial) -> None:
    """Else a fault of a laboratory's program hides a positive: it is corrected by itself."""
    came = follow(isolation)
    outcome = report(isolation, result(came, "positive", supersedes="r-1"), id="r-1")
    assert outcome.kind == "invalid" and outcome.faults[0].where == "supersedes"


@pytest.mark.parametrize("of_nobody", [False, True])
@pytest.mark.parametrize("together", [False, True])
def test_of_results_that_correct_each_other_the_last_one_is_refused(
    isolation: Trial, of_nobody: bool, together: bool
) -> None:
    """Else all are lost: each is corrected."""
    of = "A1" if of_nobody else follow(isolation)
    isolation.clock.moment = NIGHT
    said = [
        command(isolation, "test.reported", result(of, what, supersedes=before), author=LAB, id=id)
        for id, what, before in (("a", "positive", "c"), ("b", "negative", "a"), ("c", "negative", "b"))
    ]
    batches = [said] if together else [[one] for one in said]
    first, second, last = (one for batch in batches for one in say_all(isolation, report_test, batch))
    assert "invalid" not in (first.kind, second.kind)
    assert [(fault.where, fault.code) for fault in last.faults] == [("supersedes", "each_other")]
    kept = isolation.rows(t.results_of_nobody if of_nobody else t.test_results)
    assert sorted(row["result"] for row in kept) == ["negative", "positive"]
    assert report(isolation, result(of, supersedes="b"), id="d").kind != "invalid", "no circle"


def test_a_positive_sample_makes_up_for_no_missed_test(isolation: Trial) -> None:
    """The release counts negative ones alone: somebody must be asked for the test that it lacks."""
    came = follow(isolation)
    isolation.clock.moment = china("2022-10-04 20:00")
    isolation.until_done(plan_next_day)
    isolation.until_done(find_overdue)
    for day, found in ((1, "negative"), (2, "negative"), (4, "positive")):
        report(isolation, result(came, found, at=china(f"2022-10-0{day} 12:00"), pool_size=10))
    assert [state for _, state in swabs(isolation, came)[:3]] == ["done", "done", "missed"]
    assert report(isolation, result(came, at=china("2022-10-04 12:30"))).kind == "done"
    assert [state for _, state in swabs(isolation, came)[:3]] == ["done", "done", "done"]


def test_one_sample_that_is_reported_twice_makes_up_for_one_test(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = china("2022-10-04 20:00")
    isolation.until_done(plan_next_day)
    for _ in range(2):
        report(isolation, result(came, at=china("2022-10-04 12:00")))
    assert [state for _, state in swabs(isolation, came)[:3]] == ["due", "due", "done"]


def test_a_laboratory_names_people_by_their_number_however_it_writes_it(isolation: Trial) -> None:
    came = follow(isolation, PASSPORT)
    outcome = report(isolation, result("x00000001"))
    assert outcome.result["case_ids"] == [came.data["arrival_id"]]
    assert swabs(isolation, came)[0] == (1, "done")
    assert "00000001" not in str(isolation.rows(t.case_history)) + str(outcome)


def test_by_a_number_staff_reach_the_cases_of_their_own_places_and_hear_of_no_other(isolation: Trial) -> None:
    away = follow(isolation, PASSPORT, destination={"community": "c-9", "grid": None})
    nurse: dict[str, Any] = {"author": NURSE, "scope": Scope(frozenset({COMMUNITY}))}
    assert say(isolation, result(PASSPORT), **nurse).result == {"counted": True}
    here = follow(isolation, PASSPORT)
    for _ in range(2):
        outcome = say(isolation, result(PASSPORT), id="same", **nurse)
        assert (outcome.kind, outcome.result["case_ids"]) == ("done", [here.data["arrival_id"]])
    assert swabs(isolation, away)[0] == (1, "due")
    assert swabs(isolation, here)[0] == (1, "done")
    assert say(isolation, result(away), **nurse).kind == "unknown"


def test_an_open_case_of_before_is_found_once_its_number_was_looked_at(isolation: Trial) -> None:
    sealed = SEALER.seal({"identity_number": "X00000001"})
    came = arrival(person=sealed)
    nameless = arrival(person=SEALER.seal({"identity_number": None}))
    isolation.follow(came, nameless)
    isolation.clock.moment = NIGHT
    assert report(isolation, result(PASSPORT)).result == {"counted": True}
    assert isolation.do(index_identities) == 2
    assert isolation.do(index_identities) == 0
    assert report(isolation, result(PASSPORT)).result["case_ids"] == [came.data["arrival_id"]]


def test_a_result_of_a_closed_case_is_kept_and_by_number_it_is_of_nobody(isolation: Trial) -> None:
    came = follow(isolation, PASSPORT)
    isolation.follow(
        arrival(came.data["arrival_id"], version=2, not_coming=True, why=["called_off"], at=NOON)
    )
    assert report(isolation, result(came)).kind == "done"
    assert len(isolation.rows(t.test_results)) == 1
    assert report(isolation, result(PASSPORT)).result == {"counted": True}
    assert isolation.audit()["balanced"]


def test_a_negative_of_nobody_here_is_counted_and_not_kept(isolation: Trial) -> None:
    isolation.clock.moment = NIGHT
    for found in ("negative", "negative", "invalid"):
        outcome = report(isolation, result("A1", found))
        assert (outcome.kind, outcome.noted) == ("done", False)
    counted = {row["result"]: row["number"] for row in isolation.rows(t.results_counted)}
    assert counted == {"negative": 2, "invalid": 1}
    assert isolation.rows(t.test_results) == isolation.rows(t.results_of_nobody) == []
    assert isolation.recorded("test.unmatched") == []


def waiting(isolation: Trial) -> list[str]:
    """The results on the list of the district, which no other officer has."""
    door = Visitor(DOOR, isolation.work)
    for who in ("officer", "nurse", "street"):
        assert door.get(who, "/lists/positives_of_nobody").status_code == 403
    answer = door.get("district", "/lists/positives_of_nobody")
    assert {row["identity_number"] for row in answer.json["rows"]} <= {"****"}
    return [row["result_id"] for row in answer.json["rows"]]


def test_a_positive_of_nobody_here_is_kept_for_the_district_which_is_told_at_once(isolation: Trial) -> None:
    isolation.clock.moment = NIGHT
    report(isolation, result("A1", "positive"), id="first")
    report(isolation, result("A1", "positive"), id="first")
    [event] = isolation.recorded("test.unmatched")
    id = event.data["result_id"]
    assert waiting(isolation) == [id]
    door = Visitor(DOOR, isolation.work)
    shown = door.reveal("district", "positive_of_nobody", id, "whose it is").json
    assert (shown["identity_number"], shown["sample_id"]) == ("A1", "S-1")
    assert [view["about_id"] for view in isolation.rows(TABLES["views"])] == [id]
    assert [s["staff_id"] for s in event.data["staff"]] == ["district"]
    assert event.data["due_by"] == NIGHT + timedelta(hours=1)
    inside = [{**row, "identity": "sealed"} for row in isolation.rows(t.results_of_nobody)]
    assert "A1" not in str(inside), "letters of what is sealed are by chance"
    report(isolation, result("A1", "negative", supersedes="first"))
    assert waiting(isolation) == []
    assert door.get("district", f"/positive_of_nobody/{id}").status_code == 404
    assert len(isolation.recorded("test.unmatched")) == 1
    [corrected] = isolation.recorded("test.unmatched_corrected")
    assert (corrected.subject, corrected.data["result_id"]) == (id, id)
    assert [s["staff_id"] for s in corrected.data["staff"]] == ["district"], "who was told of the positive"
    report(isolation, result("A1", "invalid", supersedes="first"))
    assert len(isolation.recorded("test.unmatched_corrected")) == 1, "once"


def test_nobody_hears_of_a_positive_of_nobody_whose_correction_came_first(isolation: Trial) -> None:
    isolation.clock.moment = NIGHT
    report(isolation, result("A1", "negative", supersedes="first"), id="second")
    report(isolation, result("A1", "positive"), id="first")
    assert isolation.recorded("test.unmatched") == isolation.recorded("test.unmatched_corrected") == []
    assert waiting(isolation) == []


def test_a_positive_of_nobody_here_wakes_the_officer_on_duty_and_no_other(isolation: Trial) -> None:
    awake = {"duty_from": NIGHT, "duty_to": NIGHT + timedelta(hours=9)}
    away = {"away_from": NOON, "deputy": "other"}
    isolation.do(
        STAFF.keep,
        [
            staff("district", "district_officer", DISTRICT, 2, **away),
            staff("other", "district_officer", DISTRICT),
            staff("awake", "district_officer", DISTRICT, **awake),
        ],
    )
    isolation.clock.moment = NIGHT
    report(isolation, result("A1", "positive"))
    isolation.clock.moment = NIGHT + timedelta(hours=10)
    report(isolation, result("A2", "positive"))
    told = [{s["staff_id"] for s in event.data["staff"]} for event in isolation.recorded("test.unmatched")]
    assert sorted(told, key=len) == [{"awake"}, {"awake", "other"}]


def test_all_faults_come_at_once(isolation: Trial) -> None:
    isolation.clock.moment = NOON
    wrong = result("A1") | {"case_id": new_id(), "pool_size": 0, "sampled_at": NIGHT + timedelta(days=1)}
    outcome = report(isolation, wrong)
    assert outcome.kind == "invalid"
    assert [fault.where for fault in outcome.faults] == ["case_id", "sampled_at", "reported_at", "pool_size"]
    assert report(isolation, result(arrival(), at=NOON - timedelta(hours=6))).kind == "unknown"


def test_the_clock_of_a_laboratory_may_be_minutes_ahead(isolation: Trial) -> None:
    came = follow(isolation)
    for ahead, kind in ((CLOCK_SKEW, "done"), (CLOCK_SKEW + timedelta(seconds=1), "invalid")):
        assert report(isolation, result(came, reported_at=NIGHT + ahead)).kind == kind


def test_a_batch_may_hold_everything_at_once(isolation: Trial) -> None:
    came, other = follow(isolation, PASSPORT), follow(isolation)
    said = [
        command(isolation, "test.reported", result(of, found), author=LAB)
        for of, found in ((PASSPORT, "negative"), ("A1", "positive"), (other, "invalid"), (came, "negative"))
    ]
    said.append(command(isolation, "test.reported", result(arrival()), author=LAB))
    outcomes = say_all(isolation, report_test, said)
    assert [o.kind for o in outcomes] == ["done", "done", "done", "done", "unknown"]
    assert [o.noted for o in outcomes] == [True, False, True, True, True]
    assert len(isolation.rows(t.test_results)) == 3
    assert isolation.audit()["balanced"]


def test_what_is_said_again_when_its_outcome_is_forgotten_does_nothing(isolation: Trial) -> None:
    came = follow(isolation)
    assert report(isolation, result(came), id="same") == report(isolation, result(came), id="same")
    assert len(isolation.rows(t.test_results)) == 1
