"""Officers decide about cases: taken back, moved, refused, gone on with, opened again; all of it is told."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from contracts.envelope import Event
from field.scope import Scope
from field.words import CASE_DECISIONS
from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.needs.ask_need import ask_need
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.release.decide_case import decide_case
from services.isolation.release.propose_releases import propose_releases
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

STREET = Author("staff", "/console/street", "street")
OFFICER = Author("staff", "/console/officer", "officer")
_decide = speaking(decide_case, "case.decided")
_refuse = speaking(report_refusal, "refusal.reported")
_check_in = speaking(report_check_in, "check_in.reported")
_ask = speaking(ask_need, "need.asked")
_report_task = speaking(report_task, "task.reported")
_waive = speaking(waive_task, "task.waived")
PERSON = SEALER.seal({"name": "某", "phone": "13909311234"}, "person")
REFUSAL = {"what": "isolation", "why": "care_of_others", "witness": "nurse", "what_would_help": None}
FEVER = {"temperature": 38.5, "symptoms": [], "how_known": "seen"}
SEEN_TO = {"see_abnormal", "settle_refusal", "meet_need"}
NEEDS: dict[str, dict[str, Any]] = {
    "cancel": {"because": "wrongly_opened"},
    "refuse": {"witness": "nurse"},
    "move_to_central": {"place": "the site", "escort": "the driver"},
    "move_to_hospital": {"place": "the hospital", "escort": "120"},
    "transfer": {"place": "Qilihe district"},
    "taken_over": {"note": "Dr. Li, by phone"},
    "not_taken_over": {"note": "nobody answers"},
    "reopen": {"because": "decided_by_mistake"},
}


def decide(isolation: Trial, came: Event, decision: str, **more: Any) -> Outcome:
    how = {name: more.pop(name) for name in ("author", "scope") if name in more}
    data = {"case_id": came.subject, "decision": decision, "expects": isolation.case(came)["version"]}
    given: dict[str, Any] = {**data, **NEEDS.get(decision, {}), **more}
    return _decide(isolation, given, **{"author": OFFICER, **how})


def codes(outcome: Outcome) -> tuple[str, list[str]]:
    return outcome.kind, [fault.code for fault in outcome.faults]


def refuse(isolation: Trial, came: Event) -> None:
    assert _refuse(isolation, {"case_ids": [came.subject], **REFUSAL}).kind == "done"


def live(isolation: Trial, came: Event | str) -> list[str]:
    return [task["kind"] for task in isolation.tasks(came, "due", "missed", "not_possible")]


def told(isolation: Trial) -> list[tuple[str, list[str]]]:
    return [(e.data["state"], e.data["change"]["kinds"]) for e in isolation.recorded("case.changed")]


def loads(isolation: Trial) -> dict[str, int]:
    rows = isolation.rows(t.staff_load)
    return {row["staff_id"]: row["cases"] for row in rows if row["cases"]}


def lines(isolation: Trial, came: Event) -> list[dict[str, Any]]:
    rows = [row for row in isolation.rows(t.case_history) if row["case_id"] == came.subject]
    return sorted(rows, key=lambda row: row["number"])


@pytest.fixture
def came(isolation: Trial) -> Event:
    came = arrival(level="medium", left_on=date(2022, 9, 30), person=PERSON)
    isolation.follow(came)
    isolation.clock.moment = china("2022-10-01 09:00")
    return came


@pytest.mark.parametrize(
    ("decision", "state"),
    [
        ("cancel", "cancelled"),
        ("move_to_central", "moved_to_central"),
        ("move_to_hospital", "moved_to_hospital"),
    ],
)
def test_a_case_ends_by_decision_and_nothing_is_asked_any_more(
    isolation: Trial, came: Event, decision: str, state: str
) -> None:
    outcome = decide(isolation, came, decision, note="by the doctor's word")
    assert outcome.kind == "done" and outcome.result == {
        "case_id": came.subject,
        "version": 2,
        "state": state,
    }
    case = isolation.case(came)
    assert (case["state"], case["closed_at"], case["plan_next"]) == (state, isolation.clock.now(), None)
    assert live(isolation, came) == [] and loads(isolation) == {}
    assert (
        told(isolation) == [(state, [state])] and isolation.recorded("case.changed")[0].data["link"] is None
    )
    line = lines(isolation, came)[-1]
    assert line["what"] == state and line["detail"]["staff_id"] == "officer"
    assert line["detail"].get("because") == NEEDS[decision].get("because")
    stored = str(line)
    assert not any(words in stored for words in ("the site", "the driver", "the doctor", "the hospital"))
    assert SEALER.unseal(line["detail"]["note"], "note")["note"] == "by the doctor's word"
    visitor = Visitor(DOOR, isolation.work)
    [listed] = visitor.get("officer", "/lists/changed_cases", change="ended").get_json()["rows"]
    assert listed["state"] == state
    assert visitor.get("officer", "/lists/open_cases").get_json()["rows"] == []
    for timer in (plan_next_day, propose_releases, find_overdue):
        isolation.clock.advance(days=10)
        assert isolation.do(timer) == 0
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize(("because", "kind"), [("died", "died"), ("followed_elsewhere", "ended_elsewhere")])
def test_who_died_or_is_followed_elsewhere_is_not_told_as_cancelled(
    isolation: Trial, came: Event, because: str, kind: str
) -> None:
    assert decide(isolation, came, "cancel", because=because).kind == "done"
    assert told(isolation) == [("cancelled", [kind])] and live(isolation, came) == []
    assert lines(isolation, came)[-1]["detail"]["because"] == because


def test_who_refused_is_followed_on_with_a_task_of_the_officer(isolation: Trial, came: Event) -> None:
    assert codes(decide(isolation, came, "refuse")) == ("conflict", ["no_refusal"])
    refuse(isolation, came)
    assert codes(decide(isolation, came, "refuse", witness="officer")) == ("invalid", ["own_witness"])
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "settle_refusal"]
    said = {"task_id": task["task_id"], "outcome": "done"}
    assert _report_task(isolation, said, author=OFFICER).kind == "done"

    assert decide(isolation, came, "refuse").kind == "done"

    case = isolation.case(came)
    assert (case["state"], case["closed_at"]) == ("refused", None)
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "settle_refusal"]
    assert task["staff_id"] == "officer" and task["tell_at"] is not None
    assert "check_in" in live(isolation, came), "asked as before"
    assert lines(isolation, came)[-1]["detail"]["witness"] == "nurse"
    assert codes(decide(isolation, came, "refuse")) == ("conflict", ["not_in_this_state"])
    assert codes(decide(isolation, came, "release"))[0] == "conflict"
    for outcome in ({"outcome": "done"}, {"outcome": "taken"}):
        reported = _report_task(isolation, {"task_id": task["task_id"], **outcome}, author=OFFICER)
        assert codes(reported) == ("not_allowed", ["ends_by_decision"])
    waived = {"task_id": task["task_id"], "expects": 0, "reason": "they will go on"}
    assert codes(_waive(isolation, waived, author=STREET)) == ("not_allowed", ["ends_by_decision"])
    assert "settle_refusal" in live(isolation, came), "it is what is left to be decided"
    assert isolation.audit()["balanced"]


def test_who_was_ended_as_refusing_and_opens_again_is_held_by_it(isolation: Trial, came: Event) -> None:
    refuse(isolation, came)
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "settle_refusal"]
    _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    decide(isolation, came, "refuse")
    decide(isolation, came, "cancel")
    isolation.clock.advance(days=8)
    decide(isolation, came, "reopen")
    assert "held_by_refusal" in codes(decide(isolation, came, "release"))[1]
    isolation.until_done(plan_again)
    assert live(isolation, came).count("settle_refusal") == 1


@pytest.mark.parametrize(
    ("decision", "state"), [("resume", "active"), ("move_to_central", "moved_to_central")]
)
def test_a_refusal_ends_by_going_on_or_by_moving(
    isolation: Trial, came: Event, decision: str, state: str
) -> None:
    refuse(isolation, came)
    decide(isolation, came, "refuse")
    assert decide(isolation, came, decision).kind == "done"
    assert isolation.case(came)["state"] == state
    assert "settle_refusal" not in live(isolation, came)
    assert [one["state"] for one in isolation.tasks(came) if one["kind"] == "settle_refusal"] == ["done"]
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("decision", ["cancel", "move_to_central", "move_to_hospital"])
def test_an_ended_case_is_opened_again_and_planned_from_today(
    isolation: Trial, came: Event, decision: str
) -> None:
    before = isolation.case(came)
    had = loads(isolation)
    decide(isolation, came, decision)
    isolation.clock.moment = china("2022-10-03 10:00")
    isolation.run_timers()

    outcome = decide(isolation, came, "reopen", because="other", note="the test was another one's")

    case = isolation.case(came)
    assert outcome.kind == "done" and outcome.result["version"] == case["version"] == 3
    assert (case["state"], case["closed_at"], case["release_on"]) == ("open", None, before["release_on"])
    assert case["team"] == before["team"] and loads(isolation) == had
    due = {one["kind"]: one["due_by"] for one in isolation.tasks(came, "due") if one["kind"] != "test"}
    assert {"first_contact", "signed_notice", "check_in"} <= due.keys()
    assert due["check_in"] > china("2022-10-03 00:00"), "nobody is asked for the days between"
    assert due["first_contact"] == china("2022-10-03 12:00"), "two hours from when it was opened again"
    assert due["signed_notice"] == china("2022-10-04 10:00")
    swabs = [one["due_by"].day for one in isolation.tasks(came, "due") if one["kind"] == "test"]
    assert swabs == [1, 4], "a test that was asked for and not taken is to be made up"
    kinds = told(isolation)[-1]
    assert kinds[0] == "open" and kinds[1][0] == "reopened"
    assert isolation.recorded("case.changed")[-1].data["link"] is not None
    isolation.run_timers()
    assert isolation.audit()["balanced"]
    assert decide(isolation, came, "move_to_hospital").kind == "done"


def test_opened_again_whoever_was_met_is_not_met_for_the_first_time(isolation: Trial, came: Event) -> None:
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "first_contact"]
    _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    decide(isolation, came, "move_to_hospital")
    isolation.clock.moment = china("2022-10-03 10:00")
    outcome = decide(isolation, came, "reopen")
    assert (outcome.result["state"], isolation.case(came)["state"]) == ("active", "active")
    assert "first_contact" not in live(isolation, came) and "signed_notice" in live(isolation, came)
    assert told(isolation)[-1][0] == "active"
    # Whatever is worked out anew afterwards, the terms stay.
    due = {one["kind"]: one["due_by"] for one in isolation.tasks(came, "due")}
    isolation.follow(arrival(came.subject, version=2, level="medium", why=["details_added"], person=PERSON))
    after = {one["kind"]: one["due_by"] for one in isolation.tasks(came, "due")}
    assert after["signed_notice"] == due["signed_notice"] == china("2022-10-04 10:00")
    assert "first_contact" not in after and isolation.audit()["balanced"]


def test_opened_again_somebody_looks_at_the_fever_and_the_refusal_and_the_need(
    isolation: Trial, came: Event
) -> None:
    asked = {"case_ids": [came.subject], "kind": "food", "text": "rice"}
    need = _ask(isolation, asked).result["need_id"]
    _check_in(isolation, {"people": [{**FEVER, "case_id": came.subject}]})
    refuse(isolation, came)
    had = {kind for kind in live(isolation, came) if kind in SEEN_TO}
    assert had == SEEN_TO
    decide(isolation, came, "cancel")
    isolation.clock.moment = now = china("2022-10-10 10:00")
    assert decide(isolation, came, "reopen").kind == "done"
    assert codes(decide(isolation, came, "release"))[1].count("held_by_refusal") == 1
    isolation.run_timers()
    isolation.until_done(plan_again)
    isolation.until_done(propose_releases)
    tasks = {one["kind"]: one for one in isolation.tasks(came, "due") if one["kind"] in SEEN_TO}
    assert tasks.keys() == SEEN_TO and all(one["due_by"] > now for one in tasks.values())
    assert tasks["see_abnormal"]["staff_id"] == "nurse" and tasks["meet_need"]["about"] == need
    planned = str([event.data for event in isolation.recorded("task.planned") if event.time == now])
    assert all(one["task_id"] in planned for one in tasks.values()), "each is told"
    held = codes(decide(isolation, came, "release"))[1]
    assert {"held_by_fever", "held_by_refusal"} <= set(held), "no check-in since: nobody has looked"
    assert isolation.audit()["balanced"]


def test_opened_again_nobody_looks_at_what_was_looked_at(isolation: Trial, came: Event) -> None:
    _check_in(isolation, {"people": [{**FEVER, "case_id": came.subject}]})
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "see_abnormal"]
    _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    decide(isolation, came, "cancel")
    decide(isolation, came, "reopen")
    assert "see_abnormal" not in live(isolation, came)


def test_a_released_case_that_opens_again_counts_for_its_team_once(isolation: Trial, came: Event) -> None:
    had = loads(isolation)
    isolation.clock.moment = china("2022-10-12 10:00")
    isolation.run_timers()
    with isolation.work.unit() as uow:
        uow.conn.execute(t.cases.update().values(state="release_review"))
    decide(isolation, came, "cancel")
    assert loads(isolation) == {}
    assert decide(isolation, came, "reopen").kind == "done" and loads(isolation) == had
    isolation.until_done(propose_releases)
    assert "past_the_term" in live(isolation, came), "its days are over: an officer has it"
    assert isolation.audit()["balanced"]


def test_after_the_term_nothing_is_opened_again(isolation: Trial, came: Event) -> None:
    decide(isolation, came, "cancel")
    isolation.clock.advance(days=14, minutes=1)
    assert codes(decide(isolation, came, "reopen")) == ("conflict", ["too_long_ago"])


def test_a_decision_says_all_that_it_needs(isolation: Trial, came: Event) -> None:
    assert codes(decide(isolation, came, "cancel", because=None)) == ("invalid", ["missing"])
    assert codes(decide(isolation, came, "move_to_central", place=None, escort=None))[1] == ["missing"] * 2
    assert codes(decide(isolation, came, "cancel", place="the site")) == ("invalid", ["not_of_this"])
    assert codes(decide(isolation, came, "cancel", expects=9)) == ("conflict", ["conflict"])
    assert decide(isolation, came, "cancel", scope=Scope(frozenset({"another"}))).kind == "unknown"
    assert isolation.recorded("case.changed") == []


@pytest.mark.parametrize("decision", sorted(CASE_DECISIONS))
def test_about_somebody_who_has_not_come_nothing_is_decided(isolation: Trial, decision: str) -> None:
    coming = arrival(expected=True, person=PERSON)
    isolation.follow(coming)
    assert codes(decide(isolation, coming, decision)) == ("conflict", ["not_in_this_state"])


def test_news_of_an_arrival_opens_no_case_that_an_officer_ended(isolation: Trial, came: Event) -> None:
    decide(isolation, came, "move_to_hospital")
    isolation.follow(arrival(came.subject, version=2, level="high", person=PERSON))
    assert isolation.case(came)["state"] == "moved_to_hospital"
    assert lines(isolation, came)[-1]["what"] == "noted_after_the_end"


def test_the_page_of_a_case_knows_what_can_be_decided(isolation: Trial, came: Event) -> None:
    visitor = Visitor(DOOR, isolation.work)

    def possible() -> set[str]:
        return set(visitor.get("officer", f"/case_story/{came.subject}").get_json()["decisions"])

    assert possible() == {"release", "cancel", "refuse", "move_to_central", "move_to_hospital", "transfer"}
    decide(isolation, came, "cancel")
    assert possible() == {"reopen"}
