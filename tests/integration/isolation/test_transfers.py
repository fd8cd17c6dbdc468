"""Another district is asked to take somebody over: followed here until it does, and forgotten by nobody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from contracts.envelope import Event
from field.scope import Scope
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_decisions import (
    OFFICER,
    PERSON,
    STREET,
    codes,
    decide,
    lines,
    live,
    loads,
    told,
)
from tests.integration.isolation.test_merged_cases import Two
from tests.integration.isolation.trial import CHINA, SEALER, Trial, arrival, china

_report_task = speaking(report_task, "task.reported")
_waive = speaking(waive_task, "task.waived")
NINE = china("2022-10-01 09:00")
OFFICE = "Qilihe district, duty room, 0931-8888888"


@pytest.fixture
def came(isolation: Trial) -> Event:
    came = arrival(level="medium", left_on=date(2022, 9, 30), person=PERSON)
    isolation.follow(came)
    isolation.clock.moment = NINE
    return came


def asked(isolation: Trial, came: Event) -> dict[str, Any]:
    """Returns the task of whoever finds out."""
    assert decide(isolation, came, "transfer", place=OFFICE, note="on Thursday").kind == "done"
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "confirm_transfer"]
    return task


def listed(isolation: Trial, who: str = "officer") -> list[dict[str, Any]]:
    visitor = Visitor(DOOR, isolation.work)
    rows: list[dict[str, Any]] = visitor.get(who, "/lists/transfers_to_confirm").get_json()["rows"]
    return rows


def balanced(isolation: Trial) -> bool:
    with isolation.database.read() as conn:
        sums = handover.sums(conn, isolation.clock.today(CHINA))
    return bool(sums.balanced and isolation.audit()["balanced"])


def test_until_the_other_district_takes_over_they_are_followed_here_with_a_clock(
    isolation: Trial, came: Event
) -> None:
    before = live(isolation, came)
    task = asked(isolation, came)
    case = isolation.case(came)
    assert (case["state"], case["closed_at"], case["version"]) == ("open", None, 2)
    assert sorted(live(isolation, came)) == sorted([*before, "confirm_transfer"]), "all tasks go on"
    assert (task["staff_id"], task["due_by"]) == ("officer", NINE + timedelta(hours=24))
    assert told(isolation) == [("open", ["details", "transfer_asked"])], "nobody is told"
    [row] = listed(isolation)
    assert (row["agency"], row["state"], row["name"]) == (OFFICE, "transfer_asked", "某*")
    stored = str([isolation.rows(table) for table in (t.transfers, t.case_history, t.tasks)])
    assert "Qilihe" not in stored and "Thursday" not in stored
    isolation.clock.moment = task["due_by"] + timedelta(hours=12)
    assert isolation.do(find_overdue)
    [overdue] = [e for e in isolation.recorded("task.overdue") if e.data["kind"] == "confirm_transfer"]
    assert overdue.data["tell"]["staff"], "past the term somebody hears of it"
    assert balanced(isolation)


def test_taken_over_the_case_ends_here_and_they_are_told(isolation: Trial, came: Event) -> None:
    asked(isolation, came)
    outcome = decide(isolation, came, "taken_over", note="Dr. Li, 0931-8888888, from today")
    assert outcome.kind == "done" and outcome.result["state"] == "transferred"
    case = isolation.case(came)
    assert (case["state"], case["closed_at"], case["plan_next"]) == ("transferred", NINE, None)
    assert live(isolation, came) == [] and loads(isolation) == {} and listed(isolation) == []
    assert told(isolation)[-1] == ("transferred", ["ended_elsewhere"])
    assert isolation.recorded("case.changed")[-1].data["link"] is None
    assert lines(isolation, came)[-1]["what"] == "transferred"
    [transfer] = isolation.rows(t.transfers)
    assert (transfer["outcome"], transfer["settled_by"]) == ("taken_over", OFFICER.source)
    assert SEALER.unseal(transfer["said"])["note"].startswith("Dr. Li")
    assert [one["state"] for one in isolation.tasks(came) if one["kind"] == "confirm_transfer"] == ["done"]
    isolation.until_done(plan_again)
    assert live(isolation, came) == [] and balanced(isolation)


def test_not_taken_over_the_case_goes_on_with_a_task(isolation: Trial, came: Event) -> None:
    before = live(isolation, came)
    asked(isolation, came)
    assert decide(isolation, came, "not_taken_over", note="they know of nobody").kind == "done"
    assert sorted(live(isolation, came)) == sorted([*before, "settle_transfer"])
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "settle_transfer"]
    assert (task["staff_id"], task["due_by"]) == ("officer", NINE + timedelta(hours=2))
    assert told(isolation)[-1] == ("open", ["details", "not_taken_over"])
    [row] = listed(isolation)
    assert (row["state"], row["task_id"]) == ("not_taken_over", task["task_id"])
    said = {"task_id": task["task_id"], "outcome": "done"}
    assert _report_task(isolation, said, author=OFFICER).kind == "done"
    assert listed(isolation) == [] and isolation.case(came)["state"] == "open" and balanced(isolation)


def test_whom_nobody_took_over_another_office_is_asked_for(isolation: Trial, came: Event) -> None:
    asked(isolation, came)
    decide(isolation, came, "not_taken_over")
    isolation.clock.advance(minutes=30)
    decide(isolation, came, "transfer", place="Anning district")
    assert live(isolation, came).count("confirm_transfer") == 1
    assert "settle_transfer" not in live(isolation, came), "what to do about them is decided with this"
    assert [row["agency"] for row in listed(isolation)] == ["Anning district"]
    assert decide(isolation, came, "taken_over").kind == "done" and balanced(isolation)


def test_it_is_asked_once_answered_once_and_ends_by_no_report(isolation: Trial, came: Event) -> None:
    for answer in ("taken_over", "not_taken_over"):
        assert codes(decide(isolation, came, answer)) == ("conflict", ["nobody_asked"])
    task = asked(isolation, came)
    assert codes(decide(isolation, came, "transfer")) == ("conflict", ["already_asked"])
    assert codes(decide(isolation, came, "taken_over", note=None)) == ("invalid", ["missing"])
    assert codes(decide(isolation, came, "taken_over", expects=1)) == ("conflict", ["conflict"])
    assert decide(isolation, came, "taken_over", scope=Scope(frozenset({"another"}))).kind == "unknown"
    reported = _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    assert codes(reported) == ("not_allowed", ["ends_by_decision"])
    waived = {"task_id": task["task_id"], "expects": 0, "reason": "they will call"}
    assert codes(_waive(isolation, waived, author=STREET)) == ("not_allowed", ["ends_by_decision"])
    decide(isolation, came, "taken_over")
    for decision in ("taken_over", "not_taken_over", "transfer", "release", "cancel"):
        assert codes(decide(isolation, came, decision)) == ("conflict", ["not_in_this_state"])
    assert balanced(isolation)


@pytest.mark.parametrize("ends", ["cancel", "move_to_hospital"])
def test_another_end_comes_first_and_opened_again_it_is_asked_for_still(
    isolation: Trial, came: Event, ends: str
) -> None:
    asked(isolation, came)
    assert decide(isolation, came, ends).kind == "done"
    assert listed(isolation) == []
    isolation.until_done(plan_again)
    assert live(isolation, came) == [], "nobody is followed"
    isolation.clock.moment = now = china("2022-10-03 10:00")
    assert decide(isolation, came, "reopen").kind == "done"
    isolation.until_done(plan_again)
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "confirm_transfer"]
    assert task["due_by"] == now + timedelta(hours=24), "the other district may have taken them over"
    assert decide(isolation, came, "taken_over").kind == "done" and balanced(isolation)


def test_whom_the_other_district_sends_back_is_followed_again(isolation: Trial, came: Event) -> None:
    asked(isolation, came)
    decide(isolation, came, "taken_over")
    isolation.clock.moment = china("2022-10-03 10:00")
    assert decide(isolation, came, "reopen", because="came_back").kind == "done"
    isolation.until_done(plan_again)
    assert isolation.case(came)["state"] == "open" and "confirm_transfer" not in live(isolation, came)
    assert decide(isolation, came, "transfer").kind == "done" and balanced(isolation)


def test_news_of_the_arrival_leave_it_asked_for(isolation: Trial, came: Event) -> None:
    asked(isolation, came)
    isolation.follow(arrival(came.subject, version=2, level="high", person=PERSON))
    assert "confirm_transfer" in live(isolation, came)
    isolation.follow(arrival(came.subject, version=3, not_coming=True, why=["called_off"], person=PERSON))
    assert live(isolation, came) == [] and isolation.case(came)["state"] == "cancelled"
    isolation.clock.advance(minutes=1)
    isolation.follow(arrival(came.subject, version=4, level="high", why=["came"], person=PERSON))
    isolation.until_done(plan_again)
    assert live(isolation, came).count("confirm_transfer") == 1 and balanced(isolation)


def ask(two: Two, case_id: str) -> None:
    assert two.decide(case_id, "transfer", place=OFFICE).kind == "done"


def refuse(two: Two, case_id: str) -> None:
    ask(two, case_id)
    assert two.decide(case_id, "not_taken_over", note="they know of nobody").kind == "done"


@pytest.mark.parametrize(("said", "kind"), [(ask, "confirm_transfer"), (refuse, "settle_transfer")])
def test_it_goes_on_with_the_case_that_goes_on_and_back_where_they_are_two_again(
    isolation: Trial, said: Callable[[Two, str], None], kind: str
) -> None:
    two = Two(isolation).both_come()
    said(two, two.ends)
    two.merge()
    assert two.live(two.goes_on) == [kind], "an officer of theirs has it"
    isolation.clock.advance(minutes=1)
    two.make_two()
    assert two.live(two.goes_on) == [] and two.live(two.ends) == [kind]
    isolation.clock.advance(minutes=1)
    two.merge()
    assert two.live(two.goes_on) == [kind]
    if said is refuse:
        ask(two, two.goes_on)
    assert two.decide(two.goes_on, "taken_over", note="Dr. Li").kind == "done"
    two.timers()
    states = {row["outcome"] for row in isolation.rows(t.transfers)}
    assert states == ({"taken_over"} if said is ask else {"not_taken_over", "taken_over"})
    assert two.live(two.goes_on) == [] and balanced(isolation)


def test_asked_anew_before_the_task_is_planned_again_it_is_one(isolation: Trial) -> None:
    two = Two(isolation).both_come()
    ask(two, two.ends)
    isolation.follow(two.merged())
    ask(two, two.goes_on)
    two.timers()
    assert two.live(two.goes_on) == ["confirm_transfer"]
    assert sorted(str(row["outcome"]) for row in isolation.rows(t.transfers)) == ["None", "asked_anew"]
    assert balanced(isolation)


@pytest.mark.parametrize("answer", ["taken_over", "not_taken_over"])
def test_answered_under_the_other_when_they_are_two_again_it_is_asked_for_still(
    isolation: Trial, answer: str
) -> None:
    two = Two(isolation).both_come()
    ask(two, two.ends)
    two.merge()
    isolation.clock.advance(minutes=1)
    isolation.follow(two.news(two.ends, why=["not_the_same"]))
    assert two.decide(two.goes_on, answer, note="Dr. Li").kind == "done", "before a timer has looked"
    two.timers()
    assert two.live(two.ends) == ["confirm_transfer"] and two.live(two.goes_on) == []
    assert two.decide(two.ends, "taken_over", note="Dr. Li").kind == "done"
    two.timers()
    assert [row["outcome"] for row in isolation.rows(t.transfers)] == ["taken_over"]
    assert two.live(two.ends) == [] and balanced(isolation)


def test_the_audit_names_what_nobody_sees_to(isolation: Trial, came: Event) -> None:
    task = asked(isolation, came)
    [transfer] = isolation.rows(t.transfers)

    def seen_to_by_nobody() -> list[str]:
        with isolation.database.read() as conn:
            found = handover.late(conn, isolation.clock.now(), CHINA)
        return [lack.id for lack in found.lacks if lack.what == "transfer"]

    isolation.clock.advance(minutes=10)
    assert seen_to_by_nobody() == []
    with isolation.database.begin() as conn:
        of_it = t.tasks.c.task_id == task["task_id"]
        conn.execute(update(t.tasks).where(of_it).values(state="cancelled", tell_at=None))
    assert seen_to_by_nobody() == [transfer["transfer_id"]]
    isolation.until_done(plan_again)
    assert seen_to_by_nobody() == [] and balanced(isolation)
    assert decide(isolation, came, "cancel").kind == "done"
    isolation.clock.advance(minutes=10)
    assert seen_to_by_nobody() == [], "nobody is followed"


def test_a_policy_says_who_finds_out_and_by_when(isolation: Trial, came: Event) -> None:
    used = isolation.case(came)["policy_id"]
    document = next(one for one in documents.shipped() if one["policy_id"] == used)
    terms = {
        "confirm_transfer": {"role": "street_officer", "within_minutes": 180},
        "settle_transfer": {"role": "district_officer", "within_minutes": 45},
    }
    isolation.do(import_policy, {**document, **terms})
    task = asked(isolation, came)
    assert (task["staff_id"], task["due_by"]) == ("street", NINE + timedelta(hours=3))
    decide(isolation, came, "not_taken_over")
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "settle_transfer"]
    assert (task["staff_id"], task["due_by"]) == ("district", NINE + timedelta(minutes=45))


def test_the_page_of_a_transfer_is_for_whoever_answers_for_them(isolation: Trial, came: Event) -> None:
    visitor = Visitor(DOOR, isolation.work)
    path = f"/transfer/{came.subject}"
    assert visitor.get("officer", path).status_code == 404, "nobody is asked"
    asked(isolation, came)
    shown = visitor.get("officer", path).get_json()
    assert (shown["agency"], shown["note"], shown["phone"]) == (OFFICE, "on Thursday", "139****1234")
    assert shown["version"] == isolation.case(came)["version"] and shown["waits"]
    assert visitor.get("worker-1", path).status_code == 403
