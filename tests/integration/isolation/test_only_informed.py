"""Whoever is only informed: their case ends once they are and the day is over, unless they are ill."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.commands.command import Author
from contracts.envelope import Event
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.release.end_informed import end_informed
from services.isolation.tasks.report_task import report_task
from services.isolation.tests.report_test import report_test
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.trial import Trial, arrival, china

OFFICER = Author("staff", "/console/officer", "officer")
_report_task = speaking(report_task, "task.reported")
_report_test = speaking(report_test, "test.reported")


@pytest.fixture
def came(isolation: Trial) -> Event:
    came = arrival(level="none")
    isolation.follow(came)
    assert isolation.case(came)["measure"] == "inform_only"
    return came


def inform(isolation: Trial, came: Event) -> None:
    [task] = isolation.tasks(came, "due", "missed")
    said: dict[str, Any] = {"task_id": task["task_id"], "outcome": "done"}
    assert _report_task(isolation, said, author=OFFICER).kind == "done"


def find_positive(isolation: Trial, came: Event) -> None:
    now = isolation.clock.now()
    data = {"case_id": came.subject, "sample_id": "s", "method": "pcr", "stage": "confirmed"}
    data |= {"sampled_at": now, "reported_at": now, "result": "positive"}
    lab = Author("publisher", "/lab-1", "lab-1")
    assert _report_test(isolation, data, author=lab).kind == "done"


def the_next_day(isolation: Trial) -> int:
    isolation.clock.moment = china("2022-10-02 00:30")
    isolation.until_done(plan_next_day)
    return isolation.until_done(end_informed)


def test_it_ends_by_itself_and_nobody_is_told(isolation: Trial, came: Event) -> None:
    inform(isolation, came)
    assert isolation.until_done(end_informed) == 0, "the day is not over"
    assert the_next_day(isolation) == 1
    case = isolation.case(came)
    assert (case["state"], case["closed_at"]) == ("released", isolation.clock.now())
    told = isolation.recorded("case.changed")[-1]
    assert told.data["change"]["kinds"] == ["details", "informed"] and told.version == case["version"]
    assert [row for row in isolation.rows(t.staff_load) if row["cases"]] == []
    assert isolation.audit()["balanced"]


def test_who_was_not_informed_is_followed_until_that_is_done(isolation: Trial, came: Event) -> None:
    assert the_next_day(isolation) == 0
    assert isolation.case(came)["closed_at"] is None
    inform(isolation, came)
    assert isolation.until_done(end_informed) == 1


def test_who_is_positive_stays_followed(isolation: Trial, came: Event) -> None:
    inform(isolation, came)
    find_positive(isolation, came)
    isolation.clock.moment = china("2022-10-02 00:30")
    assert isolation.until_done(end_informed) == 0
    assert isolation.case(came)["closed_at"] is None


def stands_still(isolation: Trial) -> list[tuple[str, str]]:
    with isolation.database.read() as conn:
        found = handover.late(conn, isolation.clock.now(), isolation.work.zone)
    return [(lack.what, lack.id) for lack in found.lacks]


def test_the_audit_names_whom_a_timer_left_behind(isolation: Trial, came: Event) -> None:
    """Nobody else asks for them: no task is open, and no list has them."""
    inform(isolation, came)
    isolation.clock.moment = china("2022-10-02 02:30")
    assert stands_still(isolation) == [], "a timer may still come"
    isolation.clock.moment = china("2022-10-02 03:30")
    assert stands_still(isolation) == [("end", came.subject)]
    assert isolation.until_done(end_informed) == 1
    assert stands_still(isolation) == []


def test_who_is_ill_or_of_whom_something_was_just_said_is_not_left_behind(
    isolation: Trial, came: Event
) -> None:
    isolation.clock.moment = china("2022-10-02 09:00")
    assert ("end", came.subject) not in stands_still(isolation), "somebody must still inform them"
    inform(isolation, came)
    isolation.clock.moment = china("2022-10-02 11:30")
    assert stands_still(isolation) == []
    isolation.clock.moment = china("2022-10-02 12:30")
    assert stands_still(isolation) == [("end", came.subject)]
    find_positive(isolation, came)
    isolation.clock.moment = china("2022-10-02 18:00")
    assert ("end", came.subject) not in stands_still(isolation)


def test_a_risk_that_is_raised_later_opens_it_again(isolation: Trial, came: Event) -> None:
    inform(isolation, came)
    the_next_day(isolation)
    at = isolation.clock.now()
    isolation.follow(arrival(came.subject, version=2, level="high", at=at, why=["risk_raised"]))
    case = isolation.case(came)
    assert case["closed_at"] is None and case["measure"] != "inform_only"
    assert isolation.tasks(came, "due") and isolation.audit()["balanced"]
