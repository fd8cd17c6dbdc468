"""Acts on tasks by HTTP: what is right where, what is a conflict, and what the lists show then."""

from __future__ import annotations

from typing import Any

import pytest

from chassis.ids import new_id
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.tasks.find_overdue import find_overdue
from tests.doors import Visitor
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

PERSON = SEALER.seal({"name": "欧阳建国", "phone": "13909311234", "address": "花园路1号"})


@pytest.fixture
def door(isolation: Trial) -> Visitor:
    return Visitor(DOOR, isolation.work)


@pytest.fixture
def task(isolation: Trial) -> dict[str, Any]:
    came = arrival(level="medium", worker="worker-1", person=PERSON)
    isolation.follow(came)
    return next(one for one in isolation.tasks(came) if one["kind"] == "first_contact")


def rows(door: Visitor, who: str, name: str) -> list[dict[str, Any]]:
    answer = door.get(who, f"/lists/{name}")
    assert answer.status_code == 200, answer.json
    found: list[dict[str, Any]] = answer.json["rows"]
    return found


def test_a_worker_reports_and_an_officer_decides(
    isolation: Trial, door: Visitor, task: dict[str, Any]
) -> None:
    said = {"task_id": task["task_id"], "outcome": "not_possible", "because": "unsafe", "note": "a dog"}
    key = new_id()
    answers = [door.say("worker-1", "report_task", said, key=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json
    [row] = rows(door, "officer", "tasks_to_decide")
    assert (row["task_id"], row["version"], row["state"]) == (task["task_id"], 1, "not_possible")
    assert row["next_step_at"] and "a dog" not in str(row)
    waiver = {"task_id": task["task_id"], "reason": "the neighbour brings it", "expects": 0}
    assert door.say("worker-1", "waive_task", waiver).status_code == 403
    conflict = door.say("officer", "waive_task", waiver)
    assert conflict.status_code == 409 and "at version 1" in conflict.text
    assert door.say("officer", "waive_task", waiver | {"expects": 1}).status_code == 200
    assert rows(door, "officer", "tasks_to_decide") == []
    assert len(isolation.trace(task["case_id"])["history"]) == 3


def test_overdue_tasks_are_acknowledged_by_an_officer(
    isolation: Trial, door: Visitor, task: dict[str, Any]
) -> None:
    isolation.clock.moment = china("2022-10-01 10:00")
    isolation.until_done(find_overdue)
    [row] = [one for one in rows(door, "officer", "overdue_tasks") if one["kind"] == "first_contact"]
    said = {"task_ids": [row["task_id"]], "until": "2022-10-01T18:00:00+08:00", "cause": "mass_test"}
    assert door.say("worker-1", "acknowledge_overdue", said).status_code == 403
    answer = door.say("officer", "acknowledge_overdue", said)
    assert answer.status_code == 200 and '"held"' in answer.text
    assert door.say("officer", "acknowledge_overdue", said | {"task_ids": []}).status_code == 422


def test_a_case_is_handed_over(isolation: Trial, door: Visitor, task: dict[str, Any]) -> None:
    said = {"case_id": task["case_id"], "to": "worker-2", "expects": 1}
    assert door.say("worker-1", "hand_over_case", said).status_code == 403
    assert door.say("officer", "hand_over_case", said).status_code == 200
    assert door.say("officer", "hand_over_case", said | {"to": "worker-1"}).status_code == 409
    assert rows(door, "worker-1", "own_tasks") == [] and rows(door, "worker-2", "own_tasks")


def test_what_was_said_of_a_task_stands_in_the_trace(
    isolation: Trial, door: Visitor, task: dict[str, Any]
) -> None:
    isolation.clock.moment = china("2022-10-01 07:30")
    at = "2022-10-01T07:10:00+08:00"
    door.say("worker-1", "report_task", {"task_id": task["task_id"], "outcome": "attempt", "at": at})
    door.say("worker-1", "report_task", {"task_id": task["task_id"], "outcome": "done", "how": "by_phone"})
    traced = isolation.trace(task["case_id"])
    [of_task] = [one for day in traced["days"] for one in day["tasks"] if one["task_id"] == task["task_id"]]
    assert [(act["what"], act["staff_id"]) for act in of_task["acts"]] == [
        ("attempt", "worker-1"),
        ("done", "worker-1"),
    ]
    assert [line["what"] for line in traced["history"]] == ["opened", "task_attempt", "active", "task_done"]
    assert traced["history"][1]["happened_at"] == china("2022-10-01 07:10")
    assert len(isolation.rows(t.case_history)) == 4
