"""Teams: cases are shared out evenly, wait where staff are lacking, and are handed over when staff leave."""

import random
from collections import Counter
from typing import Any

import pytest

from chassis.database.tables import TABLES
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases.assign_waiting import assign_waiting
from services.isolation.cases.hand_over import hand_over
from services.isolation.teams.copies import PLACES, STAFF
from tests.integration.isolation.trial import (
    COMMUNITY,
    GRID,
    MORNING,
    PEOPLE,
    Trial,
    arrival,
    place,
    staff,
)


def test_cases_are_shared_out_evenly_and_loads_are_counted(isolation: Trial):
    for size in (7, 1, 12):
        isolation.follow(*(arrival(level="medium") for _ in range(size)))
    assert Counter(case["owner"] for case in isolation.rows(t.cases)) == {"worker-1": 10, "worker-2": 10}
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load)}
    assert loads == {
        **{"worker-1": 10, "worker-2": 10, "officer": 20, "nurse": 20, "police": 20},
        **{"street": 0, "district": 0},
    }


# -- where staff are lacking ------------------------------------------------------------------------------


def test_a_case_without_staff_waits_with_a_clock_and_is_assigned_when_somebody_comes(empty: Trial):
    empty.with_policies().with_neighbourhood(people=())
    came = arrival(level="medium")
    empty.follow(came)
    assert not empty.recorded("case.opened")[0].data["assigned"]
    assert empty.case(came)["unassigned_since"] == MORNING and empty.audit()["unassigned"] == 1
    empty.do(STAFF.keep, [staff("far", "grid_worker", "another-grid")])
    empty.run_timers()
    assert not empty.recorded("case.changed")

    empty.clock.advance(hours=1)
    empty.do(STAFF.keep, [staff(*one) for one in PEOPLE])
    assert empty.until_done(assign_waiting) == 1
    case = empty.case(came)
    assert case["owner"] == "worker-1" and case["unassigned_since"] is None
    assert all(task["staff_id"] for task in empty.tasks(came))
    (changed,) = empty.recorded("case.changed")
    assert changed.data["change"]["kinds"] == ["assigned"] and changed.data["assigned"]
    assert changed.correlationid == came.correlationid
    assert empty.do(assign_waiting) == 0
    assert empty.audit()["balanced"]


def test_where_only_the_community_has_staff_its_officer_answers_for_every_case(empty: Trial):
    empty.with_policies().with_neighbourhood([("officer", "community_officer", COMMUNITY)])
    came = arrival(level="none")
    empty.follow(came)
    assert empty.case(came)["team"] == [["community_officer", "officer"]]


