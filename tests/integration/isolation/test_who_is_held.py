"""Who must not be released, and who must not be forgotten at the end of their measure."""

from __future__ import annotations

import pytest

from chassis.commands.command import Author
from chassis.database.guards import remove
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases.release_checks import look_at_forgotten
from services.isolation.households.plan_again import plan_again
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.release.decide_case import decide_case
from services.isolation.release.propose_releases import propose_releases
from services.isolation.tasks.report_task import report_task
from tests.integration.isolation.saying import WORKER, speaking
from tests.integration.isolation.test_handover import late
from tests.integration.isolation.test_release import (
    at,
    check,
    decide,
    follow,
    kinds,
    measured,
    negative,
)
from tests.integration.isolation.trial import Trial, arrival, china

_refuse = speaking(report_refusal, "refusal.reported")
_decided = speaking(decide_case, "case.decided")
_report_task = speaking(report_task, "task.reported")
OFFICER = Author("staff", "/console/officer", "officer")


def done(isolation: Trial, came: Event, kind: str) -> None:
    [task] = [task for task in isolation.tasks(came, "due", "missed") if task["kind"] == kind]
    said = _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    assert said.kind == "done", said


def held(isolation: Trial, came: Event) -> set[str]:
    outcome = decide(isolation, came)
    return {fault.code for fault in outcome.faults} if outcome.kind == "conflict" else set()


def test_a_refusal_holds_the_household_until_an_officer_settles_it(isolation: Trial) -> None:
    household = new_id()
    first, second = (follow(isolation, household_id=household) for _ in range(2))
    for came in (first, second):
        negative(isolation, came, 2, 4)
    data = {
        "case_ids": [first.data["arrival_id"], second.data["arrival_id"]],
        "what": "isolation",
        "why": "work",
        "what_would_help": None,
        "witness": "officer",
    }
    assert _refuse(isolation, data, author=WORKER).kind == "done"
    at(isolation, "2022-10-04 20:01")
    assert held(isolation, first) == held(isolation, second) == {"held_by_refusal"}
    done(isolation, first, "settle_refusal")
    isolation.clock.advance(hours=1)
    isolation.until_done(propose_releases)
    for came in (first, second):
        assert isolation.case(came)["state"] == "release_review" and held(isolation, came) == set()


