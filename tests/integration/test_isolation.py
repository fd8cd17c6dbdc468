"""Isolation's use cases and timers on real databases: nobody forgotten, whatever comes when and how often."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from chassis.errors import Wrong
from chassis.ids import new_id
from chassis.unit_of_work import TABLES
from contracts.envelope import Event
from services.isolation import policy_documents
from services.isolation import tables as t
from services.isolation.policy_documents import PolicyErrors
from services.isolation.queries import stream_case_ids, stream_waiting_for_policy
from services.isolation.usecases import timers
from services.isolation.usecases.call_them import call_them
from services.isolation.usecases.follow_arrivals import follow_arrivals
from services.isolation.usecases.import_policy import import_policy
from services.isolation.usecases.keep_copies import keep_places, keep_staff
from tests.integration.isolation_trial import (
    CHINA,
    COMMUNITY,
    DISTRICT,
    GRID,
    MORNING,
    STAFF,
    STREET,
    Trial,
    arrival,
    china,
    place,
    prepare,
    staff,
    trial,
    undeliverable,
)

DOCUMENTS = {document["policy_id"]: document for document in policy_documents.shipped()}


@pytest.fixture
def isolation(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", prepare)) as found:
        yield found.with_policies().with_neighbourhood()


@pytest.fixture
def empty(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", prepare)) as found:
        yield found


@pytest.fixture
def on_postgresql(postgresql_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(postgresql_url("isolation", prepare)) as found:
        yield found.with_policies().with_neighbourhood()


def kinds(tasks: Sequence[dict[str, Any]]) -> list[str]:
    return [task["kind"] for task in tasks]


# -- opening -----------------------------------------------------------------------------------------------


def test_an_arrival_from_a_high_risk_area_opens_a_case_of_the_ninth_edition(isolation: Trial):
    came = arrival(worker="worker-2")
    isolation.follow(came)
    case = isolation.trace(came.subject or "")["case"]
    assert (case["measure"], case["days"], case["test_days"]) == ("central_isolation", 7, [1, 2, 3, 5, 7])
    assert (case["counted_from"], case["release_on"]) == (date(2022, 9, 30), date(2022, 10, 7))
    assert case["policy"]["edition"] == "ninth edition (2022-06)"
    assert case["owner"] == "worker-2"
    assert [m["role"] for m in case["team"]] == [
        *("grid_worker", "community_officer", "health_worker", "police")
    ]
    tasks = isolation.tasks(came)
    assert {"first_contact", "signed_notice", "escort_to_site", "check_in", "test"} == set(kinds(tasks))
    assert all(task["staff_id"] for task in tasks) and len(tasks) == case["tasks_planned"]
    assert isolation.audit()["balanced"]


def test_the_case_is_told_with_the_sealed_person_and_contacts_passed_through(isolation: Trial):
    came = arrival()
    isolation.follow(came)
    (opened,) = isolation.told("case.opened")
    (planned,) = isolation.told("task.planned")
    assert opened.id == f"case.opened:{came.subject}:1" and opened.correlationid == came.correlationid
    assert opened.data["person"] == "sealed-1"
    assert opened.data["team"][0] == {
        "role": "grid_worker",
        "staff_id": "worker-1",
        "contact": "sealed-worker-1",
    }
    assert opened.data["assigned"] and opened.data["tasks_planned"] == len(planned.data["tasks"])
    today = {task["due_from"].astimezone(CHINA).date() for task in opened.data["today"]}
    assert today == {date(2022, 10, 1)}


def test_an_arrival_from_nowhere_risky_gets_a_case_with_one_task(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    assert isolation.case(came)["measure"] == "inform_only"
    assert kinds(isolation.tasks(came)) == ["inform"]


def test_cases_are_shared_out_evenly_and_loads_are_counted(isolation: Trial):
    for size in (7, 1, 12):
        isolation.follow(*(arrival(level="medium") for _ in range(size)))
    assert Counter(case["owner"] for case in isolation.rows(t.cases)) == {"worker-1": 10, "worker-2": 10}
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load)}
    assert loads == {
        **{"worker-1": 10, "worker-2": 10, "officer": 20, "nurse": 20, "police": 20},
        **{"street": 0, "district": 0},
    }


# -- reassessment, order, repetition ------------------------------------------------------------------------


def test_a_later_report_of_a_risky_stop_makes_the_case_stricter(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    isolation.clock.advance(hours=2)
    isolation.follow(arrival(came.subject, version=2, at=isolation.clock.moment))
    case = isolation.case(came)
    assert case["measure"] == "central_isolation" and case["version"] == 2
    assert "inform" not in kinds(isolation.tasks(came, "due"))
    assert kinds(isolation.tasks(came, "cancelled")) == ["inform"], "history stays"
    contact = next(task for task in isolation.tasks(came, "due") if task["kind"] == "first_contact")
    assert contact["due_by"] == MORNING + timedelta(hours=4)
    (changed,) = isolation.told("case.changed")
    assert changed.data["change"] == {
        "kinds": ["stricter"],
        "previous_measure": "inform_only",
        "reason": "stop_added",
    }
    assert isolation.trace(came.subject or "")["history"][-1]["measure"] == [
        "inform_only",
        "central_isolation",
    ]
    assert isolation.audit()["balanced"]


def test_a_laxer_assessment_after_a_stricter_one_and_back_revives_the_tasks(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    before = [(task["task_id"], task["kind"]) for task in isolation.tasks(came)]
    isolation.follow(arrival(came.subject, version=2, level="none"))
    assert kinds(isolation.tasks(came, "due")) == ["inform"]
    isolation.follow(arrival(came.subject, version=3, level="medium"))
    assert [(task["task_id"], task["kind"]) for task in isolation.tasks(came, "due")] == before
    assert isolation.case(came)["tasks_planned"] == len(before) + 1
    assert [e.data["change"]["kinds"] for e in isolation.told("case.changed")] == [["laxer"], ["stricter"]]
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-1": 1, "officer": 1, "nurse": 1, "police": 1}


def test_a_reassessment_that_asks_nothing_else_of_the_resident_is_not_told_to_him(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(arrival(came.subject, version=2, level="medium", at=MORNING + timedelta(minutes=3)))
    isolation.follow(came)
    assert not isolation.told("case.changed")
    contact = next(task for task in isolation.tasks(came, "due") if task["kind"] == "first_contact")
    assert contact["due_by"] == MORNING + timedelta(hours=2)
    assert [line["what"] for line in isolation.trace(came.subject or "")["history"]] == [
        "opened",
        "looked_at",
    ]


def test_a_new_phone_number_is_told_though_nothing_else_changed(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.follow(arrival(came.subject, version=2, level="medium", why=["details_added"]))
    (changed,) = isolation.told("case.changed")
    assert changed.data["change"]["kinds"] == ["details"] and changed.data["person"] == "sealed-2"


def test_a_task_that_is_wanted_again_goes_on_climbing_where_it_was(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    isolation.clock.advance(hours=24)
    isolation.until_done(timers.find_overdue)
    isolation.follow(arrival(came.subject, version=2, level="low"))
    isolation.follow(arrival(came.subject, version=3, level="none"))
    isolation.clock.advance(hours=1)
    isolation.until_done(timers.find_overdue)
    inform = [e for e in isolation.told("task.overdue") if e.data["kind"] == "inform"]
    assert [(e.version, e.data["tell"]["level"]) for e in inform] == [(1, "worker"), (2, "community")]


def close(isolation: Trial, case_id: str | None, state: str) -> None:
    with isolation.database.begin() as conn:
        conn.execute(
            update(t.cases)
            .where(t.cases.c.case_id == case_id)
            .values(state=state, closed_at=MORNING, plan_next=None)
        )


def test_a_cancelled_case_stays_closed_and_what_comes_later_is_noted(isolation: Trial):
    came = arrival(level="low")
    isolation.follow(came)
    close(isolation, came.subject, "cancelled")
    before = isolation.tasks(came)
    isolation.follow(arrival(came.subject, version=2, level="high"))
    case = isolation.case(came)
    assert (case["state"], case["measure"], case["plan_next"]) == ("cancelled", "health_monitoring", None)
    assert isolation.tasks(came) == before and not isolation.told("case.changed")
    assert isolation.trace(came.subject or "")["history"][-1]["what"] == "noted_after_the_end"


def test_a_released_case_is_opened_again_when_a_stricter_measure_still_has_days_to_run(isolation: Trial):
    came = arrival(level="low")
    isolation.follow(came)
    close(isolation, came.subject, "released")
    isolation.follow(arrival(came.subject, version=2, level="high"))
    case = isolation.case(came)
    assert (case["state"], case["closed_at"], case["measure"]) == ("open", None, "central_isolation")
    assert case["plan_next"] and isolation.audit()["balanced"]


def test_an_arrival_that_goes_elsewhere_gets_the_team_of_that_place(isolation: Trial):
    isolation.do(keep_places, [place("c-2", STREET, "community"), place("g-2", "c-2", "grid")])
    isolation.do(keep_staff, [staff("worker-3", "grid_worker", "g-2")])
    came = arrival(level="medium")
    isolation.follow(came)
    moved = {"community": "c-2", "grid": "g-2"}
    isolation.follow(
        arrival(came.subject, version=2, level="medium", destination=moved, why=["details_added"])
    )
    assert isolation.case(came)["team"] == [["grid_worker", "worker-3"], ["police", "police"]]
    assert {task["staff_id"] for task in isolation.tasks(came, "due")} == {"worker-3"}
    (changed,) = isolation.told("case.changed")
    assert changed.data["change"]["kinds"] == ["assigned", "details"]
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-3": 1, "police": 1}


def test_the_same_event_ten_times_is_one_case(isolation: Trial):
    came = arrival()
    for _ in range(5):
        isolation.follow(came, came)
    assert len(isolation.rows(t.cases)) == 1
    assert len(isolation.told("case.opened")) == 1 and not isolation.told("case.changed")
    assert isolation.audit()["balanced"]


def standing_of(isolation: Trial) -> dict[str, Any]:
    """What must not depend on the order of events: cases and live tasks, but for who of equals has them."""
    same = (
        *("case_id", "arrival_version", "state", "measure", "days", "counted_from", "release_on"),
        *("risk_level", "policy_id", "chapters", "arrived_at", "person", "community", "planned_until"),
        *("plan_next", "unassigned_since"),
    )
    live: dict[str, list[Any]] = {}
    for task in isolation.rows(t.tasks):
        if task["state"] in ("due", "missed"):
            live.setdefault(task["case_id"], []).append(
                (task["kind"], task["due_from"], task["due_by"], task["day"], task["role"])
            )
    return {
        case["case_id"]: (
            [case[name] for name in same],
            [role for role, _ in case["team"]],
            sorted(live.get(case["case_id"], [])),
        )
        for case in isolation.rows(t.cases)
    }


def a_day_of_arrivals(seed: int, arrivals: int = 25) -> list[Event]:
    """Each arrival in one to four versions, hours apart, with any risk."""
    rng = random.Random(seed)
    events = []
    for _ in range(arrivals):
        arrival_id = new_id()
        moment = MORNING + timedelta(minutes=rng.randrange(600))
        for version in range(1, rng.choice((1, 1, 2, 2, 3, 4)) + 1):
            events.append(
                arrival(
                    arrival_id,
                    version=version,
                    level=rng.choice(("none", "low", "medium", "high")),
                    left_on=rng.choice((None, date(2022, 9, 30), date(2022, 9, 27), date(2022, 9, 20))),
                    at=moment,
                    destination=rng.choice(({}, {"grid": None}, {"community": None, "grid": None})),
                )
            )
            moment += timedelta(minutes=rng.randrange(1, 400))
    return events


def batches(events: Sequence[Event], rng: random.Random) -> Iterator[list[Event]]:
    found = list(events)
    while found:
        size = rng.randint(1, 20)
        yield found[:size]
        found = found[size:]


@pytest.mark.parametrize("seed", range(3))
def test_events_in_any_order_and_repeated_give_the_same_cases_and_tasks(
    database_url: Callable[..., str], seed: int
):
    events = a_day_of_arrivals(seed)
    rng = random.Random(seed)
    found = []
    for shuffled in (False, True, True):
        with trial(database_url("isolation", prepare)) as isolation:
            isolation.with_policies().with_neighbourhood()
            isolation.clock.moment = china("2022-10-02 09:30")
            given = list(events)
            if shuffled:
                given += rng.sample(events, len(events) // 3)
                rng.shuffle(given)
            for batch in batches(given, rng):
                isolation.follow(*batch)
            assert isolation.audit()["balanced"]
            found.append(standing_of(isolation))
    assert found[0] == found[1] == found[2]


# -- without staff, without a policy ------------------------------------------------------------------------


def test_a_case_without_staff_waits_with_a_clock_and_is_assigned_when_somebody_comes(empty: Trial):
    empty.with_policies().with_neighbourhood(people=())
    came = arrival(level="medium")
    empty.follow(came)
    assert not empty.told("case.opened")[0].data["assigned"]
    assert empty.case(came)["unassigned_since"] == MORNING and empty.audit()["unassigned"] == 1
    empty.do(keep_staff, [staff("far", "grid_worker", "another-grid")])
    empty.run_timers()
    assert not empty.told("case.changed")

    empty.clock.advance(hours=1)
    empty.do(keep_staff, [staff(*one) for one in STAFF])
    assert empty.until_done(timers.assign_waiting) == 1
    case = empty.case(came)
    assert case["owner"] == "worker-1" and case["unassigned_since"] is None
    assert all(task["staff_id"] for task in empty.tasks(came))
    (changed,) = empty.told("case.changed")
    assert changed.data["change"]["kinds"] == ["assigned"] and changed.data["assigned"]
    assert changed.correlationid == came.correlationid
    assert empty.do(timers.assign_waiting) == 0
    assert empty.audit()["balanced"]


def test_where_only_the_community_has_staff_its_officer_answers_for_every_case(empty: Trial):
    empty.with_policies().with_neighbourhood([("officer", "community_officer", COMMUNITY)])
    came = arrival(level="none")
    empty.follow(came)
    assert empty.case(came)["team"] == [["community_officer", "officer"]]


def test_a_thin_team_is_filled_when_staff_come_and_who_stood_in_gives_the_case_up(empty: Trial):
    empty.with_policies().with_neighbourhood([("officer", "community_officer", COMMUNITY)])
    home, informed = arrival(level="medium"), arrival(level="none")
    empty.follow(home, informed)
    assert [empty.case(one)["team"] for one in (home, informed)] == [[["community_officer", "officer"]]] * 2
    empty.do(keep_staff, [staff("far", "grid_worker", "another-grid")])
    empty.run_timers()
    assert not empty.told("case.changed") and empty.do(timers.assign_waiting) == 0

    empty.do(keep_staff, [staff("nurse", "health_worker", COMMUNITY)])
    empty.run_timers()
    assert empty.case(home)["team"] == [["community_officer", "officer"], ["health_worker", "nurse"]]
    assert {x["staff_id"] for x in empty.tasks(home) if x["role"] == "health_worker"} == {"nurse"}
    assert not empty.told("case.changed"), "the owner is the same"

    empty.do(keep_staff, [staff(*one) for one in STAFF])
    empty.run_timers()
    assert [role for role, _ in empty.case(home)["team"]] == [
        *("grid_worker", "community_officer", "health_worker", "police")
    ]
    assert [role for role, _ in empty.case(informed)["team"]] == ["grid_worker"]
    assert {x["staff_id"] for x in empty.tasks(informed)} == {empty.case(informed)["owner"]}
    changed = {e.subject: e.data["change"] for e in empty.told("case.changed")}
    assert changed.keys() == {home.subject, informed.subject}
    assert [(c["kinds"], c["reason"]) for c in changed.values()] == [(["assigned"], "staff_came")] * 2
    loads = {row["staff_id"]: row["cases"] for row in empty.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-1": 1, "worker-2": 1, "officer": 1, "nurse": 1, "police": 1}
    assert empty.do(timers.assign_waiting) == 0 and empty.audit()["balanced"]


def test_an_arrival_before_any_policy_waits_on_record_and_gets_its_case_when_one_is_imported(empty: Trial):
    empty.with_neighbourhood()
    came = arrival(level="none")
    raised = arrival(came.subject, version=2, at=MORNING + timedelta(minutes=5))
    empty.follow(raised)
    empty.follow(came)
    assert not empty.rows(t.cases) and empty.audit()["waiting_for_policy"] == 1
    assert [row["version"] for row in empty.trace(came.subject or "")["waiting_for_policy"]] == [1, 2]
    with empty.database.read() as conn:
        assert list(stream_waiting_for_policy(conn)) == [came.subject]
    assert empty.until_done(timers.open_waiting) == 0
    empty.clock.advance(minutes=30)
    empty.with_policies("cn-2022-06")
    assert empty.until_done(timers.open_waiting) == 2
    assert empty.case(came)["measure"] == "central_isolation"
    assert not empty.rows(t.waiting_for_policy) and empty.audit()["balanced"]
    assert empty.told("case.opened")[0].correlationid == came.correlationid


def test_a_policy_for_another_place_does_not_end_the_wait(empty: Trial):
    empty.follow(arrival())
    elsewhere = {**DOCUMENTS["cn-2022-06"], "policy_id": "beijing", "places": ["11"]}
    empty.do(import_policy, elsewhere)
    assert empty.until_done(timers.open_waiting) == 1
    assert empty.audit()["waiting_for_policy"] == 1 and not empty.rows(t.cases)


# -- policies ----------------------------------------------------------------------------------------------


def test_a_policy_is_published_once_and_again_only_when_its_text_changes(empty: Trial):
    document = DOCUMENTS["cn-2022-06"]
    assert empty.do(import_policy, document).new
    assert not empty.do(import_policy, document).new
    corrected = {**document, "remarks": ["corrected"]}
    assert empty.do(import_policy, corrected).version == 2
    told = empty.told("policy.published")
    assert [(e.subject, e.version) for e in told] == [("cn-2022-06", 1), ("cn-2022-06", 2)]
    assert told[0].data["document"] == document and "71号" in told[0].data["source"]


def test_of_a_policy_with_errors_nothing_is_stored(empty: Trial):
    with pytest.raises(PolicyErrors) as caught:
        empty.do(import_policy, {**DOCUMENTS["cn-2022-06"], "places": ["x"], "valid_from": "soon"})
    assert {where for where, _ in caught.value.errors} == {"places[0]", "valid_from"}
    assert not empty.rows(t.policies) and not empty.rows(TABLES["outbox"])


def test_a_policy_that_says_so_plans_open_cases_anew_from_today(isolation: Trial):
    isolation.clock.moment = at = china("2022-11-09 07:00")
    came = arrival(at=at, arrived_at=at, left_on=date(2022, 11, 9))
    informed = arrival(level="none", at=at, arrived_at=at)
    isolation.follow(came, informed)
    isolation.clock.moment = china("2022-11-11 00:01")
    isolation.run_timers()
    case = isolation.case(came)
    assert (case["measure"], case["policy_id"]) == ("home_isolation", "cn-2022-11")
    assert case["release_on"] == date(2022, 11, 16), "days served count"
    changed = {e.subject: e.data["change"]["kinds"] for e in isolation.told("case.changed")}
    assert changed == {came.subject: ["laxer"]}
    past = [task for task in isolation.tasks(came) if task["due_by"] < china("2022-11-11 00:00")]
    assert {task["state"] for task in past if task["kind"] in ("check_in", "test")} == {"missed"}
    live = [task for task in isolation.tasks(came, "due") if task["due_from"] >= isolation.clock.moment]
    assert {"supplies", "first_contact", "signed_notice"} <= set(kinds(live))
    assert isolation.do(timers.apply_policies) == 0
    assert isolation.audit()["balanced"]


def test_a_policy_that_does_not_say_so_leaves_open_cases_alone(isolation: Trial):
    came = arrival()
    isolation.follow(came)
    before = isolation.tasks(came)
    stricter = {**DOCUMENTS["cn-2022-11"], "policy_id": "new", "valid_from": "2022-10-01"}
    isolation.do(import_policy, {**stricter, "applies_to_open_cases": False})
    isolation.until_done(timers.apply_policies)
    assert isolation.tasks(came) == before and isolation.case(came)["policy_id"] == "cn-2022-06"
    later = arrival()
    isolation.follow(later)
    assert isolation.case(later)["policy_id"] == "new"


def test_an_arrival_of_the_last_evening_handled_after_midnight_comes_under_the_new_policy(isolation: Trial):
    evening = china("2022-11-10 23:59:50")
    isolation.clock.moment = china("2022-11-11 00:00:05")
    came = arrival(at=evening, arrived_at=evening, left_on=date(2022, 11, 10))
    isolation.follow(came)
    assert isolation.case(came)["policy_id"] == "cn-2022-06", "the policy in force at the event's time"
    isolation.run_timers()
    assert (isolation.case(came)["policy_id"], isolation.case(came)["measure"]) == (
        *("cn-2022-11", "home_isolation"),
    )
    assert isolation.do(timers.apply_policies) == 0 and isolation.audit()["balanced"]


def test_who_leaves_before_a_new_policy_is_applied_does_not_keep_the_case_from_it(isolation: Trial):
    isolation.clock.moment = at = china("2022-11-10 07:00")
    came = arrival(at=at, arrived_at=at, left_on=date(2022, 11, 10))
    isolation.follow(came)
    isolation.clock.moment = china("2022-11-11 00:01")
    isolation.do(keep_staff, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    assert isolation.do(timers.hand_over) == 1
    isolation.run_timers()
    case = isolation.case(came)
    assert (case["owner"], case["policy_id"]) == ("worker-2", "cn-2022-11")


def monitored_for(days: int, *, applies: bool = True) -> dict[str, Any]:
    """A policy with so many days of health monitoring for who comes from a low-risk area."""
    document = DOCUMENTS["cn-2022-06"]
    low = {**document["levels"]["low"], "days": days}
    return {
        **document,
        **{"policy_id": "corrected", "valid_from": "2022-10-01", "applies_to_open_cases": applies},
        "levels": {**document["levels"], "low": low},
    }


def visits(isolation: Trial, came: Event, *states: str) -> list[date]:
    """The days on which the measure is to end."""
    tasks = isolation.tasks(came, *states)
    return [x["due_from"].astimezone(CHINA).date() for x in tasks if x["kind"] == "closing_call"]


def test_a_corrected_policy_reaches_the_cases_that_are_under_it(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came, informed = arrival(level="low"), arrival(level="none")
    isolation.follow(came, informed)
    isolation.clock.advance(days=2)
    isolation.run_timers()
    isolation.do(import_policy, monitored_for(7))
    isolation.run_timers()
    case = isolation.case(came)
    assert (case["days"], case["release_on"]) == (7, date(2022, 10, 8))
    (changed,) = isolation.told("case.changed")
    assert changed.subject == came.subject and changed.data["change"]["kinds"] == ["stricter"]
    assert (changed.data["days"], changed.data["release_on"]) == (7, date(2022, 10, 8))
    assert isolation.do(timers.apply_policies) == 0
    for _ in range(5):
        isolation.clock.advance(days=1)
        isolation.run_timers()
    assert visits(isolation, came) == [date(2022, 10, 8)] and isolation.audit()["balanced"]


def test_a_correction_on_the_last_day_goes_on_with_the_days_that_were_missing(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.advance(days=5)
    isolation.run_timers()
    assert isolation.case(came)["plan_next"] is None
    isolation.do(import_policy, monitored_for(7))
    isolation.run_timers()
    assert visits(isolation, came, "cancelled") == [date(2022, 10, 6)]
    isolation.clock.advance(days=1)
    isolation.run_timers()
    assert visits(isolation, came, "due") == [date(2022, 10, 8)] and isolation.audit()["balanced"]


@pytest.mark.parametrize("applies", [True, False])
def test_a_correction_to_fewer_days_than_were_served_ends_the_measure_now(isolation: Trial, applies: bool):
    isolation.do(import_policy, monitored_for(7, applies=applies))
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.advance(days=6)
    isolation.run_timers()
    isolation.do(import_policy, monitored_for(5, applies=applies))
    isolation.run_timers()
    assert isolation.case(came)["release_on"] == date(2022, 10, 6)
    assert visits(isolation, came, "due") == [date(2022, 10, 7)]
    assert [e.data["change"]["kinds"] for e in isolation.told("case.changed")] == [["laxer"]]
    assert isolation.do(timers.apply_policies) == 0 and isolation.audit()["balanced"]


def test_a_policy_corrected_to_apply_to_open_cases_reaches_those_that_met_it_before(isolation: Trial):
    came = arrival(level="low")
    isolation.follow(came)
    isolation.do(import_policy, monitored_for(5, applies=False))
    isolation.follow(arrival(came.subject, version=2, level="low"))
    isolation.run_timers()
    assert isolation.case(came)["policy_id"] == "cn-2022-06"
    isolation.do(import_policy, monitored_for(5))
    isolation.run_timers()
    assert (isolation.case(came)["policy_id"], isolation.case(came)["days"]) == ("corrected", 5)


def test_a_correction_that_asks_for_nothing_else_is_told_to_nobody(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.advance(days=4)
    isolation.run_timers()
    before = isolation.tasks(came)
    isolation.do(import_policy, {**monitored_for(5), "remarks": ["a word was misspelt"]})
    isolation.run_timers()
    assert isolation.tasks(came) == before and not isolation.told("case.changed")


# -- by the clock ------------------------------------------------------------------------------------------


def test_each_day_is_planned_once_and_missed_days_are_made_up_for(database_url: Callable[..., str]):
    came = [arrival(level=level) for level in ("none", "low", "medium", "high")]
    came.append(arrival(level="medium", arrived_at=MORNING + timedelta(days=3)))
    found = []
    for days in (range(1, 16), (4, 4, 5, 9, 15), (15,)):
        with trial(database_url("isolation", prepare)) as isolation:
            isolation.with_policies().with_neighbourhood()
            isolation.follow(*came)
            for day in days:
                isolation.clock.moment = MORNING + timedelta(days=day)
                isolation.until_done(timers.plan_next_day)
                assert isolation.do(timers.plan_next_day) == 0
            assert isolation.audit()["balanced"]
            assert not [case for case in isolation.rows(t.cases) if case["plan_next"]]
            found.append({key: value[2] for key, value in standing_of(isolation).items()})
    assert found[0] == found[1] == found[2]
    tests = [task for task in found[0][came[3].subject] if task[0] == "test"]
    assert sorted(day for _, _, _, day, _ in tests) == [1, 2, 3, 5, 7]


def test_an_overdue_task_is_told_once_a_step_up_the_ladder(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    for hours, told in (
        (23.9, 0),
        (24, 1),
        (24.9, 1),
        (25, 2),
        (27.9, 2),
        (28, 3),
        (36, 4),
        (59.9, 4),
        (60, 5),
    ):
        isolation.clock.moment = MORNING + timedelta(hours=hours)
        isolation.until_done(timers.find_overdue)
        isolation.until_done(timers.find_overdue)
        assert [e.version for e in isolation.told("task.overdue")] == list(range(1, told + 1)), hours
    overdue = isolation.told("task.overdue")
    assert [e.data["tell"]["level"] for e in overdue] == [
        *("worker", "community", "street", "district", "district")
    ]
    assert [[s["staff_id"] for s in e.data["tell"]["staff"]] for e in overdue] == [
        *(["worker-1"], ["officer"], ["street"], ["district"], ["district"])
    ]
    assert [e.data["tell"]["place"] for e in overdue] == [GRID, COMMUNITY, STREET, DISTRICT, DISTRICT]
    assert overdue[0].data["tell"]["staff"][0]["contact"] == "sealed-worker-1"
    assert overdue[0].correlationid == came.correlationid
    assert isolation.tasks(came)[0]["state"] == "missed" and isolation.tasks(came)[0]["told"] == 5


def test_a_step_whose_level_has_nobody_is_told_to_the_next_level_that_has(empty: Trial):
    empty.with_policies().with_neighbourhood([("street", "street_officer", STREET)])
    empty.follow(arrival(level="none"))
    empty.clock.advance(hours=24)
    empty.until_done(timers.find_overdue)
    (overdue,) = empty.told("task.overdue")
    assert overdue.data["tell"]["level"] == "street" and overdue.data["step"] == 1


def test_where_the_top_of_the_ladder_has_nobody_whoever_is_highest_goes_on_being_told(empty: Trial):
    empty.with_policies().with_neighbourhood([who for who in STAFF if who[0] != "district"])
    empty.follow(arrival(level="none"))
    for hours in (24, 25, 28, 36, 60):
        empty.clock.moment = MORNING + timedelta(hours=hours)
        empty.until_done(timers.find_overdue)
    told = [(e.data["tell"]["level"], e.data["tell"]["place"]) for e in empty.told("task.overdue")]
    assert told == [("worker", GRID), ("community", COMMUNITY)] + [("street", STREET)] * 3
    assert [[s["staff_id"] for s in e.data["tell"]["staff"]] for e in empty.told("task.overdue")[2:]] == [
        ["street"]
    ] * 3


def test_an_overdue_task_that_nobody_can_be_told_of_is_counted_as_such(empty: Trial):
    empty.with_policies().with_neighbourhood(people=())
    came = arrival(level="none")
    empty.follow(came)
    empty.clock.advance(hours=24)
    empty.until_done(timers.find_overdue)
    (overdue,) = empty.told("task.overdue")
    assert (overdue.data["tell"]["level"], overdue.data["tell"]["staff"]) == ("worker", [])
    assert empty.tasks(came)[0]["told_level"] == "nobody"
    empty.do(keep_staff, [staff("street", "street_officer", STREET)])
    empty.clock.advance(hours=1)
    empty.until_done(timers.find_overdue)
    assert empty.tasks(came)[0]["told_level"] == "street"


def test_after_a_long_absence_every_step_is_still_told_once(isolation: Trial):
    isolation.follow(*(arrival() for _ in range(3)))
    isolation.clock.advance(days=2)
    isolation.run_timers()
    isolation.run_timers()
    told = Counter((e.subject, e.version) for e in isolation.told("task.overdue"))
    assert set(told.values()) == {1}
    late = [x for x in isolation.rows(t.tasks) if x["due_by"] <= isolation.clock.moment]
    assert {subject for subject, _ in told} == {task["task_id"] for task in late}
    assert isolation.audit()["balanced"]


def test_what_was_done_or_overtaken_is_not_told(isolation: Trial):
    came, other = arrival(level="medium"), arrival(level="medium")
    isolation.follow(came, other)
    isolation.follow(arrival(came.subject, version=2, level="none"))
    with isolation.database.begin() as conn:
        conn.execute(
            update(t.tasks).where(t.tasks.c.case_id == other.subject).values(state="done", tell_at=None)
        )
    isolation.clock.advance(days=3)
    isolation.until_done(timers.find_overdue)
    assert {e.data["kind"] for e in isolation.told("task.overdue")} == {"inform"}


# -- messages that did not get through -----------------------------------------------------------------------


def test_a_message_that_cannot_be_delivered_becomes_one_task_to_call_them(isolation: Trial):
    came = arrival(level="medium", worker="worker-2")
    isolation.follow(came)
    failed = [undeliverable(came.subject or "", f"m-{n}", MORNING) for n in range(2)]
    to_staff = undeliverable(came.subject or "", "m-9", MORNING, kind="staff")
    isolation.do(call_them, [failed[0], to_staff])
    isolation.do(call_them, [*failed, failed[1]])
    calls = [task for task in isolation.tasks(came) if task["kind"] == "call_them"]
    assert [(task["about"], task["staff_id"]) for task in calls] == [("m-0", "worker-2"), ("m-1", "worker-2")]
    assert isolation.audit()["balanced"]
    isolation.follow(arrival(came.subject, version=2, level="none"))
    assert kinds(isolation.tasks(came, "due")) == ["call_them", "call_them", "inform"]


def test_a_message_to_staff_that_cannot_be_delivered_climbs_to_the_next_level_and_makes_no_task(
    isolation: Trial,
):
    came = arrival(level="medium")
    isolation.follow(came)
    planned = isolation.tasks(came)
    lost = [
        undeliverable(came.subject or "", f"m-{n}", MORNING, "staff", staff_id=who, role=role)
        for n, (who, role, _) in enumerate(STAFF)
    ]
    isolation.do(call_them, lost)
    climbed = [(e.subject, e.data["tell"]["level"], e.version) for e in isolation.told("task.overdue")]
    assert climbed == [
        ("m-0", "community", 2),
        ("m-1", "community", 2),
        ("m-2", "street", 3),
        ("m-3", "community", 2),
        ("m-4", "community", 2),
        ("m-5", "district", 4),
    ], "above the district there is nobody"
    first = isolation.told("task.overdue")[0]
    assert [member["staff_id"] for member in first.data["tell"]["staff"]] == ["officer"]
    assert (first.data["kind"], first.data["case_id"]) == ("message_to_staff", came.subject)
    assert isolation.tasks(came) == planned and isolation.audit()["balanced"]


def test_a_message_to_staff_climbs_past_a_level_that_has_nobody(empty: Trial):
    people = [who for who in STAFF if who[1] in ("grid_worker", "street_officer")]
    empty.with_policies().with_neighbourhood(people)
    came = arrival(level="none")
    empty.follow(came)
    given = {"staff_id": "worker-1", "role": "grid_worker"}
    empty.do(call_them, [undeliverable(came.subject or "", "m-1", MORNING, "staff", **given)])
    (told,) = empty.told("task.overdue")
    assert told.data["tell"]["level"] == "street"


def test_a_message_about_a_case_that_is_not_here_is_wrong(isolation: Trial):
    with pytest.raises(Wrong):
        isolation.do(call_them, [undeliverable(new_id(), "m-1", MORNING)])


# -- copies ------------------------------------------------------------------------------------------------


def test_the_newest_version_of_a_place_or_staff_member_wins_whatever_the_order(empty: Trial):
    versions = [staff("w", "grid_worker", GRID, v, active=v < 4, person=f"sealed-{v}") for v in range(1, 6)]
    places = [place("p", None, "grid", v, name=f"name {v}") for v in range(1, 6)]
    for seed in range(4):
        rng = random.Random(seed)
        for shuffled in (rng.sample(versions, 5), rng.sample(places, 5)):
            use_case = keep_staff if shuffled[0].type == "staff.changed" else keep_places
            for batch in (shuffled[:2], shuffled[2:3], shuffled[3:] + shuffled[:1]):
                empty.do(use_case, batch)
    (kept,) = empty.rows(t.staff)
    assert (kept["version"], kept["active"], kept["person"]) == (5, False, "sealed-5")
    assert [row["name"] for row in empty.rows(t.places)] == ["name 5"]


def test_who_has_left_gets_no_new_case(isolation: Trial):
    isolation.follow(arrival())
    isolation.do(keep_staff, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    isolation.follow(*(arrival() for _ in range(4)))
    assert Counter(case["owner"] for case in isolation.rows(t.cases)) == {"worker-1": 1, "worker-2": 4}


def test_the_cases_of_who_has_left_are_handed_over_and_that_is_told(isolation: Trial):
    isolation.follow(*(arrival(level="medium") for _ in range(6)))
    isolation.do(keep_staff, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    isolation.do(keep_staff, [staff("nurse", "health_worker", COMMUNITY, 2, active=False)])
    while isolation.do(timers.hand_over):
        pass
    assert {case["owner"] for case in isolation.rows(t.cases)} == {"worker-2"}
    assert {task["staff_id"] for task in isolation.rows(t.tasks)} == {"worker-2", "officer"}
    changed = [e.data["change"] for e in isolation.told("case.changed")]
    assert [(c["kinds"], c["reason"]) for c in changed] == [(["assigned"], "staff_left")] * 3
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-2": 6, "officer": 6, "police": 6}
    assert isolation.audit()["balanced"]


def test_when_the_last_has_left_the_case_waits_with_a_clock(empty: Trial):
    empty.with_policies().with_neighbourhood([("worker-1", "grid_worker", GRID)])
    came = arrival(level="none")
    empty.follow(came)
    empty.clock.advance(hours=3)
    empty.do(keep_staff, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    assert empty.do(timers.hand_over) == 1
    assert empty.case(came)["unassigned_since"] == empty.clock.moment and empty.case(came)["owner"] is None
    assert empty.do(timers.hand_over) == 0
    empty.do(keep_staff, [staff("worker-9", "grid_worker", GRID)])
    empty.until_done(timers.assign_waiting)
    assert empty.case(came)["owner"] == "worker-9" and empty.tasks(came)[0]["staff_id"] == "worker-9"
    assert empty.audit()["balanced"]


# -- audit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("table", "what"),
    [(t.tasks, "task_count"), (t.case_history, "history_count"), (t.cases, "task_without_case")],
)
def test_what_somebody_removed_by_hand_is_named_by_the_audit(isolation: Trial, table: Any, what: str):
    came = [arrival() for _ in range(3)]
    isolation.follow(*came)
    with isolation.database.begin() as conn:
        key = t.tasks.c.task_id if table is t.tasks else table.c.case_id
        one = conn.execute(select(key).where(table.c.case_id == came[1].subject).limit(1)).scalar_one()
        conn.execute(delete(table).where(key == one))
    audit = isolation.audit()
    assert not audit["balanced"]
    assert (what, [came[1].subject]) in [(p["what"], p["cases"]) for p in audit["problems"]]


def test_an_open_case_with_nothing_next_or_nobody_responsible_is_named(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))
        conn.execute(update(t.cases).values(owner=None))
    assert {p["what"] for p in isolation.audit()["problems"]} == {"nothing_next", "nobody_responsible"}


def test_a_case_whose_next_day_nobody_planned_is_named_once_its_last_task_is_done(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))
    assert isolation.audit()["balanced"]
    isolation.clock.advance(days=2)
    assert [p["what"] for p in isolation.audit()["problems"]] == ["nothing_next"]
    isolation.until_done(timers.plan_next_day)
    assert isolation.audit()["balanced"]


def test_case_ids_are_streamed_in_order(isolation: Trial):
    isolation.follow(*(arrival() for _ in range(30)))
    with isolation.database.read() as conn:
        found = list(stream_case_ids(conn, size=7))
    assert len(found) == 30 and found == sorted(found)


# -- several replicas ----------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(2))
def test_replicas_that_share_the_events_end_where_one_alone_ends(
    on_postgresql: Trial, postgresql_url: Callable[..., str], seed: int
):
    events = a_day_of_arrivals(seed, arrivals=120)
    rng = random.Random(seed)
    on_postgresql.clock.moment = china("2022-10-02 09:30")
    for batch in batches(events, rng):
        on_postgresql.follow(*batch)
    rng.shuffle(events)
    with trial(postgresql_url("isolation", prepare)) as shared:
        shared.with_policies().with_neighbourhood()
        shared.clock.moment = on_postgresql.clock.moment
        with ThreadPoolExecutor(3) as replicas:
            list(replicas.map(lambda batch: shared.follow(*batch), list(batches(events, rng))))
        assert standing_of(shared) == standing_of(on_postgresql)
        assert shared.audit()["balanced"]
        members = Counter(who for case in shared.rows(t.cases) for _, who in case["team"])
        assert members == {row["staff_id"]: row["cases"] for row in shared.rows(t.staff_load) if row["cases"]}
        assert len(shared.told("case.opened")) == len(shared.rows(t.cases)) == 120


@pytest.mark.postgresql
def test_two_replicas_opening_one_case_at_once_open_it_once(on_postgresql: Trial):
    came = arrival(level="none")
    raised = arrival(came.subject, version=2)
    neighbours = [arrival() for _ in range(3)]
    with ThreadPoolExecutor(1) as other:
        with on_postgresql.work.unit() as uow:
            follow_arrivals(uow, [came])
            waiting = other.submit(on_postgresql.follow, raised, *neighbours)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result(timeout=10)
    case = on_postgresql.case(came)
    assert (case["measure"], case["version"], case["arrival_version"]) == ("central_isolation", 2, 2)
    assert len(on_postgresql.told("case.opened")) == 4 and len(on_postgresql.told("case.changed")) == 1
    assert on_postgresql.audit()["balanced"]


@pytest.mark.postgresql
def test_timers_of_several_replicas_at_once_do_everything_once(on_postgresql: Trial, monkeypatch):
    monkeypatch.setattr(timers, "_CHUNK", 20)
    on_postgresql.follow(*(arrival(level=level) for level in ("low", "medium", "high") * 30))
    on_postgresql.clock.advance(days=1, hours=4)
    with ThreadPoolExecutor(4) as replicas:
        jobs = [timers.plan_next_day, timers.find_overdue] * 3
        list(replicas.map(on_postgresql.until_done, jobs))
    assert on_postgresql.audit()["balanced"]
    plans = Counter((e.subject, e.version) for e in on_postgresql.told("task.planned"))
    told = Counter((e.subject, e.version) for e in on_postgresql.told("task.overdue"))
    assert set(plans.values()) == set(told.values()) == {1}
    assert {case["planned_until"] for case in on_postgresql.rows(t.cases)} == {date(2022, 10, 3)}
    late = {x["task_id"] for x in on_postgresql.rows(t.tasks) if x["due_by"] <= on_postgresql.clock.moment}
    assert {subject for subject, _ in told} == late


@pytest.mark.postgresql
def test_events_and_timers_at_once_do_not_deadlock_and_balance(on_postgresql: Trial, monkeypatch):
    monkeypatch.setattr(timers, "_CHUNK", 10)
    events = a_day_of_arrivals(7, arrivals=80)
    on_postgresql.clock.moment = china("2022-10-02 12:30")
    rng = random.Random(7)
    rng.shuffle(events)
    jobs: list[Callable[[], Any]] = [
        lambda batch=batch: on_postgresql.follow(*batch) for batch in batches(events, rng)
    ]
    for timer in (timers.plan_next_day, timers.find_overdue, timers.assign_waiting, timers.apply_policies):
        jobs += [lambda timer=timer: on_postgresql.do(timer)] * 10
    jobs += [
        lambda n=n: on_postgresql.do(keep_staff, [staff(f"new-{n}", "grid_worker", GRID)]) for n in range(10)
    ]
    rng.shuffle(jobs)
    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(lambda job: job(), jobs))
    on_postgresql.run_timers()
    assert on_postgresql.audit()["balanced"]
    assert len(on_postgresql.told("case.opened")) == 80
