"""The contacts' list of a positive: with whom they were, who tells them, and who hears of a mistake."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis.commands.command import Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.positives.list_close_contact import list_close_contact, settle_close_contact
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_positives import (
    HOSPITAL,
    NOON,
    OFFICER,
    came,
    decide,
    found,
    live,
    measure,
    merge,
    say_decided,
    tasks,
    timers,
)
from tests.integration.isolation.test_results import report, result
from tests.integration.isolation.trial import Trial, arrival, china

GRANDMOTHER = {
    "kind": "person",
    "name": "何样例",
    "phone": "13900000021",
    "last_on": date(2022, 10, 1),
    "lives_there": True,
    "note": "cannot walk",
}
_report_task = speaking(report_task, "task.reported")
_list = speaking(list_close_contact, "close_contact.listed")
_settle = speaking(settle_close_contact, "close_contact.settled")


def listed(isolation: Trial, of: Event, **more: Any) -> Outcome:
    how = {"author": more.pop("author", OFFICER), "id": more.pop("id", None)}
    return _list(isolation, {"case_id": of.subject, **GRANDMOTHER, **more}, **how)


def test_those_with_whom_they_were_are_listed_sealed_and_told(isolation: Trial) -> None:
    one = came(isolation)
    assert listed(isolation, one).kind == "conflict", "nothing was found"
    found(isolation, one, "a")
    for _ in range(2):
        outcome = listed(isolation, one, id="same")
        assert outcome.kind == "done"
    contact = outcome.result["contact_id"]
    assert "何样例" not in str(isolation.rows(t.close_contacts)) + str(isolation.rows(t.case_history))
    door = Visitor(DOOR, isolation.work)
    [row] = door.get("officer", "/lists/close_contacts", case_id=one.subject).json["rows"]
    assert (row["contact_id"], row["name"][1:], row["lives_there"]) == (contact, "*", True)
    unlike = door.get("officer", "/lists/close_contacts", case_id="no id")
    assert (unlike.status_code, unlike.json["faults"][0]["field"]) == (422, "case_id")
    full = door.reveal("officer", "close_contact", contact, "to call them").json
    assert (full["name"], full["note"]) == ("何样例", "cannot walk")
    assert door.get("worker-1", "/lists/close_contacts").status_code == 403
    assert _settle(isolation, {"contact_id": contact, "outcome": "informed"}, author=OFFICER).kind == "done"
    again = _settle(isolation, {"contact_id": contact, "outcome": "informed"}, author=OFFICER)
    assert again.kind == "conflict"
    assert door.get("officer", "/lists/close_contacts").json["rows"] == []
    assert isolation.audit()["balanced"]


def of_contacts(isolation: Trial, of: Event) -> dict[str, str]:
    rows = {kind: state for kind, state in tasks(isolation, of).items() if kind.endswith("_contacts")}
    rows.pop("list_contacts", None)
    return rows


def settled(isolation: Trial, contact: str, outcome: str = "informed", **more: Any) -> Outcome:
    became = _settle(isolation, {"contact_id": contact, "outcome": outcome, **more}, author=OFFICER)
    timers(isolation)
    return became


def test_those_on_the_list_are_somebodys_task_that_climbs_until_the_last_was_told(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    contacts = [listed(isolation, one).result["contact_id"] for _ in range(2)]
    timers(isolation)
    [task] = [task for task in isolation.tasks(one, "due") if task["kind"] == "tell_contacts"]
    assert task["staff_id"] == "officer"
    assert task["due_by"] == isolation.clock.now() + timedelta(days=1)
    refused = _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    assert refused.kind == "not_allowed", "it ends with what is said of them"
    decide(isolation, one, "move_to_hospital", **HOSPITAL)
    assert of_contacts(isolation, one) == {"tell_contacts": "due"}, "also after the end of the case"
    due_by = max(task["due_by"] for task in isolation.tasks(one, "due") if task["kind"] == "tell_contacts")
    isolation.clock.moment = due_by + timedelta(hours=12)
    isolation.until_done(find_overdue)
    overdue = {event.data["kind"] for event in isolation.recorded("task.overdue")}
    assert {"tell_contacts", "list_contacts"} <= overdue
    assert settled(isolation, contacts[0]).kind == "done"
    assert of_contacts(isolation, one) == {"tell_contacts": "missed"}
    assert settled(isolation, contacts[1], "no_contact").kind == "done"
    assert of_contacts(isolation, one) == {"tell_contacts": "done"}


def test_contacts_who_were_told_hear_that_it_was_a_mistake(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    told, waits, none = (listed(isolation, one).result["contact_id"] for _ in range(3))
    settled(isolation, told)
    settled(isolation, none, "no_contact")
    found(isolation, one, "b", "negative", supersedes="a")
    assert of_contacts(isolation, one) == {"tell_contacts": "cancelled", "correct_contacts": "due"}
    [task] = [task for task in isolation.tasks(one, "due") if task["kind"] == "correct_contacts"]
    assert task["staff_id"] == "officer"
    assert task["due_by"] == china("2022-10-02 08:00"), "in four hours; what ends at night, in the morning"
    door = Visitor(DOOR, isolation.work)
    [row] = door.get("officer", "/lists/close_contacts").json["rows"]
    assert (row["contact_id"], row["mistake"]) == (told, True), "nobody else heard of it"
    assert door.get("officer", f"/close_contact/{told}").json["state"] == "correct_contacts"
    isolation.clock.moment = task["due_by"] + timedelta(hours=3)
    isolation.until_done(find_overdue)
    assert "correct_contacts" in {event.data["kind"] for event in isolation.recorded("task.overdue")}
    assert settled(isolation, told).kind == "conflict", "from a page that did not say so"
    assert settled(isolation, told, mistake=True).kind == "done"
    assert of_contacts(isolation, one)["correct_contacts"] == "done"
    assert door.get("officer", "/lists/close_contacts").json["rows"] == []
    # Who says only now that they told somebody who waited: that one is to hear of it, too.
    assert settled(isolation, waits).kind == "done"
    [row] = door.get("officer", "/lists/close_contacts").json["rows"]
    assert (row["contact_id"], row["mistake"]) == (waits, True)
    assert "correct_contacts" in live(isolation, one)


@pytest.mark.parametrize("listed_when", ["before they went", "once they were back", "before a merge"])
def test_contacts_of_whoever_came_back_from_hospital_are_no_mistake(
    isolation: Trial, listed_when: str
) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    if listed_when != "once they were back":
        settled(isolation, listed(isolation, one).result["contact_id"])
    decide(isolation, one, "move_to_hospital", **HOSPITAL)
    isolation.clock.advance(days=4)
    decide(isolation, one, "reopen", because="came_back")
    assert "correct_contacts" not in live(isolation, one)
    if listed_when == "once they were back":
        settled(isolation, listed(isolation, one).result["contact_id"])
        isolation.clock.advance(days=1)
    elif listed_when == "before a merge":
        ends, one = one, came(isolation)
        merge(isolation, ends, one)
    later = isolation.clock.now()
    found(isolation, one, "c", at=later, reported_at=later)
    found(isolation, one, "d", "negative", at=later, reported_at=later, supersedes="c")
    assert "correct_contacts" not in live(isolation, one), "of the first time they were told rightly"


def test_contacts_of_whoever_goes_on_as_another_are_told_there(isolation: Trial) -> None:
    ends, goes_on = came(isolation), came(isolation)
    found(isolation, ends, "a")
    contact = listed(isolation, ends).result["contact_id"]
    timers(isolation)
    merged = {"not_coming": True, "merged": True, "goes_on_as": goes_on.subject, "why": ["same_as_other"]}
    isolation.follow(arrival(ends.subject, version=2, level="medium", at=isolation.clock.now(), **merged))
    timers(isolation)
    assert of_contacts(isolation, goes_on) == {"tell_contacts": "due"}
    assert settled(isolation, contact).kind == "done"
    assert of_contacts(isolation, goes_on) == {"tell_contacts": "done"}
    assert "tell_contacts" not in live(isolation, ends)
    found(isolation, ends, "b", "negative", supersedes="a")
    assert of_contacts(isolation, goes_on)["correct_contacts"] == "due"


@pytest.mark.parametrize("told_first", [True, False])
def test_a_mistake_that_came_out_in_hospital_stays_one_for_contacts(
    isolation: Trial, told_first: bool
) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    contact = listed(isolation, one).result["contact_id"]
    settled(isolation, contact)
    decide(isolation, one, "move_to_hospital", **HOSPITAL)
    found(isolation, one, "b", "negative", supersedes="a")
    if told_first:
        assert settled(isolation, contact, mistake=True).kind == "done"
    assert decide(isolation, one, "reopen", because="came_back").kind == "done"
    assert live(isolation, one) & {"tell_contacts", "correct_contacts"} == (
        set() if told_first else {"correct_contacts"}
    )


_FACTS = ("found", "corrected", "told", "to hospital", "came back")


def _orders(facts: tuple[str, ...]) -> list[tuple[str, ...]]:
    return [
        order
        for order in permutations(facts)
        if order.index("found") < order.index("told")
        and order.index("to hospital") < order.index("came back")
    ]


def test_what_is_found_and_what_comes_of_it_end_the_same_in_any_order(isolation: Trial) -> None:
    """Whether a correction comes before, in or after hospital; each third of all orders."""
    orders = [*_orders(_FACTS)[::3], *_orders(tuple(fact for fact in _FACTS if fact != "corrected"))[::3]]
    families, contacts = [], {}
    for _ in orders:
        home = {"household_id": new_id()}
        families.append((came(isolation, **home), came(isolation, level="low", **home)))
    isolation.clock.moment = china("2022-10-02 00:30")
    before = measure(isolation, families[0][1])
    for step in range(len(_FACTS)):
        for number, (order, (mother, _)) in enumerate(zip(orders, families, strict=True)):
            match order[step] if step < len(order) else "":
                case "found":
                    report(isolation, result(mother, "positive", at=NOON), id=f"a-{number}")
                case "corrected":
                    negative = result(mother, "negative", at=NOON, supersedes=f"a-{number}")
                    report(isolation, negative, id=f"b-{number}")
                case "told":
                    id = contacts[number] = listed(isolation, mother).result["contact_id"]
                    informed = {"contact_id": id, "outcome": "informed"}
                    assert _settle(isolation, informed, author=OFFICER).kind == "done"
                case "to hospital":
                    assert say_decided(isolation, mother, "move_to_hospital", **HOSPITAL).kind == "done"
                case "came back":
                    assert say_decided(isolation, mother, "reopen", because="came_back").kind == "done"
        isolation.clock.advance(hours=2, minutes=30)
        timers(isolation)
    mistakes = {row["contact_id"]: row["mistake"] for row in isolation.rows(t.close_contacts)}
    contact_since_then = ("central_isolation", date(2022, 10, 2), date(2022, 10, 9))
    for number, (order, (mother, child)) in enumerate(zip(orders, families, strict=True)):
        corrected = "corrected" in order
        to_correct = {"correct_contacts"} if corrected else set()
        assert live(isolation, mother) == to_correct, order
        assert ("list_contacts" in tasks(isolation, mother, "due", "missed")) is not corrected, order
        assert mistakes[contacts[number]] is corrected, order
        assert measure(isolation, child) == (before if corrected else contact_since_then), order


def test_who_was_thanked_as_no_contact_is_told_when_it_is_found_again(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    contact = listed(isolation, one).result["contact_id"]
    settled(isolation, contact)
    found(isolation, one, "b", "negative", supersedes="a")
    assert settled(isolation, contact, "no_contact", mistake=True).kind == "done"
    found(isolation, one, "c", at=NOON + timedelta(hours=1))
    assert "tell_contacts" in live(isolation, one)


def test_of_whoever_goes_on_as_another_no_task_is_left_that_nobody_can_end(isolation: Trial) -> None:
    ends, goes_on = came(isolation), came(isolation)
    found(isolation, ends, "a")
    listed(isolation, ends)
    timers(isolation)
    decide(isolation, ends, "move_to_hospital", **HOSPITAL)
    assert "tell_contacts" in live(isolation, ends)
    merge(isolation, ends, goes_on)
    isolation.clock.advance(hours=2)
    timers(isolation)
    assert "tell_contacts" in live(isolation, goes_on) and not live(isolation, ends)


def test_a_contact_of_a_day_that_cannot_be_is_refused(isolation: Trial) -> None:
    one = came(isolation)
    found(isolation, one, "a")
    for day in (date(2022, 10, 3), date(2022, 8, 1)):
        outcome = listed(isolation, one, last_on=day)
        assert (outcome.kind, outcome.faults[0].where) == ("invalid", "last_on")
