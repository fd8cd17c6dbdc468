"""A member of staff is replaced, a place is dissolved into another: all that is open goes along."""

import random
from typing import Any

import pytest

from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases.assign_waiting import assign_waiting
from services.isolation.cases.hand_over import hand_over
from services.isolation.teams.copies import PLACES, STAFF
from tests.integration.isolation.trial import COMMUNITY, GRID, STREET, Trial, arrival, place, staff


def replaced(isolation: Trial, who: str, role: str, where: str, by: str | None, version: int = 2) -> None:
    left = staff(who, role, where, version, active=False, replaced_by=by)
    isolation.do(STAFF.keep, [left])
    isolation.until_done(hand_over)


def joined(isolation: Trial) -> dict[str, list[str]]:
    """Who took another's place in the team of each case, as case.changed says last."""
    told = isolation.recorded("case.changed")
    return {e.subject: list(e.data["change"]["joined"]) for e in told if e.subject}


def team(isolation: Trial, came: Event) -> dict[str, str]:
    return dict(isolation.case(came)["team"])


# -- staff ------------------------------------------------------------------------------------------------


def test_a_named_successor_gets_all_open_cases_and_tasks_though_others_have_fewer(isolation: Trial):
    isolation.do(STAFF.keep, [staff("worker-9", "grid_worker", COMMUNITY)])
    cases = [arrival(level="medium") for _ in range(6)]
    isolation.follow(*cases)
    replaced(isolation, "worker-1", "grid_worker", GRID, "worker-9")
    assert sorted(case["owner"] for case in isolation.rows(t.cases)) == ["worker-2"] * 3 + ["worker-9"] * 3
    assert {task["staff_id"] for task in isolation.rows(t.tasks)} >= {"worker-9", "worker-2"}
    assert "worker-1" not in {task["staff_id"] for task in isolation.rows(t.tasks)}
    told = isolation.recorded("case.changed")
    assert [e.data["change"]["kinds"] for e in told] == [["assigned"]] * 3
    assert [e.data["change"]["joined"] for e in told] == [["worker-9"]] * 3
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load)}
    assert (loads["worker-1"], loads["worker-2"], loads["worker-9"]) == (0, 3, 3)
    assert isolation.audit()["balanced"]


def test_whoever_replaces_another_member_of_the_team_is_named_in_the_change(isolation: Trial):
    isolation.do(STAFF.keep, [staff("doctor", "health_worker", STREET)])
    came = arrival(level="high")
    isolation.follow(came)
    replaced(isolation, "nurse", "health_worker", COMMUNITY, "doctor")
    assert team(isolation, came)["health_worker"] == "doctor"
    assert joined(isolation) == {came.subject: ["doctor"]}
    assert {one["staff_id"] for one in isolation.tasks(came) if one["role"] == "health_worker"} == {"doctor"}


def test_a_successor_who_left_too_is_passed_over_for_theirs(isolation: Trial):
    isolation.do(STAFF.keep, [staff("worker-9", "grid_worker", GRID)])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    replaced(isolation, "worker-2", "grid_worker", GRID, "worker-9")
    replaced(isolation, "worker-1", "grid_worker", GRID, "worker-2")
    assert isolation.case(came)["owner"] == "worker-9"


def test_two_who_are_said_to_replace_each_other_leave_the_case_to_others(isolation: Trial):
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    isolation.do(STAFF.keep, [staff("worker-9", "grid_worker", GRID)])
    replaced(isolation, "worker-2", "grid_worker", GRID, "worker-1")
    replaced(isolation, "worker-1", "grid_worker", GRID, "worker-2")
    assert isolation.case(came)["owner"] == "worker-9"
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("registration_first", [True, False])
def test_registration_and_isolation_name_the_same_successor_in_either_order(
    isolation: Trial, registration_first: bool
):
    isolation.do(STAFF.keep, [staff("worker-9", "grid_worker", GRID)])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    sent = arrival(came.subject, version=2, level="medium", worker="worker-9", why=["details_added"])
    if registration_first:
        isolation.follow(sent)
    replaced(isolation, "worker-1", "grid_worker", GRID, "worker-9")
    if not registration_first:
        isolation.follow(sent)
    assert isolation.case(came)["owner"] == "worker-9"
    told = [e.data["change"]["kinds"] for e in isolation.recorded("case.changed")]
    assert len([kinds for kinds in told if "assigned" in kinds]) == 1, "he is told once"
    assert {one["staff_id"] for one in isolation.tasks(came, "due") if one["role"] == "grid_worker"} <= {
        "worker-9"
    }


