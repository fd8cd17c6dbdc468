"""Who is ill by a check-in is looked at at once, and a mistake is taken back from whoever was told of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.teams.copies import STAFF
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_check_ins import (
    NINE,
    alarms,
    balanced,
    first_of,
    follow,
    person,
    report,
)
from tests.integration.isolation.trial import COMMUNITY, Trial, china, staff

# -- abnormal ones -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("temperature", "symptoms", "why"),
    [
        (37.2, [], None),
        (37.3, [], ["temperature"]),
        (36.5, ["dry_cough"], ["symptom"]),
        (None, ["dry_cough"], ["symptom"]),
        (38.4, ["fatigue"], ["temperature", "symptom"]),
    ],
)
def test_fever_or_a_symptom_alarms_at_any_hour(
    isolation: Trial, temperature: float | None, symptoms: list[str], why: list[str] | None
) -> None:
    came = follow(isolation)
    isolation.clock.moment = night = china("2022-10-01 23:10")
    report(isolation, person(came, temperature, *symptoms))
    found = isolation.recorded("check_in.abnormal")
    assert [event.data["why"] for event in found] == ([why] if why else [])
    assert alarms(isolation, came) == (["due"] if why else [])
    assert balanced(isolation)
    if why:
        task = next(task for task in isolation.tasks(came) if task["kind"] == "see_abnormal")
        assert (task["due_by"], task["staff_id"]) == (night + timedelta(minutes=30), "nurse")
        assert found[0].data["task_id"] == task["task_id"]
        assert [s["staff_id"] for s in found[0].data["tell"]["staff"]] == [
            "nurse",
            came_owner(isolation, came),
        ]
        assert found[0].correlationid == isolation.case(came)["correlation_id"]


def came_owner(isolation: Trial, came: Event) -> str:
    return str(isolation.case(came)["owner"])


def test_where_the_team_has_nobody_the_ladder_says_who_is_told(isolation: Trial) -> None:
    came = follow(isolation)
    team = [who for _, who in isolation.case(came)["team"]]
    people = {"worker-1": "grid_worker", "worker-2": "grid_worker", "nurse": "health_worker"}
    gone = [staff(who, role, COMMUNITY, 2, active=False) for who, role in people.items()]
    isolation.do(STAFF.keep, gone)
    isolation.clock.moment = NINE
    report(isolation, person(came, 39.0))
    [event] = isolation.recorded("check_in.abnormal")
    assert {s["staff_id"] for s in event.data["tell"]["staff"]} == {"officer"}
    assert "officer" in team


def test_an_abnormal_one_is_seen_when_somebody_takes_its_task(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    report(isolation, person(came, 39.0, "fatigue"))
    assert seen(isolation, came) == [None]
    task = next(task for task in isolation.tasks(came) if task["kind"] == "see_abnormal")
    taken = NINE + timedelta(minutes=12)
    for minutes, outcome in ((12, "taken"), (25, "done")):
        isolation.clock.moment = NINE + timedelta(minutes=minutes)
        said = {"task_id": task["task_id"], "outcome": outcome}
        assert speaking(report_task, "task.reported")(isolation, said).kind == "done"
        assert seen(isolation, came) == [taken]


def test_a_fever_climbs_on_where_nobody_answers(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    report(isolation, person(came, 39.0))
    [alarm] = [task for task in isolation.tasks(came) if task["kind"] == "see_abnormal"]
    said = {"task_id": alarm["task_id"], "outcome": "attempt", "next_try_at": NINE + timedelta(hours=6)}
    assert speaking(report_task, "task.reported")(isolation, said).kind == "done"
    isolation.clock.moment = alarm["tell_at"]
    isolation.until_done(find_overdue)
    [after] = [task for task in isolation.tasks(came) if task["kind"] == "see_abnormal"]
    assert (after["told"], after["version"]) == (1, 1), "kept, and climbed at its time"


def seen(isolation: Trial, came: Event) -> list[datetime | None]:
    """When the abnormal ones were seen, as the trace shows it."""
    assert [(row["temperature"], row["symptoms"]) for row in isolation.rows(t.check_ins)] == [
        (390, ["fatigue"])
    ]
    tasks = [task for day in isolation.trace(came.data["arrival_id"])["days"] for task in day["tasks"]]
    return [task.get("seen_at") for task in tasks if task["kind"] == "see_abnormal"]


# -- corrections -------------------------------------------------------------------------------------------


def test_a_mistake_is_taken_back_and_those_who_were_alarmed_are_told(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    wrong = first_of(report(isolation, person(came, 39.6)))
    isolation.clock.advance(minutes=5)
    right = report(isolation, person(came, 36.9, corrects=wrong))
    assert right.kind == "done"
    assert alarms(isolation, came) == ["cancelled"]
    assert [row["temperature"] for row in isolation.rows(t.check_ins)] == [396, 369]
    [alarm], [mistake] = isolation.recorded("check_in.abnormal"), isolation.recorded("check_in.corrected")
    assert mistake.data["tell"]["staff"] == alarm.data["tell"]["staff"]
    assert (mistake.data["check_in_id"], mistake.data["task_id"]) == (wrong, alarm.data["task_id"])
    history = [h for h in isolation.rows(t.case_history) if h["what"] == "alarm_taken_back"]
    assert history[0]["detail"]["reason"] == "check_in_corrected"
    assert balanced(isolation)


def test_a_correction_that_becomes_abnormal_alarms(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    wrong = first_of(report(isolation, person(came, 36.9)))
    isolation.clock.advance(minutes=5)
    again = first_of(report(isolation, person(came, 39.6, corrects=wrong)))
    isolation.clock.advance(minutes=5)
    report(isolation, person(came, 36.9, corrects=again))
    assert alarms(isolation, came) == ["cancelled"]
    assert [(e.subject, e.version) for e in isolation.recorded("check_in.abnormal")] == [(wrong, 2)]
    assert [(e.subject, e.version) for e in isolation.recorded("check_in.corrected")] == [(wrong, 3)]


def test_a_correction_that_changes_nothing_of_that_tells_nobody(isolation: Trial) -> None:
    came = follow(isolation)
    isolation.clock.moment = NINE
    wrong = first_of(report(isolation, person(came, 39.6)))
    report(isolation, person(came, 38.9, corrects=wrong))
    assert alarms(isolation, came) == ["due"]
    assert len(isolation.recorded("check_in.abnormal")) == 1
    assert isolation.recorded("check_in.corrected") == []


def test_a_correction_is_of_the_same_case_and_day(isolation: Trial) -> None:
    came, other = follow(isolation), follow(isolation)
    isolation.clock.moment = NINE
    wrong = first_of(report(isolation, person(came, 36.9)))
    assert report(isolation, person(other, 36.6, corrects=wrong)).kind == "unknown"
    assert report(isolation, person(came, 36.6, corrects="no id")).kind == "unknown"
    isolation.clock.moment = china("2022-10-02 00:01")
    outcome = report(isolation, person(came, 36.6, corrects=wrong))
    assert [(f.where, f.code) for f in outcome.faults] == [("people[0].corrects", "other_day")]


def test_corrections_end_the_same_in_whatever_order_they_come(isolation: Trial) -> None:
    came, other = follow(isolation), follow(isolation)
    for one, minutes in ((came, (10, 20)), (other, (20, 10))):
        isolation.clock.moment = NINE
        wrong = first_of(report(isolation, person(one, 39.6)))
        isolation.clock.moment = china("2022-10-01 09:30")
        for after in minutes:
            value = 36.9 if after == 20 else 38.8
            report(isolation, person(one, value, corrects=wrong), at=NINE + timedelta(minutes=after))
    assert alarms(isolation, came) == alarms(isolation, other) == ["cancelled"]
