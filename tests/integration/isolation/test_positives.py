"""What follows from what was found: a call before any text, a decision, a second sample, and taking back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import update

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from field.documents import IDENTITY
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.door import DOOR
from services.isolation.positives.find_positives import find_positives
from services.isolation.positives.make_contacts import make_contacts
from services.isolation.positives.see_to_positives import see_to_positives
from services.isolation.release.decide_case import decide_case
from services.isolation.release.look_at_merged import look_at_merged
from services.isolation.release.propose_releases import propose_releases
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from services.isolation.tests.batches import GATHERS, decide_batch
from services.isolation.tests.report_test import report_test
from tests.doors import Visitor
from tests.integration.isolation.saying import command, say_all, speaking
from tests.integration.isolation.test_results import LAB, NURSE, report, result
from tests.integration.isolation.trial import CHINA, Trial, arrival, china

OFFICER = Author("staff", "/console/officer", "officer")
STREET = Author("staff", "/console/street", "street")
_decide = speaking(decide_case, "case.decided")
_report_task = speaking(report_task, "task.reported")
_waive = speaking(waive_task, "task.waived")
NOON = china("2022-10-01 12:00")
POOL = {"tube_id": "T-1", "pool_size": 10}
TO_DO = {"see_positive", "decide_positive"}
HOSPITAL = {"place": "the hospital", "escort": "120"}


def timers(isolation: Trial) -> None:
    isolation.clock.moment += GATHERS + timedelta(seconds=1)
    for timer in (look_at_merged, see_to_positives, make_contacts, propose_releases):
        isolation.until_done(timer)
    assert isolation.audit()["balanced"]


def came(isolation: Trial, **more: Any) -> Event:
    event = arrival(**{"level": "medium", **more})
    isolation.follow(event)
    isolation.clock.moment = max(isolation.clock.moment, china("2022-10-01 20:00"))
    return event


def found(isolation: Trial, of: Event | str, id: str, what: str = "positive", **more: Any) -> None:
    outcome = report(isolation, result(of, what, **{"at": NOON, **more}), id=id)
    assert outcome.kind == "done", outcome
    timers(isolation)


def tasks(isolation: Trial, of: Event, *states: str) -> dict[str, str]:
    """Kind -> state of those that no plan foresaw; of several of a kind the last."""
    rows = [task for task in isolation.tasks(of, *states) if task["about"]]
    return {task["kind"]: task["state"] for task in rows}


def live(isolation: Trial, of: Event) -> set[str]:
    """Without the task to list those with whom they were, which a positive always brings."""
    return set(tasks(isolation, of, "due", "missed", "not_possible")) - {"list_contacts"}


def decide(isolation: Trial, of: Event, decision: str, **more: Any) -> Outcome:
    outcome = say_decided(isolation, of, decision, **more)
    timers(isolation)
    return outcome


def say_decided(isolation: Trial, of: Event, decision: str, **more: Any) -> Outcome:
    data = {"case_id": of.subject, "decision": decision, "expects": isolation.case(of)["version"], **more}
    return _decide(isolation, data, author=OFFICER)


def merge(isolation: Trial, ends: Event, goes_on: Event) -> None:
    merged = {"not_coming": True, "merged": True, "goes_on_as": goes_on.subject, "why": ["same_as_other"]}
    now = isolation.clock.now()
    isolation.follow(arrival(ends.subject, version=2, level="medium", at=now, **merged))
    timers(isolation)


def said(isolation: Trial, of: Event, kind: str, outcome: str = "done", **how: Any) -> Outcome:
    [task] = [one for one in isolation.tasks(of, "due", "missed") if one["kind"] == kind]
    became = _report_task(
        isolation, {"task_id": task["task_id"], "outcome": outcome}, **{"author": NURSE, **how}
    )
    timers(isolation)
    return became


def told(isolation: Trial, type: str = "test.urgent") -> list[tuple[str, set[str]]]:
    return sorted(
        (event.data["task_kind"], {one["staff_id"] for one in event.data["tell"]["staff"]})
        for event in isolation.recorded(type)
    )


def history(isolation: Trial, of: Event) -> list[str]:
    rows = [row for row in isolation.rows(t.case_history) if row["case_id"] == of.subject]
    return [row["what"] for row in sorted(rows, key=lambda row: row["number"])]


def test_a_confirmed_positive_is_called_by_a_person_and_decided_by_an_officer(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    found(isolation, one, "a")
    found(isolation, one, "b", at=NOON + timedelta(hours=1))
    assert {task["kind"] for task in isolation.tasks(one) if task["about"]} == {*TO_DO, "list_contacts"}
    assert len([task for task in isolation.tasks(one) if task["about"]]) == 3, "repeated: nothing new"
    by_kind = {task["kind"]: task for task in isolation.tasks(one)}
    assert by_kind["see_positive"]["staff_id"] == "nurse"
    found_at = isolation.rows(t.positives)[0]["found_at"]
    assert by_kind["see_positive"]["due_by"] == found_at + timedelta(minutes=30)
    assert by_kind["decide_positive"]["staff_id"] == "officer"
    [to_decide, to_call] = told(isolation)
    assert to_decide[0] == "decide_positive" and "officer" in to_decide[1]
    assert to_call[0] == "see_positive" and "nurse" in to_call[1]
    assert isolation.recorded("case.changed") == [], "nothing that a text could follow from"
    assert decide(isolation, one, "release").faults[0].code in ("held_by_days", "held_by_test_positive")


def test_it_ends_with_the_decision_and_nobody_says_that_it_is_done(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    assert said(isolation, one, "decide_positive", author=OFFICER).kind == "not_allowed"
    assert said(isolation, one, "see_positive").kind == "done"
    assert decide(isolation, one, "move_to_hospital", **HOSPITAL).kind == "done"
    assert tasks(isolation, one, "done") == {"see_positive": "done", "decide_positive": "done"}
    assert live(isolation, one) == set(), "they are in good hands"
    assert tasks(isolation, one, "due") == {"list_contacts": "due"}, (
        "with whom they were is still to be found"
    )
    isolation.clock.advance(days=4)
    assert decide(isolation, one, "reopen", because="came_back").kind == "done"
    assert live(isolation, one) & {"see_positive", "decide_positive"} == set(), "it was treated"
    outcome = decide(isolation, one, "release")
    assert "held_by_test_positive" not in [fault.code for fault in outcome.faults]


def test_who_was_moved_by_mistake_and_is_opened_again_is_decided_about_again(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    said(isolation, one, "see_positive")
    decide(isolation, one, "move_to_hospital", **HOSPITAL)
    decide(isolation, one, "reopen", because="decided_by_mistake")
    assert live(isolation, one) == {"decide_positive"}


def test_an_officer_above_waives_it_with_a_reason_and_the_case_goes_on(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    [task] = [task for task in isolation.tasks(one) if task["kind"] == "decide_positive"]
    waived = {"task_id": task["task_id"], "reason": "stays at home, a doctor comes", "expects": 0}
    assert _waive(isolation, waived, author=STREET).kind == "done"
    timers(isolation)
    assert live(isolation, one) == {"see_positive"}


def test_of_a_pooled_tube_each_is_tested_alone_and_nobody_is_positive(isolation: Trial) -> None:
    people = [came(isolation), came(isolation)]
    for number, one in enumerate(people):
        found(isolation, one, f"pool-{number}", **POOL)
    for one in people:
        assert tasks(isolation, one) == {"second_sample": "due"}
    assert {kind for kind, _ in told(isolation)} == {"second_sample"}
    assert said(isolation, people[0], "second_sample").kind == "done"
    later = isolation.clock.now()
    found(isolation, people[0], "alone-0", "negative", at=later, reported_at=later, stage="ruled_out")
    found(isolation, people[1], "alone-1", at=later, reported_at=later)
    assert live(isolation, people[0]) == set()
    assert live(isolation, people[1]) == {"see_positive", "decide_positive"}
    assert tasks(isolation, people[1])["second_sample"] == "cancelled"


def test_a_second_sample_without_a_result_is_asked_for_again(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "pool", **POOL)
    said(isolation, one, "second_sample")
    isolation.clock.advance(hours=25)
    timers(isolation)
    assert live(isolation, one) == {"second_sample"}


def test_a_first_finding_asks_for_a_second_sample_until_it_is_confirmed_or_ruled_out(
    isolation: Trial,
) -> None:
    one, other = came(isolation), came(isolation)
    for who, id in ((one, "a"), (other, "b")):
        found(isolation, who, id, stage="preliminary")
        assert live(isolation, who) == {"second_sample"}
    later = isolation.clock.now()
    found(isolation, one, "c", at=later, reported_at=later)
    found(isolation, other, "d", "negative", at=later, reported_at=later, stage="ruled_out")
    assert live(isolation, one) == {"see_positive", "decide_positive"} and live(isolation, other) == set()


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("together", [True, False])
def test_a_correction_takes_back_what_followed_in_whatever_order_it_comes(
    isolation: Trial, order: tuple[int, ...], together: bool
) -> None:
    one = came(isolation)
    facts = [
        (result(one, "positive", at=NOON), "a"),
        (result(one, "negative", at=NOON, supersedes="a"), "b"),
        (result(one, "negative", at=NOON + timedelta(hours=2)), "c"),
    ]
    commands = [command(isolation, "test.reported", data, author=LAB, id=id) for data, id in facts]
    said_so_far = [commands[n] for n in order]
    for part in [said_so_far] if together else [[one] for one in said_so_far]:
        say_all(isolation, report_test, part)
        timers(isolation)
    assert live(isolation, one) == set()
    [row] = isolation.rows(t.positives)
    assert (row["result_id"], row["look_at"], row["told"]) == (None, None, [])
    assert [who for _, who in told(isolation, "test.urgent_corrected")] == [
        set().union(*(who for _, who in told(isolation)))
    ] * bool(told(isolation)), "whoever was told, and nobody else"


@pytest.mark.parametrize("first", ["positive", "correction"])
@pytest.mark.parametrize("really", ["somebody followed", "nobody here", "still positive, of another"])
def test_a_correction_takes_back_what_followed_whosever_the_sample_is(
    isolation: Trial, first: str, really: str
) -> None:
    one, other = came(isolation), came(isolation)
    negative = result(other, "negative", at=NOON, supersedes="a")
    corrected = {
        "somebody followed": negative,
        "nobody here": result("N1", "negative", at=NOON, supersedes="a"),
        "still positive, of another": {**negative, "result": "positive"},
    }[really]
    given = [(result(one, "positive", at=NOON), "a"), (corrected, "b")]
    for data, id in given if first == "positive" else reversed(given):
        assert report(isolation, data, id=id).kind in ("done", "not_noted")
        timers(isolation)
    assert live(isolation, one) == set()
    assert live(isolation, other) == (TO_DO if really.startswith("still") else set())
    whoever = [who for of, who in told(isolation, "test.urgent_corrected") if of == "see_positive"]
    assert len(whoever) == (first == "positive"), "whoever was told, and nobody else"
    assert ("test_result_corrected" in history(isolation, one)) == (first == "positive")


def test_a_positive_of_nobody_that_is_of_somebody_here_leaves_the_districts_list(isolation: Trial) -> None:
    one = came(isolation)
    door = Visitor(DOOR, isolation.work)
    report(isolation, result("N1", "positive", at=NOON), id="a")
    report(isolation, result("N2", "positive", at=NOON), id="c")
    assert len(door.get("district", "/lists/positives_of_nobody").json["rows"]) == 2
    found(isolation, one, "b", supersedes="a")
    assert live(isolation, one) == TO_DO
    assert len(door.get("district", "/lists/positives_of_nobody").json["rows"]) == 1
    assert len(isolation.recorded("test.unmatched_corrected")) == 1
    found(isolation, one, "d", "negative", supersedes="e")
    report(isolation, result("N3", "positive", at=NOON), id="e")
    assert len(isolation.recorded("test.unmatched")) == 2, "its correction came first"
    assert len(isolation.recorded("test.unmatched_corrected")) == 1


def test_after_a_correction_whoever_was_called_is_called_again(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    said(isolation, one, "see_positive")
    found(isolation, one, "b", "negative", supersedes="a")
    assert live(isolation, one) == {"call_them"}
    [task] = [task for task in isolation.tasks(one, "due") if task["kind"] == "call_them"]
    assert task["staff_id"] == "nurse"


def test_a_correction_after_the_move_is_an_officers_task_with_a_clock(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    decide(isolation, one, "move_to_hospital", **HOSPITAL)
    found(isolation, one, "b", "negative", supersedes="a")
    assert live(isolation, one) == {"late_result"}
    assert decide(isolation, one, "reopen", because="decided_by_mistake").kind == "done"
    assert "late_result" not in live(isolation, one)
    assert not live(isolation, one) & {"see_positive", "decide_positive"}


def released(isolation: Trial, **more: Any) -> Event:
    one = came(isolation, **{"level": "low", "left_on": date(2022, 9, 30), **more})
    isolation.clock.moment = china("2022-10-05 12:00")
    isolation.until_done(plan_next_day)
    for number, day in enumerate((1, 2, 3, 4)):
        negative = result(one, at=china(f"2022-10-0{day} 09:00"), sample_id=f"n-{number}")
        assert report(isolation, negative).kind == "done"
    timers(isolation)
    assert decide(isolation, one, "release").kind == "done"
    return one


def test_a_late_positive_of_a_released_case_is_an_officers_task_with_a_clock(isolation: Trial) -> None:
    one = released(isolation)
    at = china("2022-10-04 18:00")
    found(isolation, one, "late", at=at, reported_at=at + timedelta(hours=6))
    [task] = [task for task in isolation.tasks(one, "due") if task["kind"] == "late_result"]
    assert task["staff_id"] == "officer"
    assert [kind for kind, _ in told(isolation)] == ["late_result"]
    isolation.clock.moment = task["due_by"] + timedelta(minutes=1)
    isolation.until_done(find_overdue)
    assert {one.data["kind"] for one in isolation.recorded("task.overdue")} == {"late_result"}
    door = Visitor(DOOR, isolation.work)
    listed = door.get("officer", "/lists/overdue_tasks").json["rows"]
    assert [row["kind"] for row in listed] == ["late_result"]
    assert decide(isolation, one, "reopen", because="other", note="a late result").kind == "done"
    assert live(isolation, one) == {*TO_DO, "past_the_term"}, "their days are over, and it holds them"


def test_a_laboratory_that_names_them_by_number_finds_whose_case_has_ended_lately(isolation: Trial) -> None:
    index = isolation.work.index.brief(IDENTITY, "X00000001")
    one = released(isolation, identity_index=index)
    at = china("2022-10-04 18:00")
    found(isolation, "X 0000-0001", "late", at=at, reported_at=at + timedelta(hours=6))
    assert live(isolation, one) == {"late_result"}
    assert isolation.recorded("test.unmatched") == []
    found(isolation, "X 0000-0001", "c", "negative", at=at, reported_at=at, supersedes="late")
    assert live(isolation, one) == set()
    isolation.clock.advance(days=15)
    found(isolation, "X 0000-0001", "later", at=at, reported_at=at)
    assert len(isolation.recorded("test.unmatched")) == 1, "the district finds out"


def test_a_late_pool_of_a_released_case_too(isolation: Trial) -> None:
    one = released(isolation)
    found(isolation, one, "late", at=china("2022-10-04 18:00"), **POOL)
    assert live(isolation, one) == {"late_result"}
    found(isolation, one, "corrected", "negative", at=china("2022-10-04 18:00"), supersedes="late")
    assert live(isolation, one) == set()


# -- whoever lives with them -------------------------------------------------------------------------------


@pytest.fixture
def family(isolation: Trial) -> list[Event]:
    home = {"household_id": new_id()}
    mother = came(isolation, **home)
    child = came(isolation, level="low", left_on=date(2022, 9, 30), **home)
    came(isolation, level="low")
    return [mother, child]


def measure(isolation: Trial, of: Event) -> tuple[str, date, date]:
    case = isolation.case(of)
    return case["measure"], case["counted_from"], case["release_on"]


def test_the_household_becomes_contacts_only_once_somebody_has_called(
    isolation: Trial, family: list[Event]
) -> None:
    mother, child = family
    isolation.clock.moment = china("2022-10-03 09:00")
    before = measure(isolation, child)
    found(isolation, mother, "a", at=china("2022-10-02 12:00"))
    isolation.clock.advance(minutes=20)
    timers(isolation)
    assert measure(isolation, child) == before and isolation.recorded("case.changed") == []
    said(isolation, mother, "see_positive")
    assert measure(isolation, child) == ("central_isolation", date(2022, 10, 3), date(2022, 10, 10))
    changed = {event.data["case_id"] for event in isolation.recorded("case.changed")}
    assert changed == {child.subject}, "nobody else, and not whoever was called"
    assert "stricter" in history(isolation, child)[-1]
    isolation.clock.advance(hours=2)
    timers(isolation)
    assert len(isolation.recorded("case.changed")) == 1, "once"
    tests = [task["day"] for task in isolation.tasks(child, "due") if task["kind"] == "test"]
    assert tests, "they are tested as contacts are"


def test_where_nobody_calls_they_become_contacts_when_the_term_has_passed(
    isolation: Trial, family: list[Event]
) -> None:
    mother, child = family
    found(isolation, mother, "a")
    isolation.clock.advance(minutes=119)
    timers(isolation)
    assert measure(isolation, child)[0] == "self_monitoring"
    isolation.clock.advance(minutes=2)
    timers(isolation)
    assert measure(isolation, child)[0] == "central_isolation"


def test_their_days_begin_anew_when_the_one_who_is_positive_goes(
    isolation: Trial, family: list[Event]
) -> None:
    mother, child = family
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    isolation.clock.moment = china("2022-10-02 10:00")
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    assert measure(isolation, child) == ("central_isolation", date(2022, 10, 2), date(2022, 10, 9))
    decide(isolation, mother, "reopen", because="came_back")
    assert measure(isolation, child)[1] == date(2022, 10, 2), "as before"


@pytest.mark.parametrize("known", ["before they went", "once they were back"])
def test_whoever_comes_home_from_hospital_is_followed_for_that_unless_it_was_a_mistake(
    isolation: Trial, family: list[Event], known: str
) -> None:
    mother, child = family
    as_before = measure(isolation, mother)
    if known == "before they went":
        found(isolation, mother, "a")
    isolation.clock.moment = china("2022-10-02 10:00")
    for one in (mother, child):
        decide(isolation, one, "move_to_hospital", **HOSPITAL)
    isolation.clock.moment = china("2022-10-09 10:00")
    for one in (mother, child):
        assert decide(isolation, one, "reopen", because="came_back").kind == "done"
    if known != "before they went":
        assert measure(isolation, mother) == as_before
        found(isolation, mother, "a")
    discharged = ("home_health_monitoring", date(2022, 10, 9), date(2022, 10, 16))
    assert measure(isolation, mother) == discharged
    assert measure(isolation, child)[0] == "central_isolation", "a contact, who was never positive"
    found(isolation, mother, "b", "negative", supersedes="a")
    assert measure(isolation, mother) == as_before
    assert any(line.startswith("stricter") for line in history(isolation, mother)[-3:])


def test_each_stay_in_hospital_is_followed_by_its_own_days(isolation: Trial, family: list[Event]) -> None:
    """The second one by what was found there, however late that is known, until it turns out a mistake."""
    mother, child = family
    found(isolation, mother, "a")
    for went, back in (("02 10:00", "09 10:00"), ("12 10:00", "18 10:00")):
        isolation.clock.moment = china(f"2022-10-{went}")
        decide(isolation, mother, "move_to_hospital", **HOSPITAL)
        isolation.clock.moment = china(f"2022-10-{back}")
        assert decide(isolation, mother, "reopen", because="came_back").kind == "done"
    once = ("home_health_monitoring", date(2022, 10, 9), date(2022, 10, 16))
    assert measure(isolation, mother) == once
    in_hospital = china("2022-10-13 08:00")
    found(isolation, mother, "c", at=in_hospital)
    assert measure(isolation, mother) == ("home_health_monitoring", date(2022, 10, 18), date(2022, 10, 25))
    found(isolation, mother, "d", "negative", at=in_hospital, supersedes="c")
    assert measure(isolation, mother) == once
    contact = measure(isolation, child)
    found(isolation, mother, "e", at=in_hospital, stage="preliminary")
    found(isolation, mother, "f", "negative", at=china("2022-10-14 08:00"), stage="ruled_out")
    assert measure(isolation, mother) == once, "a false alarm later says nothing of what was found before"
    assert measure(isolation, child) == contact
    assert isolation.audit()["balanced"]


def test_after_a_correction_they_are_no_contacts(isolation: Trial, family: list[Event]) -> None:
    mother, child = family
    before = measure(isolation, child)
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    found(isolation, mother, "b", "negative", supersedes="a")
    assert measure(isolation, child) == before
    last = isolation.recorded("case.changed")[-1].data["change"]
    assert "laxer" in last["kinds"] and last["reason"] == "close_contact_taken_back"


def test_who_moves_in_with_somebody_positive_is_a_contact_until_that_one_goes(
    isolation: Trial, family: list[Event]
) -> None:
    mother = family[0]
    home = {"household_id": isolation.case(mother)["household_id"]}
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    new = _moves_in(isolation, china("2022-10-02 09:00"), home)
    assert measure(isolation, new)[:2] == ("central_isolation", date(2022, 10, 2))
    isolation.clock.moment = china("2022-10-03 09:00")
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    assert measure(isolation, new)[:2] == ("central_isolation", date(2022, 10, 3))
    assert measure(isolation, _moves_in(isolation, china("2022-10-04 09:00"), home))[0] == "self_monitoring"


def _moves_in(isolation: Trial, at: datetime, home: dict[str, Any]) -> Event:
    isolation.clock.moment = at
    new = came(isolation, level="low", arrived_at=at, at=at, **home)
    isolation.clock.advance(hours=4)
    timers(isolation)
    return new


@pytest.mark.parametrize("between", [True, False])
def test_their_days_do_not_depend_on_when_a_timer_ran(
    isolation: Trial, family: list[Event], between: bool
) -> None:
    mother, child = family
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    isolation.clock.moment = china("2022-10-02 10:00")
    say_decided(isolation, mother, "move_to_hospital", **HOSPITAL)
    if between:
        timers(isolation)
    assert decide(isolation, mother, "reopen", because="came_back").kind == "done"
    days = measure(isolation, child)
    assert days[1] == date(2022, 10, 2)
    if between:  # as a process of before 0041 left it: of that stay nothing follows anew
        with isolation.work.unit() as uow:
            uow.conn.execute(update(t.positives).values(treated_from=None, treated_id=None))
        isolation.clock.moment = china("2022-10-05 10:00")
        decide(isolation, mother, "move_to_hospital", **HOSPITAL)
        decide(isolation, mother, "reopen", because="came_back")
        assert measure(isolation, child) == days


def test_whoever_of_them_was_released_is_followed_again(isolation: Trial) -> None:
    home = {"household_id": new_id()}
    child = released(isolation, **home)
    mother = came(isolation, arrived_at=china("2022-10-04 08:00"), at=china("2022-10-04 09:00"), **home)
    found(isolation, mother, "a", at=china("2022-10-05 06:00"))
    said(isolation, mother, "see_positive")
    assert isolation.case(child)["state"] == "open"
    assert measure(isolation, child)[1:] == (date(2022, 10, 5), date(2022, 10, 12))


def test_it_is_of_whoever_goes_on_when_two_arrivals_turn_out_to_be_one(isolation: Trial) -> None:
    ends, goes_on = came(isolation), came(isolation)
    found(isolation, ends, "a")
    said(isolation, ends, "see_positive")
    merged = {"not_coming": True, "merged": True, "goes_on_as": goes_on.subject, "why": ["same_as_other"]}
    isolation.follow(arrival(ends.subject, version=2, level="medium", at=isolation.clock.now(), **merged))
    timers(isolation)
    assert live(isolation, ends) == set()
    assert live(isolation, goes_on) == {"decide_positive"}, "they were called already"
    found(isolation, ends, "b", "negative", supersedes="a")
    assert live(isolation, goes_on) == {"call_them"}


def test_of_three_that_are_one_what_was_found_before_hospital_holds_nobody_and_was_no_mistake(
    isolation: Trial,
) -> None:
    home = {"household_id": new_id()}
    first, second, third, other = (came(isolation, **home) for _ in range(4))
    child = came(isolation, level="low", **home)
    before = measure(isolation, child)
    merge(isolation, first, second)
    found(isolation, first, "a")
    found(isolation, other, "c")
    said(isolation, other, "see_positive")
    decide(isolation, second, "move_to_hospital", **HOSPITAL)
    decide(isolation, second, "reopen", because="came_back")
    for ends, goes_on in ((second, third), (other, third)):
        merge(isolation, ends, goes_on)
        isolation.clock.advance(hours=2)
        timers(isolation)
    assert live(isolation, third) == set(), "they were treated, under whichever case"
    assert told(isolation, "test.urgent_corrected") == [] and measure(isolation, child) != before
    found(isolation, other, "d", "negative", supersedes="c")
    found(isolation, first, "b", "negative", supersedes="a")
    assert told(isolation, "test.urgent_corrected"), "whoever was told hears that it was a mistake"
    assert measure(isolation, child) == before


@pytest.mark.parametrize("now", ["followed", "goes_on", "released"])
def test_a_positive_that_a_process_of_before_wrote_down_is_found(isolation: Trial, now: str) -> None:
    home = {"household_id": new_id()}
    one = released(isolation, **home) if now == "released" else came(isolation, **home)
    lives_there, other = came(isolation, **home), came(isolation)
    report(isolation, result(one, "positive", at=NOON), id="a")
    with isolation.database.begin() as conn:
        conn.execute(t.positives.delete())
    who = one
    if now == "goes_on":
        merged = {"not_coming": True, "merged": True, "goes_on_as": other.subject, "why": ["same_as_other"]}
        isolation.follow(arrival(one.subject, version=2, level="medium", at=isolation.clock.now(), **merged))
        who = other
    timers(isolation)
    assert live(isolation, who) == set()

    def late() -> list[str]:
        with isolation.database.read() as conn:
            lacks = handover.late(conn, isolation.clock.now(), CHINA).lacks
        return [lack.id for lack in lacks if lack.what == "positive"]

    assert one.subject not in late(), "it is looked for it once an hour"
    isolation.clock.advance(hours=3)
    assert one.subject in late()
    assert isolation.do(find_positives) == 1
    assert isolation.do(find_positives) == 0
    timers(isolation)
    assert live(isolation, who) == ({"late_result"} if now == "released" else TO_DO)
    assert one.subject not in late()
    if now == "released":
        isolation.clock.advance(hours=3)
        timers(isolation)
        assert measure(isolation, lives_there)[0] == "central_isolation", "a contact, by the policy"


def test_whoever_was_called_hears_of_a_mistake_that_comes_out_after_they_came_back(
    isolation: Trial, family: list[Event]
) -> None:
    mother, child = family
    before = measure(isolation, child)
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    decide(isolation, mother, "reopen", because="came_back")
    assert measure(isolation, child) != before
    later = isolation.clock.now()
    found(isolation, mother, "c", at=later, reported_at=later)
    assert live(isolation, mother) == TO_DO, "found again, it begins anew"
    found(isolation, mother, "d", "negative", at=later, reported_at=later, supersedes="c")
    assert measure(isolation, child) != before, "the first time they were contacts"
    told_before = {one for _, staff in told(isolation) for one in staff}
    found(isolation, mother, "b", "negative", supersedes="a")
    assert "call_them" in live(isolation, mother)
    assert measure(isolation, child) == before
    assert {one for _, staff in told(isolation, "test.urgent_corrected") for one in staff} == told_before


def test_what_was_found_again_and_treated_again_is_taken_back_alone(
    isolation: Trial, family: list[Event]
) -> None:
    mother, child = family
    never = measure(isolation, child)
    found(isolation, mother, "a")
    said(isolation, mother, "see_positive")
    told_first = {one for _, staff in told(isolation) for one in staff}
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    decide(isolation, mother, "reopen", because="came_back")
    once = measure(isolation, child)
    isolation.clock.advance(days=2)
    later = isolation.clock.now()
    found(isolation, mother, "c", at=later, reported_at=later)
    said(isolation, mother, "see_positive")
    decide(isolation, mother, "move_to_hospital", **HOSPITAL)
    decide(isolation, mother, "reopen", because="came_back")
    assert measure(isolation, child) > once
    found(isolation, mother, "d", "negative", at=later, reported_at=later, supersedes="c")
    assert "call_them" in live(isolation, mother) and measure(isolation, child) == once, "the first stands"
    assert len(told(isolation, "test.urgent_corrected")) == 1
    found(isolation, mother, "b", "negative", supersedes="a")
    assert measure(isolation, child) == never
    assert [staff for _, staff in told(isolation, "test.urgent_corrected")] == [told_first] * 2


def test_a_late_result_of_whoever_goes_on_as_another_is_seen_to_there(isolation: Trial) -> None:
    one = released(isolation)
    isolation.clock.moment = china("2022-10-05 20:00")
    found(isolation, one, "z", at=china("2022-10-05 09:00"))
    assert "late_result" in live(isolation, one)
    goes_on = came(isolation)
    merge(isolation, one, goes_on)
    isolation.clock.advance(hours=2)
    timers(isolation)
    assert "see_positive" in live(isolation, goes_on) and "late_result" not in live(isolation, one)


# -- batches of a laboratory -------------------------------------------------------------------------------

_decide_batch = speaking(decide_batch, "result_batch.decided")
DISTRICT = Author("staff", "/console/district", "district")


def batch(isolation: Trial, positives: int, negatives: int, **more: Any) -> list[Event]:
    """Results of one run, in one transaction. Returns who is positive."""
    people = [came(isolation) for _ in range(positives)]
    given = [
        (result(one, "positive", at=NOON, batch="R-1", **more), f"p-{n}") for n, one in enumerate(people)
    ]
    given += [(result(f"N{n}", at=NOON, batch="R-1", **more), f"n-{n}") for n in range(negatives)]
    commands = [command(isolation, "test.reported", data, author=LAB, id=id) for data, id in given]
    for _ in range(2):  # the second time the laboratory says it all again
        assert {outcome.kind for outcome in say_all(isolation, report_test, commands[:positives])} == {"done"}
    say_all(isolation, report_test, commands[positives:])
    timers(isolation)
    return people


def test_an_unusual_batch_waits_for_one_call_and_then_goes_on_by_itself(isolation: Trial) -> None:
    people = batch(isolation, 5, 15)
    assert [live(isolation, one) for one in people] == [set()] * 5
    [event] = isolation.recorded("result_batch.unusual")
    assert (event.data["results"], event.data["positives"]) == (20, 5)
    assert [one["staff_id"] for one in event.data["staff"]] == ["district"]
    door = Visitor(DOOR, isolation.work)
    assert len(door.get("district", "/lists/unusual_batches").json["rows"]) == 1
    assert door.get("officer", "/lists/unusual_batches").status_code == 403
    outcome = decide(isolation, people[0], "release")
    assert (
        "held_by_test_positive" in [fault.code for fault in outcome.faults]
        or outcome.faults[0].code == "held_by_days"
    )
    isolation.clock.advance(minutes=15)
    timers(isolation)
    assert [live(isolation, one) for one in people] == [TO_DO] * 5
    assert len(isolation.recorded("result_batch.unusual")) == 1


def test_what_the_laboratory_stands_by_goes_on_at_once(isolation: Trial) -> None:
    people = batch(isolation, 5, 15)
    [row] = isolation.rows(t.result_batches)
    said = {"batch_id": row["batch_id"], "outcome": "stands"}
    assert _decide_batch(isolation, said, author=DISTRICT).kind == "done"
    assert _decide_batch(isolation, said, author=DISTRICT).kind == "conflict"
    timers(isolation)
    assert [live(isolation, one) for one in people] == [TO_DO] * 5


def test_what_was_a_mistake_waits_for_its_corrections_a_day_at_most(isolation: Trial) -> None:
    people = batch(isolation, 5, 15)
    [row] = isolation.rows(t.result_batches)
    said = {"batch_id": row["batch_id"], "outcome": "mistake"}
    assert _decide_batch(isolation, said, author=DISTRICT).kind == "done"
    isolation.clock.advance(hours=2)
    for number, one in enumerate(people[:4]):
        found(isolation, one, f"c-{number}", "negative", supersedes=f"p-{number}")
    assert [live(isolation, one) for one in people] == [set()] * 5
    assert isolation.recorded("test.urgent") == [], "nobody was told, so nobody hears of a correction"
    isolation.clock.advance(hours=23)
    timers(isolation)
    assert [live(isolation, one) for one in people] == [set()] * 4 + [TO_DO], "nobody is forgotten"


@pytest.mark.parametrize(("positives", "negatives"), [(4, 16), (3, 2)])
def test_an_ordinary_batch_and_a_small_one_do_not_wait(
    isolation: Trial, positives: int, negatives: int
) -> None:
    people = batch(isolation, positives, negatives)
    assert [live(isolation, one) for one in people] == [TO_DO] * positives
    assert isolation.recorded("result_batch.unusual") == []


def test_what_was_begun_before_a_batch_became_unusual_goes_on(isolation: Trial) -> None:
    [first] = batch(isolation, 1, 1)
    others = [came(isolation) for _ in range(20)]
    for number, one in enumerate(others):
        report(isolation, result(one, "positive", at=NOON, batch="R-1"), id=f"o-{number}")
    timers(isolation)
    assert live(isolation, first) == TO_DO
    assert {frozenset(live(isolation, one)) for one in others} == {frozenset()}
