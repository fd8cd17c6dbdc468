"""Examples of acts on tasks."""

from __future__ import annotations

from contracts.story import ARRIVAL, TASK, event, recorded_by

_OFFICER = "/console/o-0004"

EXAMPLES = (
    event(
        "task.reported",
        {
            "task_id": TASK,
            "case_id": None,
            "kind": None,
            "outcome": "not_possible",
            "because": "no_answer",
            "how": None,
            "next_try_at": None,
            "note": "the bell does not ring",
            "at": "2022-10-01T00:40:00Z",
        },
        source="/console/w-0117",
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c61",
        time="2022-10-01T00:41:00Z",
    ),
    event(
        "task.waived",
        {"task_id": TASK, "reason": "the family has its own supplies", "expects": 1, "at": None},
        source=_OFFICER,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c62",
        time="2022-10-01T02:10:00Z",
    ),
    event(
        "overdue.acknowledged",
        {
            "task_ids": [TASK],
            "until": "2022-10-01T08:00:00Z",
            "cause": "mass_test",
            "note": "all workers are at the testing points until three",
            "at": None,
        },
        source=_OFFICER,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c63",
        time="2022-10-01T02:12:00Z",
    ),
    event(
        "task.report_taken_back",
        {"task_id": TASK, "report": "0183917b-8c10-7d1e-9f3a-5b1d6a0e4c61", "at": None},
        source="/console/w-0117",
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c67",
        time="2022-10-01T02:03:00Z",
    ),
    event(
        "acknowledgement.taken_back",
        {"task_ids": [TASK], "acknowledgement": "0183917b-8c10-7d1e-9f3a-5b1d6a0e4c63", "at": None},
        source=_OFFICER,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c66",
        time="2022-10-01T02:13:00Z",
    ),
    event(
        "case.handed_over",
        {
            "case_id": ARRIVAL,
            "to": "w-0118",
            "role": None,
            "note": "w-0117 is on leave until Monday",
            "expects": 2,
            "at": None,
        },
        source=_OFFICER,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c64",
        time="2022-10-01T02:15:00Z",
    ),
    recorded_by(
        "isolation",
        "task.done",
        TASK,
        1,
        {
            "task_id": TASK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "kind": "first_contact",
            "at": "2022-10-01T01:30:00Z",
            "by": "w-0117",
            "how": "seen",
        },
        time="2022-10-01T01:31:00Z",
    ),
    recorded_by(
        "isolation",
        "case.contacted",
        TASK,
        1,
        {
            "task_id": TASK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "kind": "first_contact",
            "at": "2022-10-01T01:30:00Z",
            "staff_id": "w-0117",
            "how": "seen",
            "act": "0183917b-8c10-7d1e-9f3a-5b1d6a0e4c68",
        },
        time="2022-10-01T01:31:00Z",
    ),
    recorded_by(
        "isolation",
        "case.contact_taken_back",
        TASK,
        2,
        {
            "task_id": TASK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "act": "0183917b-8c10-7d1e-9f3a-5b1d6a0e4c68",
            "at": "2022-10-01T01:34:00Z",
            "staff_id": "w-0117",
        },
        time="2022-10-01T01:34:00Z",
    ),
    recorded_by(
        "isolation",
        "task.done_taken_back",
        TASK,
        1,
        {
            "task_id": TASK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "kind": "first_contact",
            "at": "2022-10-01T01:34:00Z",
            "by": "w-0117",
            "state": "due",
        },
        time="2022-10-01T01:34:00Z",
    ),
)
