"""What was not done, or did not reach anybody, is told up the ladder: each step once."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from sqlalchemy import update

from chassis.errors import Wrong
from chassis.ids import new_id
from services.isolation import tables as t
from services.isolation.usecases import timers
from services.isolation.usecases.call_them import call_them
from services.isolation.usecases.keep_copies import keep_staff
from tests.integration.isolation_trial import (
    COMMUNITY,
    DISTRICT,
    GRID,
    MORNING,
    STAFF,
    STREET,
    Trial,
    arrival,
    kinds,
    prepare,
    staff,
    trial,
    undeliverable,
)


@pytest.fixture
def isolation(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", prepare)) as found:
        yield found.with_policies().with_neighbourhood()


@pytest.fixture
def empty(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", prepare)) as found:
        yield found


# -- overdue tasks ----------------------------------------------------------------------------------------


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


# -- messages that did not get through --------------------------------------------------------------------


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
