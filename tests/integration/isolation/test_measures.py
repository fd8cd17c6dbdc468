"""Two kinds of monitoring: one keeps people in, the other does not; and the word of before for both."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases.explain_case import explain_case
from services.isolation.door import DOOR
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.policies.withdraw_policy import withdraw_by_shell
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_breaches import codes, goes, stand
from tests.integration.isolation.test_permits import ids, request, wanted
from tests.integration.isolation.trial import CHINA, SEALER, Trial, arrival, china

NINTH = next(one for one in documents.shipped() if one["policy_id"] == "cn-2022-06")
refuse = speaking(report_refusal, "refusal.reported")


def low_is(measure: str, **more: Any) -> dict[str, Any]:
    """A policy of the city by which whoever comes from a low-risk area is under this measure."""
    levels = {**NINTH["levels"], "low": {**NINTH["levels"]["low"], "measure": measure, **more}}
    return {**NINTH, "policy_id": "of-the-city", "places": ["62"], "levels": levels}


def came_under(isolation: Trial, measure: str) -> Event:
    isolation.do(import_policy, low_is(measure))
    came = arrival(level="low")
    isolation.follow(came)
    assert isolation.case(came)["measure"] == measure
    isolation.clock.moment = china("2022-10-01 11:00")
    return came


def refuses_two_visits(isolation: Trial, came: Event) -> None:
    said = {"case_ids": ids([came]), "what": "visit", "why": "fear", "witness": "worker-2"}
    for _ in range(2):
        assert refuse(isolation, said).kind == "done"


@pytest.mark.parametrize("measure", ["home_health_monitoring", "health_monitoring"])
def test_who_is_monitored_at_home_stays_in(isolation: Trial, measure: str) -> None:
    came = came_under(isolation, measure)
    assert request(isolation, wanted([came])).kind == "done"
    goes(isolation, came, "10:20")
    refuses_two_visits(isolation, came)
    assert stand(isolation) == [("no_permit", "suspected"), ("refused_visits", "suspected")]


def test_who_monitors_themselves_goes_out_without_leave(isolation: Trial) -> None:
    came = came_under(isolation, "self_monitoring")
    assert codes(request(isolation, wanted([came]))) == ["nothing_keeps_them"]
    goes(isolation, came, "10:20")
    refuses_two_visits(isolation, came)
    assert stand(isolation) == []


def test_where_the_day_of_arrival_counts_people_are_told_that_the_days_begin_with_it(
    isolation: Trial,
) -> None:
    isolation.do(import_policy, low_is("self_monitoring", arrival_is_day=1))
    came = arrival(level="low")
    isolation.follow(came)
    [told] = isolation.recorded("case.opened")
    said = [told.data[name] for name in ("counted_from", "first_day", "release_on")]
    assert said == [date(2022, 9, 30), date(2022, 10, 1), date(2022, 10, 3)]
    with isolation.database.read() as conn:
        tests = [task for task in isolation.tasks(came) if task["kind"] == "test"]
        found = explain_case(conn, came.subject or "", zone=CHINA)
    assert [task["day"] for task in tests] == [1] and found
    assert (found.counted_from, found.release_on) == (date(2022, 9, 30), date(2022, 10, 3))
    isolation.follow(arrival(level="none"))
    assert isolation.recorded("case.opened")[-1].data["first_day"] is None


def test_officers_and_papers_say_the_first_day_by_the_text_that_a_case_was_planned_by(
    isolation: Trial,
) -> None:
    isolation.do(import_policy, low_is("self_monitoring", arrival_is_day=1))
    person = SEALER.seal({"name": "王敏", "identity_number": "620102199001011234"})
    came = arrival(level="low", person=person)
    isolation.follow(came)
    door = Visitor(DOOR, isolation.work)
    with isolation.database.begin() as conn:
        conn.execute(t.cases.update().values(state="released", closed_at=china("2022-10-03 20:00")))
    isolation.clock.moment = china("2022-10-11 08:00")
    isolation.do(import_policy, low_is("self_monitoring", arrival_is_day=0))
    paper = door.look_up("officer", "release_certificate", case_id=came.subject)
    story = door.get("officer", f"/case_story/{came.subject}").get_json()
    assert (story["counted_from"], story["first_day"]) == ("2022-09-30", "2022-10-01")
    assert paper.get_json()["began"] == "2022-10-01"
    with isolation.database.begin() as conn:
        conn.execute(t.policy_texts.delete())  # from before texts were kept
    assert door.get("officer", f"/case_story/{came.subject}").get_json()["first_day"] == "2022-09-30"


def test_a_case_of_before_keeps_its_word_and_nobody_is_told_of_another_word_for_the_same(
    isolation: Trial,
) -> None:
    came = came_under(isolation, "health_monitoring")
    isolation.run_timers()
    tasks = isolation.tasks(came)
    isolation.clock.advance(minutes=10)
    isolation.run_timers()
    assert isolation.case(came)["measure"] == "health_monitoring"
    isolation.do(import_policy, low_is("home_health_monitoring"))
    isolation.run_timers()
    assert isolation.case(came)["measure"] == "home_health_monitoring"
    assert isolation.tasks(came) == tasks and isolation.recorded("case.changed") == []
    isolation.do(import_policy, low_is("self_monitoring", check_ins=None))
    isolation.run_timers()
    [changed] = isolation.recorded("case.changed")
    assert changed.data["measure"] == "self_monitoring" and changed.data["change"]["kinds"] == ["laxer"]
    assert changed.data["change"]["previous_measure"] == "home_health_monitoring"
    left = {row["kind"] for row in isolation.tasks(came) if row["state"] == "due"}
    assert "check_in" not in left and "test" in left
    assert isolation.audit()["balanced"] and isolation.rows(t.cases)


@pytest.mark.parametrize("then", ["withdrawn", "corrected"])
def test_news_ask_for_nothing_of_the_days_that_a_change_of_policy_left_alone(
    isolation: Trial, then: str
) -> None:
    """It would be overdue at once, and nobody was asked for it in time."""
    measure = "home_health_monitoring" if then == "withdrawn" else "self_monitoring"
    without_tests = low_is(measure, tests=None, days=5, check_ins=None, release=["days_full"])
    isolation.do(import_policy, without_tests)
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.moment = china("2022-10-03 08:00")
    isolation.run_timers()
    if then == "withdrawn":
        isolation.do(withdraw_by_shell, "of-the-city", 1, "a mistake", "li.min")
    else:
        isolation.do(import_policy, low_is(measure, days=5))
    isolation.run_timers()
    asked, overdue = isolation.tasks(came), isolation.recorded("task.overdue")
    assert [(task["kind"], task["day"]) for task in asked if task["kind"] == "test"] == [("test", 3)]
    isolation.clock.moment = china("2022-10-03 10:00")
    isolation.follow(arrival(came.subject, version=2, level="low", at=isolation.clock.moment))
    isolation.run_timers()
    assert [task["task_id"] for task in isolation.tasks(came)] == [task["task_id"] for task in asked]
    assert isolation.recorded("task.overdue") == overdue
