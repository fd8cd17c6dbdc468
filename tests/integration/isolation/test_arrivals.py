"""An arrival that is registered opens a case; one that is assessed again makes it stricter or laxer."""

from datetime import date, timedelta

from sqlalchemy import update

from services.isolation import tables as t
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.teams.copies import PLACES, STAFF
from tests.integration.isolation.trial import (
    CHINA,
    MORNING,
    STREET,
    Trial,
    arrival,
    kinds,
    place,
    staff,
)

# -- opening ----------------------------------------------------------------------------------------------


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


def test_case_opened_passes_the_sealed_person_and_contacts_through(isolation: Trial):
    came = arrival()
    isolation.follow(came)
    (opened,) = isolation.recorded("case.opened")
    (planned,) = isolation.recorded("task.planned")
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


# -- assessed again ---------------------------------------------------------------------------------------


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
    (changed,) = isolation.recorded("case.changed")
    assert changed.data["change"] == {
        "kinds": ["stricter"],
        "previous_measure": "inform_only",
        "reason": "stop_added",
        "previous_owner": None,
        "joined": [],
        "given": [],
        "at": None,
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
    assert [e.data["change"]["kinds"] for e in isolation.recorded("case.changed")] == [
        ["laxer"],
        ["stricter"],
    ]
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-1": 1, "officer": 1, "nurse": 1, "police": 1}


def test_a_reassessment_that_asks_the_resident_for_nothing_else_is_not_published(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(arrival(came.subject, version=2, level="medium", at=MORNING + timedelta(minutes=3)))
    isolation.follow(came)
    assert not isolation.recorded("case.changed")
    contact = next(task for task in isolation.tasks(came, "due") if task["kind"] == "first_contact")
    assert contact["due_by"] == MORNING + timedelta(hours=2)
    assert [line["what"] for line in isolation.trace(came.subject or "")["history"]] == [
        "opened",
        "looked_at",
    ]


def test_a_new_phone_number_alone_is_published(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.follow(arrival(came.subject, version=2, level="medium", why=["details_added"]))
    (changed,) = isolation.recorded("case.changed")
    assert changed.data["change"]["kinds"] == ["details"] and changed.data["person"] == "sealed-2"


def test_a_task_that_is_wanted_again_goes_on_climbing_where_it_was(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    isolation.clock.advance(hours=24)
    isolation.until_done(find_overdue)
    isolation.follow(arrival(came.subject, version=2, level="low"))
    isolation.follow(arrival(came.subject, version=3, level="none"))
    isolation.clock.advance(hours=1)
    isolation.until_done(find_overdue)
    inform = [e for e in isolation.recorded("task.overdue") if e.data["kind"] == "inform"]
    assert [(e.version, e.data["tell"]["level"]) for e in inform] == [(1, "worker"), (2, "community")]


def close(isolation: Trial, case_id: str | None, state: str) -> None:
    with isolation.database.begin() as conn:
        conn.execute(
            update(t.cases)
            .where(t.cases.c.case_id == case_id)
            .values(state=state, closed_at=MORNING, plan_next=None)
        )


def test_a_cancelled_case_stays_closed_and_later_news_is_noted(isolation: Trial):
    came = arrival(level="low")
    isolation.follow(came)
    close(isolation, came.subject, "cancelled")
    before = isolation.tasks(came)
    isolation.follow(arrival(came.subject, version=2, level="high"))
    case = isolation.case(came)
    assert (case["state"], case["measure"], case["plan_next"]) == ("cancelled", "self_monitoring", None)
    assert isolation.tasks(came) == before and not isolation.recorded("case.changed")
    assert isolation.trace(came.subject or "")["history"][-1]["what"] == "noted_after_the_end"


def test_a_released_case_opens_again_if_a_stricter_measure_has_days_left(isolation: Trial):
    came = arrival(level="low")
    isolation.follow(came)
    close(isolation, came.subject, "released")
    isolation.follow(arrival(came.subject, version=2, level="high"))
    case = isolation.case(came)
    assert (case["state"], case["closed_at"], case["measure"]) == ("open", None, "central_isolation")
    assert case["plan_next"] and isolation.audit()["balanced"]


def test_an_arrival_that_goes_elsewhere_gets_the_team_of_that_place(isolation: Trial):
    isolation.do(PLACES.keep, [place("c-2", STREET, "community"), place("g-2", "c-2", "grid")])
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", "g-2")])
    came = arrival(level="medium")
    isolation.follow(came)
    moved = {"community": "c-2", "grid": "g-2"}
    isolation.follow(
        arrival(came.subject, version=2, level="medium", destination=moved, why=["details_added"])
    )
    assert isolation.case(came)["team"] == [["grid_worker", "worker-3"], ["police", "police"]]
    assert {task["staff_id"] for task in isolation.tasks(came, "due")} == {"worker-3"}
    (changed,) = isolation.recorded("case.changed")
    assert changed.data["change"]["kinds"] == ["assigned", "details", "handed_on"]
    assert changed.data["change"]["previous_owner"]["staff_id"] == "worker-1"
    loads = {row["staff_id"]: row["cases"] for row in isolation.rows(t.staff_load) if row["cases"]}
    assert loads == {"worker-3": 1, "police": 1}
