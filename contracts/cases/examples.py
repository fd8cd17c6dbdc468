"""Examples of cases and their tasks."""

from __future__ import annotations

from typing import Any

from contracts.story import ARRIVAL, HOUSEHOLD, SEALED, TASK, recorded_by

_CASE: dict[str, Any] = {
    "case_id": ARRIVAL,
    "arrival_id": ARRIVAL,
    "state": "open",
    "measure": "home_isolation",
    "days": 7,
    "counted_from": "2022-10-01",
    "first_day": None,
    "release_on": "2022-10-08",
    "risk_level": "medium",
    "policy": {"policy_id": "cn-2022-06", "edition": "ninth edition (2022-06)"},
    "person": SEALED,
    "language": "zh-CN",
    "household_id": HOUSEHOLD,
    "street": "jiuquanlu",
    "community": "jiuquanlu-03",
    "grid": "jiuquanlu-03-g2",
    "team": [
        {"role": "grid_worker", "staff_id": "w-0117", "contact": SEALED},
        {"role": "health_worker", "staff_id": "h-0021", "contact": None},
    ],
    "told": ["resident", "care_team", "community"],
    "officers": [{"role": "community_cadre", "staff_id": "k-0003", "contact": SEALED}],
    "assigned": True,
    "tasks_planned": 6,
    "today": [
        {
            "kind": "first_contact",
            "day": 0,
            "due_from": "2022-09-30T22:15:03Z",
            "due_by": "2022-10-01T00:15:03Z",
            "role": "grid_worker",
        }
    ],
    "link": SEALED,
}

EXAMPLES = (
    recorded_by("isolation", "case.opened", ARRIVAL, 1, _CASE, time="2022-09-30T22:15:03Z"),
    recorded_by(
        "isolation",
        "case.changed",
        ARRIVAL,
        2,
        {
            **_CASE,
            "measure": "central_isolation",
            "risk_level": "high",
            "change": {
                "kinds": ["stricter", "rescheduled"],
                "previous_measure": "home_isolation",
                "reason": "the arrival was assessed again",
                "previous_owner": None,
                "at": None,
                "given": [{"role": "health_worker", "staff_id": "h-0012", "contact": SEALED}],
            },
        },
        time="2022-10-01T01:40:12Z",
    ),
    recorded_by(
        "isolation",
        "task.planned",
        ARRIVAL,
        1,
        {
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "tasks": [{**_CASE["today"][0], "task_id": TASK, "staff_id": "w-0117"}],
        },
        time="2022-09-30T22:15:03Z",
    ),
    recorded_by(
        "isolation",
        "task.overdue",
        TASK,
        1,
        {
            "task_id": TASK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "kind": "first_contact",
            "day": 0,
            "due_by": "2022-10-01T00:15:03Z",
            "step": 1,
            "tell": {
                "level": "worker",
                "place": "jiuquanlu-03-g2",
                "staff": [
                    {"staff_id": "w-0117", "role": "grid_worker", "contact": SEALED, "language": "zh-CN"}
                ],
            },
            "community": "jiuquanlu-03",
            "urgent": False,
            "because": None,
        },
        time="2022-10-01T00:15:10Z",
    ),
    recorded_by(
        "isolation",
        "case.stripped",
        ARRIVAL,
        1,
        {"case_id": ARRIVAL, "arrival_id": ARRIVAL, "household_id": HOUSEHOLD},
        time="2023-04-06T18:00:00Z",
    ),
    recorded_by(
        "isolation",
        "staff.day_planned",
        "w-0117",
        738064,
        {
            "staff_id": "w-0117",
            "role": "grid_worker",
            "contact": SEALED,
            "language": "zh-CN",
            "on": "2022-10-01",
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "households": 23,
            "tasks": 41,
            "by_kind": [{"kind": "check_in", "tasks": 39}, {"kind": "first_contact", "tasks": 2}],
            "overdue": 3,
            "first_visits": 2,
            "ending": 2,
        },
        time="2022-09-30T22:30:00Z",
    ),
)

ENDED_ELSEWHERE = recorded_by(
    "isolation",
    "case.changed",
    ARRIVAL,
    3,
    {
        **_CASE,
        "state": "cancelled",
        "today": [],
        "link": None,
        "change": {
            "kinds": ["ended_elsewhere"],
            "previous_measure": "home_isolation",
            "reason": "cancelled",
            "previous_owner": None,
            "at": None,
        },
    },
    time="2022-10-02T01:40:12Z",
)
