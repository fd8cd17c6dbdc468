"""Check-ins: kept, each settles the task of its window; of whom nothing is reported, somebody goes there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from field.scope import Scope
from services.isolation import tables as t
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from tests.integration.isolation.saying import (
    CLINIC,
    LINK,
    WORKER,
    command,
    faults_of_contract,
    say_all,
    speaking,
)
from tests.integration.isolation.trial import COMMUNITY, MORNING, Trial, arrival, china

say = speaking(report_check_in, "check_in.reported")
NINE = china("2022-10-01 09:00")


def person(came: Event, temperature: float | None = 36.5, *symptoms: str, **more: Any) -> dict[str, Any]:
    values = {"case_id": came.data["arrival_id"], "how_known": "by_phone", "symptoms": list(symptoms)}
    return values | ({} if temperature is None else {"temperature": temperature}) | more


def report(isolation: Trial, *people: dict[str, Any], at: datetime | None = None, **how: Any) -> Outcome:
    data = {"people": list(people)} | ({"at": at} if at else {})
    return say(isolation, data, **how)


def follow(isolation: Trial, *, level: str = "medium", household: str | None = None) -> Event:
    came = arrival(level=level, household_id=household)
    isolation.follow(came)
    return came


def windows(isolation: Trial, came: Event) -> list[str]:
    """The states of the check-in tasks of the first day."""
    tasks = [task for task in isolation.tasks(came) if task["kind"] == "check_in"]
    return [task["state"] for task in tasks if task["due_from"] < china("2022-10-02 00:00")]


def alarms(isolation: Trial, came: Event) -> list[str]:
    return [task["state"] for task in isolation.tasks(came) if task["kind"] == "see_abnormal"]


def balanced(isolation: Trial) -> bool:
    return bool(isolation.audit()["balanced"])


def first_of(outcome: Outcome) -> str:
    return str(outcome.result["check_ins"][0])


# -- what it says when none comes --------------------------------------------------------------------------


def visits(isolation: Trial, came: Event) -> list[tuple[str, str | None, datetime]]:
    found = [task for task in isolation.tasks(came) if task["kind"] == "see_silent"]
    return [(task["state"], task["staff_id"], task["due_by"]) for task in found]


def nobody_reports_until(isolation: Trial, *times: str) -> None:
    for time in times:
        isolation.clock.moment = china(time)
        isolation.run_timers()


def test_as_many_missed_in_a_row_as_the_policy_says_make_one_visit(isolation: Trial) -> None:
    came = follow(isolation)
    nobody_reports_until(isolation, "2022-10-01 10:01")
    assert visits(isolation, came) == []
    nobody_reports_until(isolation, "2022-10-01 18:01", "2022-10-02 10:01", "2022-10-02 18:01")
    [(state, who, due_by)] = visits(isolation, came)
    assert (state, who, due_by) == ("missed", "worker-1", china("2022-10-01 20:01"))
    assert balanced(isolation)
    [visit] = [task for task in isolation.tasks(came) if task["kind"] == "see_silent"]
    seen = command(isolation, "task.reported", {"task_id": visit["task_id"], "outcome": "done"})
    assert [one.kind for one in say_all(isolation, report_task, [seen])] == ["done"]
    nobody_reports_until(isolation, "2022-10-03 10:01")
    assert len(visits(isolation, came)) == 1, "what came before the visit counts no more"
    nobody_reports_until(isolation, "2022-10-03 18:01")
    assert [state for state, *_ in visits(isolation, came)] == ["done", "due"]


@pytest.mark.parametrize(("how_known", "state"), [("by_phone", "cancelled"), ("seen", "done")])
def test_a_visit_to_whoever_reports_after_all_is_asked_no_more(
    isolation: Trial, how_known: str, state: str
) -> None:
    came = follow(isolation)
    nobody_reports_until(isolation, "2022-10-01 10:01", "2022-10-01 18:01")
    assert report(isolation, person(came, how_known=how_known)).kind == "done"
    assert [one for one, *_ in visits(isolation, came)] == [state]
    nobody_reports_until(isolation, "2022-10-02 10:01")
    assert len(visits(isolation, came)) == 1, "one is missing since, and no two in a row"
    assert balanced(isolation)


@pytest.mark.parametrize(
    ("of", "how_known", "state"),
    [
        *(("2022-10-01 09:00", how, "due") for how in ("by_phone", "seen")),
        *(("2022-10-01 12:00", how, "due") for how in ("by_phone", "seen")),
        *(("2022-10-01 17:30", how, "due") for how in ("by_phone", "seen")),
        *(("2022-10-02 09:00", "by_phone", "cancelled"), ("2022-10-02 17:00", "seen", "done")),
        *(("2022-10-02 20:00", "by_phone", "cancelled"), ("2022-10-02 20:00", "seen", "done")),
    ],
)
def test_a_visit_stands_whatever_is_told_late_of_before_its_windows(
    isolation: Trial, of: str, how_known: str, state: str
) -> None:
    """A phone was without network: what it kept says nothing of the two windows since."""
    came = follow(isolation)
    isolation.clock.moment = china("2022-10-01 17:00")
    assert report(isolation, person(came)).kind == "done"
    nobody_reports_until(isolation, "2022-10-02 10:01", "2022-10-02 18:01")
    assert [one for one, *_ in visits(isolation, came)] == ["due"]
    isolation.clock.moment = china("2022-10-02 20:00")
    at = china(of) if of < "2022-10-02 20:00" else None
    late = report(isolation, person(came, how_known=how_known), at=at)
    assert late.kind == "done", late
    assert [one for one, *_ in visits(isolation, came)] == [state]
    assert balanced(isolation)


# -- which task it settles ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("time", "states", "late"),
    [
        ("06:59", ["due", "due"], []),
        ("07:00", ["done", "due"], [False]),
        ("08:00", ["done", "due"], [False]),
        ("10:00", ["done", "due"], [False]),
        ("10:20", ["done", "due"], [True]),
        ("14:59", ["done", "due"], [True]),
        ("15:00", ["due", "done"], [False]),
        ("17:00", ["due", "done"], [False]),
        ("23:00", ["due", "done"], [True]),
    ],
)
def test_a_check_in_settles_the_task_of_its_window(
    isolation: Trial, time: str, states: list[str], late: list[bool]
) -> None:
    came = follow(isolation)
    isolation.clock.moment = china(f"2022-10-01 {time}")
    report(isolation, person(came))
    assert windows(isolation, came) == states
    rows = isolation.rows(t.check_ins)
    assert [row["late"] for row in rows if row["task_id"]] == late
    assert [row["temperature"] for row in rows] == [365]
    assert balanced(isolation)


def test_a_late_one_silences_the_ladder(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = china("2022-10-01 10:20")
    isolation.until_done(find_overdue)
    assert windows(isolation, came) == ["missed", "due"]
    before = overdue_check_ins(isolation)
    assert before == 1
    report(isolation, person(came))
    assert windows(isolation, came) == ["done", "due"]
    isolation.clock.moment = china("2022-10-01 15:30")
    isolation.until_done(find_overdue)
    assert overdue_check_ins(isolation) == before


def overdue_check_ins(isolation: Trial) -> int:
    return sum(event.data["kind"] == "check_in" for event in isolation.recorded("task.overdue"))


def test_yesterdays_evening_is_taken_until_noon_when_it_is_told_as_yesterdays(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = china("2022-10-02 09:30")
    report(isolation, person(came), at=china("2022-10-01 19:00"))
    assert windows(isolation, came) == ["due", "done"]


def test_a_second_one_is_kept_and_settles_nothing_more(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    for _ in range(2):
        assert report(isolation, person(came)).kind == "done"
    assert windows(isolation, came) == ["done", "due"]
    assert len(isolation.rows(t.check_ins)) == 2
    assert [h["what"] for h in isolation.rows(t.case_history)].count("check_in") == 2
    assert balanced(isolation)


def test_of_a_household_of_three_who_is_not_named_is_still_asked(isolation: Trial) -> None:
    home = new_id()
    first, second, third = (follow(isolation, household=home) for _ in range(3))
    isolation.clock.moment = NINE
    data = {"household_id": home, "people": [person(first), person(second, 36.8)]}
    assert say(isolation, data).kind == "done"
    assert [windows(isolation, came)[0] for came in (first, second, third)] == ["done", "done", "due"]


def test_a_closed_case_keeps_it_and_nothing_else_follows(isolation: Trial) -> None:
    came = follow(isolation)
    away = arrival(came.data["arrival_id"], version=2, not_coming=True, why=["called_off"], at=NINE)
    isolation.follow(away)
    assert isolation.case(came)["state"] == "cancelled"
    isolation.clock.moment = NINE
    assert report(isolation, person(came, 39.0)).kind == "done"
    assert len(isolation.rows(t.check_ins)) == 1
    assert isolation.recorded("check_in.abnormal") == []
    assert alarms(isolation, came) == []
    assert balanced(isolation)


def test_a_fever_of_somebody_still_expected_alarms_once_they_came(isolation: Trial) -> None:
    coming = arrival(expected=True, arrived_at=NINE)
    isolation.follow(coming)
    isolation.clock.moment = NINE
    assert report(isolation, person(coming, 36.6)).kind == "done"
    said = [person(coming, 39.0)]
    early = report(isolation, *said, id="same")
    assert (early.kind, early.final) == ("conflict", False)
    assert [fault.where for fault in early.faults] == ["people[0].case_id"]
    assert len(isolation.rows(t.check_ins)) == 1
    isolation.follow(arrival(coming.subject, version=2, arrived_at=NINE, at=NINE, why=["came"]))
    assert report(isolation, *said, id="same").kind == "done"
    assert alarms(isolation, coming) == ["due"]
    assert balanced(isolation)


@pytest.mark.parametrize(("right", "found"), [(36.6, []), (38.8, ["due"])])
def test_what_alarmed_nobody_is_corrected_once_the_case_is_open_again(
    isolation: Trial, right: float, found: list[str]
) -> None:
    came = follow(isolation)
    off = arrival(came.data["arrival_id"], version=2, not_coming=True, why=["called_off"], at=MORNING)
    isolation.follow(off)
    isolation.clock.moment = NINE
    wrong = first_of(report(isolation, person(came, 39.0)))
    isolation.follow(arrival(came.data["arrival_id"], version=3, at=NINE, why=["came"]))
    isolation.clock.advance(minutes=5)
    assert report(isolation, person(came, right, corrects=wrong)).kind == "done"
    assert alarms(isolation, came) == found
    assert isolation.recorded("check_in.corrected") == []
    assert balanced(isolation)


# -- who may say what --------------------------------------------------------------------------------------


def test_what_lies_outside_the_scope_does_not_exist(isolation: Trial) -> None:
    home = new_id()
    came, other = follow(isolation, household=home), follow(isolation)
    isolation.clock.moment = NINE
    for scope, author, kind, how in (
        (Scope(frozenset({"another-street"})), Author("staff", "/console/s", "somebody"), "unknown", "seen"),
        (Scope(frozenset({COMMUNITY})), WORKER, "done", "seen"),
        (Scope(frozenset({"lz"})), WORKER, "done", "seen"),
        (Scope(households=frozenset({new_id()})), LINK, "unknown", "by_link"),
        (Scope(households=frozenset({home})), LINK, "done", "by_link"),
    ):
        outcome = report(isolation, person(came, how_known=how), scope=scope, author=author)
        assert outcome.kind == kind, scope
    mixed = [person(came, how_known="by_link"), person(other, how_known="by_link")]
    mine = Scope(households=frozenset({home}))
    before = len(isolation.rows(t.check_ins))
    assert report(isolation, *mixed, scope=mine, author=LINK).kind == "unknown"
    assert len(isolation.rows(t.check_ins)) == before


@pytest.mark.parametrize("case_id", ["", "no id", "X" * 36, "'; DROP TABLE cases; --"])
def test_a_text_that_is_no_id_names_no_case(isolation: Trial, case_id: str) -> None:
    outcome = report(isolation, {"case_id": case_id, "temperature": 36.5, "how_known": "seen"})
    assert outcome.kind == "unknown"


@pytest.mark.parametrize("wrong", [365, 29.9, 45.1, 36.55, "36.5", True])
def test_a_temperature_that_cannot_be_one_is_a_fault_and_not_guessed(wrong: Any) -> None:
    data = {"case_id": new_id(), "people": [{"temperature": wrong, "how_known": "seen"}]}
    assert faults_of_contract("check_in.reported", data, MORNING) == ["people[0].temperature"]


def test_all_faults_come_at_once_and_quote_no_value(isolation: Trial) -> None:
    home = new_id()
    came, other = follow(isolation, household=home), follow(isolation)
    people = [
        person(came, 36.5, "sore_throat", "a secret illness", how_known="by_link"),
        person(other, None),
        person(came),
    ]
    outcome = say(isolation, {"household_id": home, "people": people})
    assert outcome.kind == "invalid"
    assert [(fault.where, fault.code) for fault in outcome.faults] == [
        ("people[0].symptoms[1]", "unknown_symptom"),
        ("people[0].how_known", "not_by_this_author"),
        ("people[1].temperature", "missing"),
        ("people[1].case_id", "other_household"),
        ("people[2].case_id", "named_twice"),
    ]
    assert "secret" not in str(outcome)
    assert isolation.rows(t.check_ins) == []


def test_a_note_is_sealed(isolation: Trial) -> None:
    came = follow(isolation)
    report(isolation, person(came, note="his name is Li"))
    [row] = isolation.rows(t.check_ins)
    assert "his name" not in row["note"]
    assert "name is Li" not in str(isolation.rows(t.case_history))


def test_neither_temperature_nor_symptom_stands_in_a_history(isolation: Trial) -> None:
    came = follow(isolation)
    wrong = first_of(report(isolation, person(came, 39.7, "sore_throat")))
    report(isolation, person(came, 36.4, corrects=wrong))
    details = [line["detail"] for line in isolation.rows(t.case_history)]
    assert wrong in {detail.get("corrects") for detail in details}
    assert {"temperature", "symptoms"}.isdisjoint(name for detail in details for name in detail)
    assert "sore_throat" not in str(details)


# -- batches -----------------------------------------------------------------------------------------------


def test_commands_of_one_batch_find_what_the_ones_before_them_left(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    one = command(
        isolation, "check_in.reported", {"people": [person(came, 39.6, how_known="told_by")]}, author=CLINIC
    )
    [before] = say_all(isolation, report_check_in, [one])
    assert before.kind == "done"
    unknown = command(isolation, "check_in.reported", {"people": [person(arrival())]})
    mistake = command(
        isolation, "check_in.reported", {"people": [person(came, 36.6, corrects=first_of(before))]}
    )
    again = command(isolation, "check_in.reported", {"people": [person(came, 39.1)]})
    outcomes = say_all(isolation, report_check_in, [unknown, mistake, again])
    assert [outcome.kind for outcome in outcomes] == ["unknown", "done", "done"]
    assert sorted(alarms(isolation, came)) == ["cancelled", "due"]
    assert windows(isolation, came) == ["done", "due"]
    numbers = [h["number"] for h in isolation.rows(t.case_history)]
    assert numbers == sorted(set(numbers))
    assert balanced(isolation)


def test_what_is_said_again_when_its_outcome_is_forgotten_does_nothing(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    once = report(isolation, person(came, 39.6), id="same")
    assert report(isolation, person(came, 39.6), id="same") == once
    assert len(isolation.rows(t.check_ins)) == len(alarms(isolation, came)) == 1
    assert balanced(isolation)


def said_in(isolation: Trial, order: Sequence[str]) -> list[str]:
    came = follow(isolation)
    for time in order:
        isolation.clock.moment = china("2022-10-01 18:30")
        report(isolation, person(came), at=china(f"2022-10-01 {time}"))
    return windows(isolation, came)


def test_the_same_tasks_are_settled_in_whatever_order_check_ins_come(isolation: Trial) -> None:
    times = ("09:00", "10:30", "15:10")
    assert said_in(isolation, times) == said_in(isolation, times[::-1]) == ["done", "done"]