def test_a_fever_at_which_nobody_looked_holds_for_as_long_as_that_takes(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    measured(isolation, came, 39.2)
    at(isolation, "2022-10-09 21:05")
    assert held(isolation, came) == {"held_by_fever"}
    done(isolation, came, "see_abnormal")
    isolation.clock.advance(hours=1)
    isolation.until_done(propose_releases)
    assert isolation.case(came)["state"] == "release_review"


@pytest.mark.parametrize("by", ["audit", "timer"])
def test_whom_an_older_process_left_without_a_row_is_named_and_looked_at(isolation: Trial, by: str) -> None:
    came = follow(isolation)
    at(isolation, "2022-10-03 23:00")
    with isolation.database.begin() as conn:
        remove(conn, t.release_checks.delete())
    if by == "audit":
        assert ("release", came.data["arrival_id"]) in late(isolation)
    at(isolation, "2022-10-04 20:01")
    row = check(isolation, came)
    assert row and row["lacks"] == "test_result"
    assert "release" not in {what for what, _ in late(isolation)}
    with isolation.database.begin() as conn:
        look_at_forgotten(conn, isolation.clock.now(), 10)
    assert check(isolation, came) == row, "whoever has a row is none of them"


@pytest.mark.parametrize("proposed", [True, False])
def test_who_is_only_informed_from_now_on_is_asked_for_nothing(isolation: Trial, proposed: bool) -> None:
    came = follow(isolation)
    negative(isolation, came, *((2, 4) if proposed else (2,)))
    at(isolation, "2022-10-05 08:00")
    assert kinds(isolation, came, "due") == ["confirm_release" if proposed else "past_the_term"]
    id = came.data["arrival_id"]
    isolation.follow(arrival(id, version=2, level="none", left_on=None, at=isolation.clock.now()))
    assert isolation.case(came)["state"] != "release_review" and check(isolation, came) is None
    assert kinds(isolation, came, "due", "missed") == []
    at(isolation, "2022-10-05 20:06")
    assert kinds(isolation, came, "due", "missed") == [] and isolation.audit()["balanced"]


def test_a_row_of_a_case_that_has_ended_is_passed_over(isolation: Trial) -> None:
    """As a process of a version before leaves it."""
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    row = check(isolation, came)
    assert row and decide(isolation, came).kind == "done"
    with isolation.database.begin() as conn:
        conn.execute(t.release_checks.insert(), row | {"check_at": isolation.clock.now()})
    isolation.clock.advance(hours=5)
    isolation.until_done(propose_releases)
    assert isolation.case(came)["state"] == "released" and late(isolation) == set()


def test_another_measure_that_ends_on_the_same_day_is_proposed_once(isolation: Trial) -> None:
    came = follow(isolation)
    negative(isolation, came, 2, 4)
    at(isolation, "2022-10-04 20:01")
    left_on = china("2022-09-27 12:00").date()
    isolation.follow(
        arrival(came.data["arrival_id"], version=2, level="high", left_on=left_on, at=isolation.clock.now())
    )
    case = isolation.case(came)
    assert case["state"] == "active" and kinds(isolation, came, "due", "missed") == []
    row = check(isolation, came)
    assert row and row["proposed_at"] is None
    at(isolation, "2022-10-10 20:06")
    assert kinds(isolation, came, "due", "missed") == ["confirm_release"]


def refused(isolation: Trial, *came: Event) -> None:
    data = {"what": "isolation", "why": "work", "what_would_help": None, "witness": "officer"}
    ids = [one.data["arrival_id"] for one in came]
    assert _refuse(isolation, {"case_ids": ids, **data}, author=WORKER).kind == "done"


@pytest.mark.parametrize("way", ["decided", "called_off"])
def test_a_refusal_goes_on_with_who_stays_when_the_case_with_its_task_ends(
    isolation: Trial, way: str
) -> None:
    household = new_id()
    first, second = (follow(isolation, household_id=household) for _ in range(2))
    negative(isolation, second, 2, 4)
    refused(isolation, first, second)
    [before] = [one for one in isolation.tasks(first, "due") if one["kind"] == "settle_refusal"]
    assert before["staff_id"] == "officer", "no worker settles it for want of an officer in the team"
    if way == "decided":
        cancel(isolation, first)
    else:
        id = first.data["arrival_id"]
        gone = arrival(id, version=2, why=["called_off"], not_coming=True, household_id=household)
        isolation.follow(gone)
    assert isolation.do(plan_again) == 1
    [task] = [one for one in isolation.tasks(second, "due") if one["kind"] == "settle_refusal"]
    assert (task["due_by"], task["staff_id"]) == (before["due_by"], "officer")
    assert {row["task_id"] for row in isolation.rows(t.refusals)} == {task["task_id"]}
    [planned] = [e for e in isolation.recorded("task.planned") if task["task_id"] in str(e.data)]
    assert planned.subject == second.data["arrival_id"]
    at(isolation, "2022-10-04 20:01")
    assert held(isolation, second) == {"held_by_refusal"}
    done(isolation, second, "settle_refusal")
    assert held(isolation, second) == set()
    assert isolation.do(plan_again) == 0 and isolation.audit()["balanced"]


def test_a_refusal_holds_also_before_it_is_planned_again(isolation: Trial) -> None:
    household = new_id()
    first, second = (follow(isolation, household_id=household) for _ in range(2))
    negative(isolation, second, 2, 4)
    refused(isolation, first, second)
    isolation.clock.moment = china("2022-10-04 20:01")
    isolation.run_timers()
    cancel(isolation, first)
    assert held(isolation, second) == {"held_by_refusal"}


def cancel(isolation: Trial, came: Event) -> None:
    data = {
        "case_id": came.data["arrival_id"],
        "decision": "cancel",
        "expects": isolation.case(came)["version"],
        "because": "wrongly_opened",
    }
    assert _decided(isolation, data, author=OFFICER).kind == "done"