# -- places -----------------------------------------------------------------------------------------------

NEW = "c-2"


def dissolved(isolation: Trial) -> None:
    isolation.do(PLACES.keep, [place(NEW, STREET, "community")])
    isolation.do(PLACES.keep, [place(COMMUNITY, STREET, "community", 2, removed=True, successor=NEW)])


def moved(came: Event, **changed: Any) -> Event:
    where = {"community": NEW, **changed}
    return arrival(
        came.subject, version=2, level="medium", worker="worker-1", why=["details_added"], destination=where
    )


def test_the_team_goes_along_into_the_place_into_which_theirs_was_dissolved(isolation: Trial):
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    before = isolation.case(came)["team"]
    dissolved(isolation)
    isolation.follow(moved(came))
    case = isolation.case(came)
    assert (case["community"], case["team"]) == (NEW, before)
    (told,) = isolation.recorded("case.changed")
    assert (told.data["change"]["kinds"], told.data["change"]["joined"]) == (["details"], [])
    assert isolation.audit()["balanced"]


def test_whoever_comes_to_the_new_place_is_looked_after_by_the_staff_of_the_old_one(isolation: Trial):
    dissolved(isolation)
    came = arrival(level="high", destination={"community": NEW, "grid": None})
    isolation.follow(came)
    assert team(isolation, came)["health_worker"] == "nurse"


def test_a_case_that_waits_is_given_to_the_staff_that_come_with_a_place(empty: Trial):
    empty.with_policies().with_neighbourhood([("worker-1", "grid_worker", "c-old")])
    came = arrival(level="medium")
    empty.follow(came)
    assert empty.case(came)["owner"] is None
    empty.do(PLACES.keep, [place("c-old", STREET, "community", removed=True, successor=COMMUNITY)])
    empty.until_done(assign_waiting)
    assert empty.case(came)["owner"] == "worker-1"


def test_a_case_of_a_place_that_ended_goes_to_those_above_it(isolation: Trial):
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    isolation.do(PLACES.keep, [place(COMMUNITY, STREET, "community", 2, removed=True)])
    isolation.follow(moved(came, community=None, grid=None))
    assert isolation.case(came)["owner"] is not None
    assert isolation.audit()["balanced"]


def test_the_order_of_news_of_places_staff_and_arrivals_leaves_nobody_without_an_owner(isolation: Trial):
    cases = [arrival(level="medium", worker="worker-1") for _ in range(4)]
    isolation.follow(*cases)
    news: list[Any] = [(isolation.follow, moved(came)) for came in cases]
    keep_places, keep_staff = (
        (lambda e: isolation.do(PLACES.keep, [e])),
        (lambda e: isolation.do(STAFF.keep, [e])),
    )
    news += [
        (keep_places, place(NEW, STREET, "community")),
        (keep_places, place(COMMUNITY, STREET, "community", 2, removed=True, successor=NEW)),
        (keep_staff, staff("worker-9", "grid_worker", NEW)),
        (keep_staff, staff("worker-1", "grid_worker", GRID, 2, active=False, replaced_by="worker-9")),
    ]
    random.Random(5).shuffle(news)
    for take, one in news:
        take(one)
    isolation.run_timers()
    isolation.until_done(hand_over)
    assert {case["community"] for case in isolation.rows(t.cases)} == {NEW}
    owners = {case["owner"] for case in isolation.rows(t.cases)}
    assert None not in owners and "worker-1" not in owners
    assert isolation.audit()["balanced"]


def test_of_a_case_that_goes_to_another_place_only_its_worker_hears(isolation: Trial) -> None:
    """As of one that is opened there: the others have not taken over from anybody."""
    isolation.do(PLACES.keep, [place("g-2", COMMUNITY, "grid")])
    others = [("worker-3", "grid_worker", "g-2"), ("nurse-2", "health_worker", COMMUNITY)]
    isolation.do(STAFF.keep, [staff(*one) for one in others])
    for _ in range(2):  # by their load, one of the two nurses gets the other's case
        came = arrival()
        isolation.follow(came)
        isolation.follow(
            arrival(came.subject, version=2, why=["address_changed"], destination={"grid": "g-2"})
        )
    assert [e.data["team"][0]["staff_id"] for e in isolation.recorded("case.changed")] == ["worker-3"] * 2
    assert set(map(tuple, joined(isolation).values())) == {()}
