"""The end of a case: proposed when nothing holds somebody any more, decided by an officer, told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from contracts.envelope import Event
from field.scope import NOWHERE, Scope
from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.door import DOOR
from services.isolation.release.decide_case import decide_case
from services.isolation.release.propose_releases import propose_releases
from services.isolation.release.set_back_code import set_back_code
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from tests.doors import Visitor
from tests.integration.isolation.saying import WORKER, speaking
from tests.integration.isolation.test_handover import late
from tests.integration.isolation.test_results import report, result
from tests.integration.isolation.trial import COMMUNITY, Trial, arrival, china

OFFICER = Author("staff", "/console/officer", "officer")
_decide = speaking(decide_case, "case.decided")
_check_in = speaking(report_check_in, "check_in.reported")
_report_task = speaking(report_task, "task.reported")
_set_back = speaking(set_back_code, "code.set_back")
_waive = speaking(waive_task, "task.waived")

CODES = Author("publisher", "/code-office/lanzhou", "code-office")

LOW = {"level": "low", "left_on": date(2022, 9, 30)}
"""Three days: tests on days 1 and 3, day 0 is 1 October."""


def at(isolation: Trial, text: str) -> None:
    """Move the clock, and let the timers do what is due."""
    isolation.clock.moment = china(text)
    for timer in (plan_next_day, propose_releases):
        isolation.until_done(timer)
    assert isolation.do(propose_releases) == 0, "nobody is looked at twice for one reason"


def negative(isolation: Trial, came: Event, *days: int, found: str = "negative", **more: Any) -> None:
    for day in days:
        text = f"2022-10-0{day} 12:00"
        isolation.clock.moment = max(isolation.clock.moment, china(f"2022-10-0{day} 20:00"))
        report(isolation, result(came, found, at=china(text), sample_id=f"S-{day}", **more))


def measured(isolation: Trial, came: Event, temperature: float) -> None:
    person = {"case_id": came.data["arrival_id"], "temperature": temperature, "symptoms": []}
    said = _check_in(isolation, {"people": [{**person, "how_known": "seen"}]}, author=WORKER)
    assert said.kind == "done", said


def decide(isolation: Trial, came: Event, **more: Any) -> Outcome:
    data = {"case_id": came.data["arrival_id"], "decision": "release", "note": None}
    expects = more.pop("expects", isolation.case(came)["version"])
    return _decide(isolation, {**data, "expects": expects}, author=OFFICER, **more)


def check(isolation: Trial, came: Event) -> dict[str, Any] | None:
    rows = isolation.rows(t.release_checks)
    return next((row for row in rows if row["case_id"] == came.data["arrival_id"]), None)


def kinds(isolation: Trial, came: Event, *states: str) -> list[str]:
    return [task["kind"] for task in isolation.tasks(came, *states) if task["about"]]


def history(isolation: Trial, came: Event) -> list[str]:
    rows = [row for row in isolation.rows(t.case_history) if row["case_id"] == came.data["arrival_id"]]
    return [row["what"] for row in sorted(rows, key=lambda row: row["number"])]


def _listed(visitor: Visitor, name: str) -> list[dict[str, Any]]:
    answer = visitor.get("officer", f"/lists/{name}")
    assert answer.status_code == 200, answer.json
    rows: list[dict[str, Any]] = answer.get_json()["rows"]
    return rows


def follow(isolation: Trial, **more: Any) -> Event:
    came = arrival(**{**LOW, **more})
    isolation.follow(came)
    return came


def test_who_is_negative_and_well_on_the_last_day_is_proposed_and_released(isolation: Trial) -> None:
    came = follow(isolation)
    at(isolation, "2022-10-02 09:00")
    negative(isolation, came, 2)
    at(isolation, "2022-10-03 09:00")
    assert isolation.case(came)["state"] == "open" and check(isolation, came) is not None
    at(isolation, "2022-10-04 07:00")
    row = check(isolation, came)
    assert row and row["lacks"] == "test_result", "the test of the last day"
    negative(isolation, came, 4)
    at(isolation, "2022-10-04 20:01")
    assert isolation.case(came)["state"] == "release_review"
    assert kinds(isolation, came, "due") == ["confirm_release"]

    outcome = decide(isolation, came)

    assert outcome.kind == "done" and outcome.result["state"] == "released"
    case = isolation.case(came)
    assert case["state"] == "released" and case["closed_at"] == isolation.clock.now()
    assert isolation.tasks(came, "due", "missed") == []
    assert kinds(isolation, came, "done") == ["confirm_release"]
    [changed] = isolation.recorded("case.changed")
    assert changed.data["change"]["kinds"] == ["released"] and changed.data["state"] == "released"
    assert changed.data["link"] is None
    assert history(isolation, came)[-2:] == ["release_proposed", "released"]
    assert check(isolation, came) is None
    assert isolation.audit()["balanced"]


def test_a_repeated_decision_and_one_on_another_version_change_nothing(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    assert decide(isolation, came, expects=7).kind == "conflict"
    assert decide(isolation, came).kind == "done"
    assert decide(isolation, came).kind == "conflict"
    assert len(isolation.recorded("case.changed")) == 1


@pytest.mark.parametrize(
    ("when", "codes"),
    [
        ("2022-10-03 20:01", {"held_by_days", "held_by_test_result"}),
        ("2022-10-04 20:01", {"held_by_test_result"}),
    ],
)
def test_nobody_is_released_whom_something_holds(isolation: Trial, when: str, codes: set[str]) -> None:
    came = follow(isolation)
    negative(isolation, came, 2)
    at(isolation, when)
    outcome = decide(isolation, came)
    assert outcome.kind == "conflict" and {fault.code for fault in outcome.faults} == codes
    assert isolation.case(came)["closed_at"] is None


def test_a_fever_takes_the_proposal_back_and_passes(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    measured(isolation, came, 38.4)
    assert {fault.code for fault in decide(isolation, came).faults} == {"held_by_fever"}, (
        "also before the timer"
    )
    at(isolation, "2022-10-04 20:02")
    assert isolation.case(came)["state"] == "active"
    assert "confirm_release" not in kinds(isolation, came, "due", "missed")
    isolation.clock.moment = china("2022-10-05 19:00")
    measured(isolation, came, 36.5)
    at(isolation, "2022-10-05 19:01")
    assert kinds(isolation, came, "due", "missed").count("past_the_term") == 1, "a day past the term"
    at(isolation, "2022-10-05 21:30")
    assert isolation.case(came)["state"] == "release_review"
    assert [kind for kind in kinds(isolation, came, "due") if kind != "see_abnormal"] == ["confirm_release"]
    of_release = [what for what in history(isolation, came) if what.startswith(("release", "held"))]
    assert of_release == ["release_proposed", "release_held", "held_past_the_term", "release_proposed"]
    assert isolation.audit()["balanced"]


def test_who_is_held_past_the_term_has_an_officer_and_stands_on_the_list(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2)
    at(isolation, "2022-10-04 23:00")
    assert kinds(isolation, came) == []
    for hour in ("00:30", "01:45", "09:00"):
        at(isolation, f"2022-10-05 {hour}")
    [task] = [task for task in isolation.tasks(came) if task["kind"] == "past_the_term"]
    assert task["role"] == "community_officer" and task["staff_id"] == "officer"
    visitor = Visitor(DOOR, isolation.work)
    [held] = _listed(visitor, "held_past_term")
    assert held["lacks"] == "test_result" and held["past_since"] == "2022-10-05"
    assert _listed(visitor, "cases_to_release") == []

    [swab] = [one for one in isolation.tasks(came, "due", "missed") if one["kind"] == "test"]
    waived = {"task_id": swab["task_id"], "reason": "the tube broke twice", "expects": 0}
    assert _waive(isolation, waived, author=OFFICER).kind == "done"
    at(isolation, "2022-10-05 09:01")

    assert _listed(visitor, "held_past_term") == []
    [proposed] = _listed(visitor, "cases_to_release")
    assert proposed["case_id"] == came.data["arrival_id"] and proposed["name"] != ""
    assert kinds(isolation, came, "due", "missed") == ["confirm_release"]


def test_a_case_at_which_nobody_looks_is_named_by_the_audit(isolation: Trial) -> None:
    came = follow(isolation)
    at(isolation, "2022-10-03 23:00")
    isolation.clock.moment = china("2022-10-04 03:00")
    assert ("release", came.data["arrival_id"]) in late(isolation)
    isolation.until_done(propose_releases)
    assert "release" not in {what for what, _ in late(isolation)}


def test_an_undone_notice_or_visit_holds_nobody(isolation: Trial) -> None:
    came = follow(isolation, level="medium", left_on=date(2022, 9, 30))
    for day in (1, 4, 7):
        negative(isolation, came, day)
    at(isolation, "2022-10-07 20:30")
    assert isolation.case(came)["state"] == "release_review"
    assert {"signed_notice", "first_contact"} <= {
        one["kind"] for one in isolation.tasks(came, "due", "missed")
    }


def test_whom_a_stricter_measure_keeps_is_proposed_no_more(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    isolation.follow(arrival(came.data["arrival_id"], version=2, level="high", at=china("2022-10-04 20:05")))
    at(isolation, "2022-10-04 20:06")
    assert isolation.case(came)["state"] == "active"
    assert kinds(isolation, came, "due", "missed") == []
    assert decide(isolation, came).kind == "conflict"


def test_a_released_case_opens_again_when_something_stricter_is_known(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    decide(isolation, came)
    isolation.follow(arrival(came.data["arrival_id"], version=2, level="high", at=china("2022-10-04 20:05")))
    case = isolation.case(came)
    assert case["state"] == "open" and case["closed_at"] is None
    at(isolation, "2022-10-07 20:06")
    row = check(isolation, came)
    assert row and "test_result" in row["lacks"]
    assert isolation.audit()["balanced"]


def test_who_is_released_stands_on_a_list_until_somebody_says_that_the_code_is_set_back(
    isolation: Trial,
) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    named = {"case_id": came.data["arrival_id"]}
    assert _set_back(isolation, named, author=CODES).kind == "conflict", "they are not released"
    decide(isolation, came)
    visitor = Visitor(DOOR, isolation.work)
    [row] = _listed(visitor, "codes_to_set_back")
    assert row["case_id"] == came.data["arrival_id"] and row["since"].startswith("2022-10-04T20:01")
    assert _set_back(isolation, named, author=OFFICER, scope=NOWHERE).kind == "unknown"
    assert _set_back(isolation, named, author=CODES).kind == "done"
    assert _set_back(isolation, named, author=OFFICER).kind == "done", "said again, nothing changes"
    assert _listed(visitor, "codes_to_set_back") == []
    assert history(isolation, came)[-2:] == ["released", "code_set_back"]
    kinds_told = [event.data["change"]["kinds"] for event in isolation.recorded("case.changed")]
    assert kinds_told == [["released"], ["details", "code_set_back"]]
    assert isolation.case(came)["state"] == "released" and isolation.audit()["balanced"]

    news = arrival(came.data["arrival_id"], version=2, level="high", at=china("2022-10-04 20:05"))
    isolation.follow(news)
    assert _set_back(isolation, named, author=CODES).kind == "conflict", "they are followed again"


def test_who_is_only_informed_is_released_from_nothing(isolation: Trial) -> None:
    came = follow(isolation, level="none", left_on=None)
    at(isolation, "2022-10-04 20:01")
    assert check(isolation, came) is None and decide(isolation, came).kind == "conflict"


def test_an_officer_of_another_place_does_not_know_the_case(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    elsewhere = Scope(frozenset({"another"}))
    assert decide(isolation, came, scope=elsewhere).kind == "unknown"
    assert decide(isolation, came, scope=Scope(frozenset({COMMUNITY}))).kind == "done"


def test_nobody_ends_the_task_of_a_decision_without_deciding(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "confirm_release"]
    said = {"task_id": task["task_id"], "outcome": "done", "at": None}
    assert _report_task(isolation, said, author=OFFICER).kind == "not_allowed"
    waived = {"task_id": task["task_id"], "reason": "not today", "expects": 0}
    street = Author("staff", "/console/street", "street")
    assert _waive(isolation, waived, author=street).kind == "not_allowed"