def test_staff_who_come_fill_a_thin_team_and_a_stand_in_gives_the_case_up(empty: Trial):
    empty.with_policies().with_neighbourhood([("officer", "community_officer", COMMUNITY)])
    home, informed = arrival(level="medium"), arrival(level="none")
    empty.follow(home, informed)
    assert [empty.case(one)["team"] for one in (home, informed)] == [[["community_officer", "officer"]]] * 2
    empty.do(STAFF.keep, [staff("far", "grid_worker", "another-grid")])
    empty.run_timers()
    assert not empty.recorded("case.changed") and empty.do(assign_waiting) == 0

    empty.do(STAFF.keep, [staff("nurse", "health_worker", COMMUNITY)])
    empty.run_timers()
    assert empty.case(home)["team"] == [["community_officer", "officer"], ["health_worker", "nurse"]]
    assert {x["staff_id"] for x in empty.tasks(home) if x["role"] == "health_worker"} == {"nurse"}
    (changed,) = empty.recorded("case.changed")
    assert (changed.subject, changed.data["change"]["kinds"]) == (home.subject, ["details"])
    assert [m["staff_id"] for m in changed.data["team"]] == ["officer", "nurse"], "the owner is the same"

    empty.do(STAFF.keep, [staff(*one) for one in PEOPLE])
    empty.run_timers()
    assert [role for role, _ in empty.case(home)["team"]] == [
        *("grid_worker", "community_officer", "health_worker", "police")
    ]
    assert [role for role, _ in empty.case(informed)["team"]] == ["grid_worker"]
    assert {x["staff_id"] for x in empty.tasks(informed)} == {empty.case(informed)["owner"]}
    changed = {e.subject: e.data["change"] for e in empty.recorded("case.changed")}
    assert changed.keys() == {home.subject, informed.subject}, "the newest of each"
    assert [(c["kinds"], c["reason"]) for c in changed.values()] == [(["assigned"], "staff_came")] * 2
    loads = {row["staff_id"]: row["cases"] for row in empty.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-1": 1, "worker-2": 1, "officer": 1, "nurse": 1, "police": 1}
    assert empty.do(assign_waiting) == 0 and empty.audit()["balanced"]


# -- staff who come and leave -----------------------------------------------------------------------------


def test_the_newest_version_of_a_place_or_staff_member_wins_whatever_the_order(empty: Trial):
    versions = [staff("w", "grid_worker", GRID, v, active=v < 4, person=f"sealed-{v}") for v in range(1, 6)]
    places = [place("p", None, "grid", v, name=f"name {v}") for v in range(1, 6)]
    for seed in range(4):
        rng = random.Random(seed)
        for shuffled in (rng.sample(versions, 5), rng.sample(places, 5)):
            use_case = STAFF.keep if shuffled[0].type == "staff.changed" else PLACES.keep
            for batch in (shuffled[:2], shuffled[2:3], shuffled[3:] + shuffled[:1]):
                empty.do(use_case, batch)
    (kept,) = empty.rows(t.staff)
    assert (kept["version"], kept["active"], kept["person"]) == (5, False, "sealed-5")
    assert [row["name"] for row in empty.rows(t.places)] == ["name 5"]


def test_a_worker_who_has_left_gets_no_new_case(isolation: Trial):
    isolation.follow(arrival())
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    isolation.follow(*(arrival() for _ in range(4)))
    assert Counter(case["owner"] for case in isolation.rows(t.cases)) == {"worker-1": 1, "worker-2": 4}


def test_cases_of_staff_who_left_are_handed_over_and_case_changed_says_so(isolation: Trial):
    isolation.follow(*(arrival(level="medium") for _ in range(6)))
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    isolation.do(STAFF.keep, [staff("nurse", "health_worker", COMMUNITY, 2, active=False)])
    while isolation.do(hand_over):
        pass
    assert {case["owner"] for case in isolation.rows(t.cases)} == {"worker-2"}
    assert {task["staff_id"] for task in isolation.rows(t.tasks)} == {"worker-2", "officer"}
    told = isolation.recorded("case.changed")
    changed = [e.data["change"] for e in told if "assigned" in e.data["change"]["kinds"]]
    assert [(c["kinds"], c["reason"]) for c in changed] == [(["assigned"], "staff_left")] * 3
    others = [e.data["change"] for e in told if e.data["change"] not in changed]
    assert [(c["kinds"], c["reason"]) for c in others] == [(["details"], "staff_left")] * 3, "of the nurse"
    last = {e.subject: e for e in told}
    for case in isolation.rows(t.cases):
        told_last = last[case["case_id"]]
        assert told_last.version == case["version"]
        assert [[m["role"], m["staff_id"]] for m in told_last.data["team"]] == case["team"]
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-2": 6, "officer": 6, "police": 6}
    assert isolation.audit()["balanced"]


def test_when_the_last_has_left_the_case_waits_with_a_clock(empty: Trial):
    empty.with_policies().with_neighbourhood([("worker-1", "grid_worker", GRID)])
    came = arrival(level="none")
    empty.follow(came)
    empty.clock.advance(hours=3)
    empty.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    assert empty.do(hand_over) == 1
    assert empty.case(came)["unassigned_since"] == empty.clock.moment and empty.case(came)["owner"] is None
    assert empty.do(hand_over) == 0
    empty.do(STAFF.keep, [staff("worker-9", "grid_worker", GRID)])
    empty.until_done(assign_waiting)
    assert empty.case(came)["owner"] == "worker-9" and empty.tasks(came)[0]["staff_id"] == "worker-9"
    assert empty.audit()["balanced"]


# -- registration gives whom it sent a successor too ------------------------------------------------------


def sends(came: Event, worker: str, **changed: Any) -> Event:
    changed |= {"level": "medium", "worker": worker, "why": ["details_added"]}
    return arrival(came.subject, version=2, **changed)


def leaves(isolation: Trial, staff_id: str, version: int = 2) -> None:
    isolation.do(STAFF.keep, [staff(staff_id, "grid_worker", GRID, version, active=False)])


def assigned(isolation: Trial) -> list[str]:
    """Owners of whom was told that they have a case now."""
    told = isolation.recorded("case.changed")
    return [e.data["team"][0]["staff_id"] for e in told if "assigned" in e.data["change"]["kinds"]]


def test_a_successor_keeps_the_case_whichever_worker_registration_names(isolation: Trial):
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", GRID)])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    leaves(isolation, "worker-1")
    isolation.until_done(hand_over)
    isolation.follow(sends(came, "worker-3"))
    assert isolation.case(came)["owner"] == "worker-2" and assigned(isolation) == ["worker-2"]
    leaves(isolation, "worker-2")
    isolation.until_done(hand_over)
    assert isolation.case(came)["owner"] == "worker-3", "the one who was sent is the next"
    assert isolation.audit()["balanced"]


def test_registrations_worker_gets_the_case_of_a_left_one_if_nobody_took_over(isolation: Trial):
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", GRID)])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    leaves(isolation, "worker-1")
    isolation.follow(sends(came, "worker-3"))
    assert isolation.until_done(hand_over) == 0
    assert isolation.case(came)["owner"] == "worker-3" and assigned(isolation) == ["worker-3"]


def test_the_worker_of_a_case_that_waited_keeps_it_whichever_one_registration_names(empty: Trial):
    empty.with_policies().with_neighbourhood(people=())
    came = arrival(level="medium")
    empty.follow(came)
    empty.do(STAFF.keep, [staff(f"worker-{n}", "grid_worker", GRID) for n in (1, 2)])
    empty.until_done(assign_waiting)
    empty.follow(sends(came, "worker-2"))
    assert empty.case(came)["owner"] == "worker-1" and assigned(empty) == ["worker-1"]


@pytest.mark.parametrize("elsewhere", [{}, {"grid": "g-2"}])
def test_a_case_moves_where_registration_sends_another_though_the_first_is_there(
    isolation: Trial, elsewhere: dict[str, str]
):
    """The doorstep turned out to lie in another grid, or in one that only now has somebody of its own."""
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", "g-2")])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    isolation.follow(sends(came, "worker-3", destination=elsewhere))
    assert isolation.case(came)["owner"] == "worker-3" and assigned(isolation) == ["worker-3"]


def test_a_case_moves_with_its_doorstep_though_somebody_took_over_at_the_old_one(isolation: Trial):
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", "g-2")])
    came = arrival(level="medium", worker="worker-1")
    isolation.follow(came)
    leaves(isolation, "worker-1")
    isolation.until_done(hand_over)
    isolation.follow(sends(came, "worker-3", destination={"grid": "g-2"}))
    assert isolation.case(came)["owner"] == "worker-3"
    assert isolation.audit()["balanced"]


def test_cases_of_somebody_who_left_are_found_piece_by_piece(
    isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chassis.walks.PIECE", 4)
    arrivals = [arrival() for _ in range(30)]
    isolation.follow(*arrivals)
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    isolation.until_done(hand_over)
    assert not any("worker-1" in str(row["team"]) for row in isolation.rows(t.cases))
    assert [row["cases"] for row in isolation.rows(t.staff_load) if row["staff_id"] == "worker-1"] == [0]
    assert isolation.rows(TABLES["walks"]) == []
