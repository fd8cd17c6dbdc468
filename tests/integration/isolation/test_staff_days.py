"""Each morning staff learn what the day holds: once, and only whoever has something to do."""

from datetime import timedelta

import pytest

from chassis.errors import SettingsError
from services.isolation import tables as t
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.plan_staff_days import SETTING, plan_staff_days, planned_at
from tests.at_once import at_once
from tests.integration.isolation.trial import Trial, arrival, china

NEXT_MORNING = china("2022-10-02 06:30")


def with_a_day(isolation: Trial) -> Trial:
    """Two people of one household, on the morning after they came; nobody did anything."""
    isolation.follow(*(arrival(level="medium", household_id="h1") for _ in range(2)))
    isolation.clock.moment = china("2022-10-02 00:05")
    isolation.run_timers()
    isolation.clock.moment = NEXT_MORNING
    isolation.until_done(find_overdue)
    return isolation


def test_each_member_of_staff_with_something_to_do_learns_of_the_day(isolation: Trial) -> None:
    with_a_day(isolation)
    assert isolation.until_done(plan_staff_days) == len(isolation.recorded("staff.day_planned")) > 1
    today = [task for event in isolation.recorded("case.opened") for task in isolation.tasks(event)]
    ends = china("2022-10-03 00:00")
    for event in isolation.recorded("staff.day_planned"):
        own = [task for task in today if task["staff_id"] == event.subject and task["due_from"] < ends]
        data = event.data
        assert data["tasks"] == len(own) == sum(kind["tasks"] for kind in data["by_kind"])
        assert data["overdue"] == sum(task["due_by"] < NEXT_MORNING for task in own)
        assert data["first_visits"] == sum(task["kind"] == "first_contact" for task in own)
        assert (data["households"], data["on"].isoformat()) == (1, "2022-10-02")
        assert data["case_id"] in {task["case_id"] for task in own}
    told = {event.subject for event in isolation.recorded("staff.day_planned")}
    assert told == {task["staff_id"] for task in today if task["due_from"] < ends}


def test_a_day_is_told_once_after_a_missed_hour_and_a_restart_too(isolation: Trial) -> None:
    with_a_day(isolation)
    isolation.clock.moment = NEXT_MORNING - timedelta(seconds=1)
    assert isolation.until_done(plan_staff_days) == 0
    isolation.clock.moment = NEXT_MORNING + timedelta(hours=3)
    assert isolation.until_done(plan_staff_days) > 0
    events = len(isolation.recorded("staff.day_planned"))
    isolation.clock.advance(hours=1)
    assert isolation.until_done(plan_staff_days) == 0
    isolation.clock.moment = NEXT_MORNING + timedelta(days=1, hours=12)
    assert isolation.until_done(plan_staff_days) == 0, "that day is over"
    assert len(isolation.recorded("staff.day_planned")) == events
    assert [row["day"].isoformat() for row in isolation.rows(t.staff_days)] == ["2022-10-02"]


def test_replicas_tell_of_a_day_once(on_postgresql: Trial) -> None:
    with_a_day(on_postgresql)
    at_once(*[lambda: on_postgresql.do(plan_staff_days)] * 4)
    told = [event.subject for event in on_postgresql.recorded("staff.day_planned")]
    assert told and len(told) == len(set(told))


def test_the_owner_learns_of_households_whose_term_ends(isolation: Trial) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    ends = isolation.case(came)["release_on"]
    isolation.clock.moment = china(f"{ends} 06:30")
    isolation.run_timers()
    isolation.until_done(plan_staff_days)
    ending = {event.subject: event.data["ending"] for event in isolation.recorded("staff.day_planned")}
    owner = isolation.case(came)["owner"]
    assert ending[owner] == 1
    assert {who for who, number in ending.items() if number} == {owner}


def test_without_a_case_nobody_is_told_of_a_day(isolation: Trial) -> None:
    isolation.clock.moment = NEXT_MORNING
    assert isolation.until_done(plan_staff_days) == 0
    assert isolation.recorded("staff.day_planned") == []


def test_a_wrong_time_stops_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    for wrong in ("early", "25:00", "19:00"):
        planned_at.cache_clear()
        monkeypatch.setenv(SETTING, wrong)
        with pytest.raises(SettingsError, match=SETTING):
            planned_at()
    planned_at.cache_clear()
