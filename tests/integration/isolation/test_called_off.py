"""An arrival is called off, comes after all, or is corrected: its case, tasks, team and what others hear."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from chassis.handover import stream
from contracts.envelope import Event
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.tasks.call_by_phone import call_by_phone
from services.isolation.teams.copies import PLACES, STAFF
from tests.integration.isolation.trial import (
    MORNING,
    STREET,
    Trial,
    arrival,
    kinds,
    place,
    staff,
    undeliverable,
)

LATER = MORNING + timedelta(hours=2)


def off(of: Event, version: int = 2) -> Event:
    why = ["called_off", "details_added"]
    return arrival(of.subject, version=version, at=LATER, why=why, expected=True, not_coming=True)


def back(of: Event, version: int = 3) -> Event:
    why = ["coming_after_all", "details_added"]
    return arrival(of.subject, version=version, at=LATER + timedelta(hours=version), why=why)


def loads(isolation: Trial) -> dict[str, int]:
    return {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}


def published(isolation: Trial) -> list[tuple[str, int, str, list[str]]]:
    return [
        (event.type, event.version, event.data["state"], (event.data.get("change") or {}).get("kinds", []))
        for type in ("case.opened", "case.changed")
        for event in isolation.recorded(type)
    ]


def test_a_case_whose_arrival_is_called_off_is_cancelled_and_frees_everybody(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    message = "0183917b-74c2-7e19-a6c5-08c1d5f3bb31"
    isolation.do(call_by_phone, [undeliverable(came.data["arrival_id"], message, MORNING)])
    assert "call_them" in kinds(isolation.tasks(came, "due"))
    assert loads(isolation)
    isolation.follow(off(came))
    case = isolation.case(came)
    assert (case["state"], case["version"], case["plan_next"]) == ("cancelled", 2, None)
    assert case["closed_at"] is not None and case["unassigned_since"] is None
    assert isolation.tasks(came, "due", "missed") == []
    assert loads(isolation) == {}
    (_, changed) = published(isolation)
    assert changed == ("case.changed", 2, "cancelled", ["cancelled"])
    (event,) = isolation.recorded("case.changed")
    assert event.data["team"] and event.data["today"] == []
    isolation.clock.advance(days=3)
    isolation.run_timers()
    assert isolation.recorded("task.overdue") == [], "nobody is reminded"
    assert isolation.audit()["balanced"]


def test_whom_no_text_tells_of_the_end_is_called(isolation: Trial) -> None:
    """Somebody with a landline, who was called at the beginning: they would stay in for nothing."""
    came = arrival()
    isolation.follow(came)
    isolation.follow(off(came))
    late, last = (
        undeliverable(came.subject or "", about, MORNING, about=about, reason="landline", instead="call")
        for about in ("opened:1", "changed:2")
    )
    isolation.do(call_by_phone, [late, last])
    (task,) = isolation.tasks(came, "due")
    assert (task["kind"], task["about"]) == ("call_them", "changed:2")
    assert isolation.case(came)["state"] == "cancelled"
    isolation.clock.advance(hours=3)
    isolation.run_timers()
    assert {event.data["kind"] for event in isolation.recorded("task.overdue")} == {"call_them"}
    assert isolation.audit()["balanced"]


def test_whoever_comes_after_all_is_followed_again(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    isolation.follow(off(came))
    isolation.follow(back(came))
    case = isolation.case(came)
    assert (case["state"], case["version"], case["closed_at"]) == ("open", 3, None)
    assert "first_contact" in kinds(isolation.tasks(came, "due"))
    assert published(isolation)[-1] == ("case.changed", 3, "open", ["stricter", "assigned", "details"])
    assert sum(loads(isolation).values()) == len(case["team"])
    isolation.follow(off(came, 4))
    assert (isolation.case(came)["state"], loads(isolation)) == ("cancelled", {})
    assert isolation.audit()["balanced"]


def test_of_an_arrival_that_is_called_off_before_anybody_heard_of_it_nobody_hears(isolation: Trial) -> None:
    came = arrival(expected=True, not_coming=True)
    isolation.follow(came)
    assert published(isolation) == [] and loads(isolation) == {}
    case = isolation.case(came)
    assert (case["state"], case["version"]) == ("cancelled", 0)
    with isolation.database.read() as conn:
        assert list(stream(conn, handover.recorded(conn))) == [], "there is no event to look for"
        assert [taken.id for taken in stream(conn, handover.taken_in(conn))] == [came.subject]
    isolation.run_timers()
    assert isolation.audit()["balanced"]

    isolation.follow(back(came, 2))
    assert published(isolation) == [("case.opened", 1, "open", [])]
    assert isolation.case(came)["state"] == "open"
    assert isolation.audit()["balanced"]


def test_in_whatever_order_the_news_come_the_case_ends_the_same(isolation: Trial) -> None:
    """Coming, called off, coming after all: and of the other three, called off once more."""
    ends = set()
    for number, last in ((3, 3), (4, 4)):
        for order in permutations(range(number)):
            came = arrival()
            news = [came, off(came), back(came), off(came, 4)][:number]
            for position in order:
                isolation.follow(news[position])
            case = isolation.case(came)
            assert case["arrival_version"] == last
            tasks = {(task["kind"], task["due_from"]) for task in isolation.tasks(came, "due")}
            if number == 3:
                assert case["state"] == "open"
                ends.add(frozenset(tasks))
            else:
                assert (case["state"], tasks) == ("cancelled", set())
    assert len(ends) == 1
    members = sum(len(row["team"]) for row in isolation.rows(t.cases) if row["state"] == "open")
    assert sum(loads(isolation).values()) == members
    assert isolation.audit()["balanced"]


def changes(isolation: Trial) -> list[dict[str, Any]]:
    return [event.data["change"] for event in isolation.recorded("case.changed")]


def test_what_was_corrected_is_named_for_those_who_were_told(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    why = ["phone_changed", "phone_taken_back", "address_changed", "time_moved", "details_added"]
    isolation.follow(arrival(came.subject, version=2, at=LATER, why=why))
    (change,) = changes(isolation)
    assert set(change["kinds"]) == {"details", "phone", "wrong_number", "door", "time"}
    assert change["previous_owner"] is None


def test_a_correction_that_comes_late_is_told_all_the_same(isolation: Trial) -> None:
    """Versions 1 and 3 were there: nobody heard yet that the phone changed with version 2."""
    came = arrival()
    isolation.follow(came)
    isolation.follow(arrival(came.subject, version=3, at=LATER, why=["details_added"]))
    isolation.follow(arrival(came.subject, version=2, at=LATER, why=["phone_changed", "details_added"]))
    last = isolation.recorded("case.changed")[-1]
    assert last.data["change"]["kinds"] == ["details", "phone"]
    assert last.data["person"] == "sealed-3"


def test_a_door_in_the_grid_of_another_names_the_owner_before(isolation: Trial) -> None:
    isolation.do(PLACES.keep, [place("c-2", STREET, "community"), place("g-2", "c-2", "grid")])
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", "g-2")])
    came = arrival()
    isolation.follow(came)
    before = isolation.case(came)["owner"]
    there = {"community": "c-2", "grid": "g-2"}
    why = ["address_changed", "details_added"]
    isolation.follow(arrival(came.subject, version=2, at=LATER, destination=there, why=why))
    (change,) = changes(isolation)
    assert change["kinds"] == ["assigned", "details", "door", "handed_on"]
    assert change["previous_owner"]["staff_id"] == before == "worker-1"
    assert isolation.case(came)["owner"] == "worker-3"


def test_a_stop_taken_back_makes_the_case_laxer(isolation: Trial) -> None:
    came = arrival(level="high")
    isolation.follow(came)
    isolation.follow(
        arrival(came.subject, version=2, level="none", at=LATER, why=["stop_removed", "risk_lowered"])
    )
    assert isolation.case(came)["measure"] == "inform_only"
    assert changes(isolation)[0]["kinds"] == ["laxer"]


def test_a_wrong_number_is_told_of_though_the_arrival_is_called_off_with_it(isolation: Trial) -> None:
    """A stranger has the text with name and measure; the newest word alone would not say so."""
    came = arrival()
    isolation.follow(came)
    why = ["phone_changed", "phone_taken_back", "details_added"]
    corrected = arrival(came.subject, version=2, at=LATER, why=why)
    isolation.follow(corrected, off(came, 3))
    assert published(isolation)[-1] == ("case.changed", 2, "cancelled", ["cancelled", "wrong_number"])


def test_whoever_comes_after_all_is_not_called_to_be_told_that_nothing_is_asked(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    isolation.follow(off(came))
    of_the_end = undeliverable(came.subject or "", "changed:2", MORNING, about="changed:2", instead="call")
    isolation.do(call_by_phone, [of_the_end])
    isolation.follow(back(came))
    assert "call_them" not in kinds(isolation.tasks(came, "due"))
    assert isolation.audit()["balanced"]


MERGED = {"not_coming": True, "merged": True}


def test_who_was_registered_twice_is_not_told_that_nothing_is_asked_any_more(isolation: Trial) -> None:
    came = arrival()
    isolation.follow(came)
    isolation.follow(arrival(came.subject, version=2, at=LATER, why=["same_as_other"], **MERGED))
    [case] = [row for row in isolation.rows(t.cases) if row["case_id"] == came.subject]
    assert case["state"] == "cancelled" and isolation.tasks(came, "due") == []
    [told] = isolation.recorded("case.changed")
    assert told.data["change"]["kinds"] == ["merged"]
    assert isolation.trace(came.subject or "")["history"][-1]["what"] == "merged"
    isolation.follow(arrival(came.subject, version=3, at=LATER, why=["not_the_same"]))
    [case] = [row for row in isolation.rows(t.cases) if row["case_id"] == came.subject]
    assert case["state"] == "open" and isolation.tasks(came, "due")
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("batches", [[(2, 3)], [(3,), (2,)], [(2,), (3,)]])
def test_so_it_is_in_whatever_order_news_of_the_merged_arrival_come(
    isolation: Trial, batches: list[tuple[int, ...]]
) -> None:
    came = arrival()
    isolation.follow(came)
    why = {2: ["same_as_other"], 3: ["stop_added"]}
    for versions in batches:
        isolation.follow(
            *(arrival(came.subject, version=one, at=LATER, why=why[one], **MERGED) for one in versions)
        )
    [told] = isolation.recorded("case.changed")
    assert told.data["change"]["kinds"] == ["merged"]
    assert isolation.audit()["balanced"]
