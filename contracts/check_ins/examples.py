"""Examples of what is said of those in isolation, and of what isolation publishes of it."""

from __future__ import annotations

from typing import Any

from contracts.story import ARRIVAL, HOUSEHOLD, OTHER_ARRIVAL, SEALED, event, recorded_by

CHECK_IN = "01839a52-1d40-5b7e-9c11-7d0b5e2f4a61"
RESULT = "01839c88-3a10-5c41-8e27-19a4c0d7b3f2"
_CONTACT_LINK = "0183917b-8c11-7a42-8d07-3f6c2b9e5a10"
_LISTED = "5d0c9e0b-27a4-5f8e-b0d1-3c6a9f2e7b18"
_BATCH = "b7b0f0a1-9d35-5c1c-8a8e-6e2f4d7c9a03"
_CALL_TASK = "01839c88-3b27-7d02-9a4e-5c1f08d2b6e7"
ALARM_TASK = "01839a52-1d41-7c33-b2f4-91d2c4e8aa71"

TELL: dict[str, Any] = {
    "level": "worker",
    "place": "jiuquanlu-03-g2",
    "staff": [
        {"staff_id": "h-0021", "role": "health_worker", "contact": SEALED, "language": "zh-CN"},
        {"staff_id": "w-0117", "role": "grid_worker", "contact": SEALED, "language": "zh-CN"},
    ],
}

_CONSOLE = "/console/w-0117"

EXAMPLES = (
    event(
        "check_in.reported",
        {
            "case_id": None,
            "household_id": HOUSEHOLD,
            "people": [
                {
                    "case_id": ARRIVAL,
                    "temperature": 37.6,
                    "symptoms": ["sore_throat"],
                    "how_known": "by_phone",
                    "note": "asks for cough syrup",
                    "corrects": None,
                },
                {"case_id": OTHER_ARRIVAL, "temperature": 36.5, "how_known": "told_by"},
            ],
            "at": "2022-10-03T00:20:00Z",
        },
        source="/clinic-7/telephone",
        id="call-20221003-0031",
        time="2022-10-03T00:21:00Z",
    ),
    event(
        "test.reported",
        {
            "case_id": None,
            "identity": {"type": "passport", "number": "X00000000"},
            "sample_id": "S-1003-00812",
            "tube_id": "T-1003-0081",
            "batch": "R-1003-17",
            "pool_size": 10,
            "sampled_at": "2022-10-03T01:10:00Z",
            "reported_at": "2022-10-03T12:40:00Z",
            "method": "pcr",
            "stage": "preliminary",
            "result": "negative",
            "supersedes": None,
            "at": None,
        },
        source="/lab-1/results",
        id="S-1003-00812/1",
        time="2022-10-03T12:41:00Z",
    ),
    event(
        "notice.signed",
        {
            "case_ids": [ARRIVAL, OTHER_ARRIVAL],
            "outcome": "signed_by_guardian",
            "signed_by": "an invented name",
            "text_version": None,
            "read_aloud": True,
            "witness": None,
            "at": "2022-10-01T02:30:00Z",
        },
        source=_CONSOLE,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c41",
        time="2022-10-01T02:31:00Z",
    ),
    event(
        "refusal.reported",
        {
            "case_ids": [ARRIVAL],
            "what": "isolation",
            "why": "care_of_others",
            "what_would_help": "somebody who looks after the mother",
            "witness": "h-0021",
            "at": "2022-10-01T02:30:00Z",
        },
        source=_CONSOLE,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c42",
        time="2022-10-01T02:31:00Z",
    ),
    event(
        "test.taken_up",
        {
            "result_id": RESULT,
            "outcome": "passed_on",
            "note": "to the duty officer of the district beside ours, who calls",
            "at": "2022-10-03T13:02:00Z",
        },
        source=_CONSOLE,
        id="0183917c-5a20-7d1e-9f3a-5b1d6a0e4c43",
        time="2022-10-03T13:03:00Z",
    ),
    event(
        "contact.changed",
        {
            "case_ids": [ARRIVAL, OTHER_ARRIVAL],
            "contacts": [
                {
                    "name": "an invented name",
                    "phone": "13800000000",
                    "relation": "daughter",
                    "may_report": True,
                    "proxy": False,
                }
            ],
            "marks": ["lives_alone", "hard_of_hearing"],
            "language": "en",
            "best_time": "after 19:00",
            "at": "2022-10-01T02:30:00Z",
        },
        source=_CONSOLE,
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c43",
        time="2022-10-01T02:31:00Z",
    ),
    recorded_by(
        "isolation",
        "contact.invited",
        _CONTACT_LINK,
        1,
        {
            "link_id": _CONTACT_LINK,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "household_id": HOUSEHOLD,
            "contact": SEALED,
            "language": "zh-CN",
            "link": SEALED,
            "community": "jiuquanlu-03",
        },
        time="2022-10-01T02:31:00Z",
    ),
    recorded_by(
        "isolation",
        "check_in.abnormal",
        CHECK_IN,
        1,
        {
            "check_in_id": CHECK_IN,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": ALARM_TASK,
            "at": "2022-10-03T00:20:00Z",
            "due_by": "2022-10-03T00:51:10Z",
            "why": ["temperature", "symptom"],
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T00:21:10Z",
    ),
    recorded_by(
        "isolation",
        "check_in.corrected",
        CHECK_IN,
        2,
        {
            "check_in_id": CHECK_IN,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": ALARM_TASK,
            "at": "2022-10-03T00:20:00Z",
            "corrected_at": "2022-10-03T00:26:40Z",
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T00:26:41Z",
    ),
    recorded_by(
        "isolation",
        "test.unmatched",
        RESULT,
        1,
        {
            "result_id": RESULT,
            "sampled_at": "2022-10-03T01:10:00Z",
            "reported_at": "2022-10-03T12:40:00Z",
            "due_by": "2022-10-03T13:41:10Z",
            "staff": [
                {"staff_id": "d-0001", "role": "district_officer", "contact": SEALED, "language": "zh-CN"}
            ],
        },
        time="2022-10-03T12:41:10Z",
        correlation="S-1003-00813/1",
    ),
    recorded_by(
        "isolation",
        "test.unmatched_corrected",
        RESULT,
        2,
        {
            "result_id": RESULT,
            "corrected_by": "01839c88-3a10-5c41-8e27-19a4c0d7b3f3",
            "reported_at": "2022-10-03T13:02:00Z",
            "staff": [
                {"staff_id": "d-0001", "role": "district_officer", "contact": SEALED, "language": "zh-CN"}
            ],
        },
        time="2022-10-03T13:02:10Z",
        correlation="S-1003-00813/2",
    ),
    event(
        "close_contact.listed",
        {
            "case_id": ARRIVAL,
            "kind": "person",
            "name": "何样例",
            "phone": "13900000021",
            "address": None,
            "last_on": "2022-10-02",
            "lives_there": True,
            "note": "grandmother",
            "at": "2022-10-03T13:20:00Z",
        },
        source="/console/o-0007",
        id="01839caf-11c8-7b24-8d11-90f4e2a7c3d5",
        time="2022-10-03T13:20:10Z",
    ),
    event(
        "close_contact.settled",
        {
            "contact_id": _LISTED,
            "outcome": "informed",
            "mistake": False,
            "note": None,
            "at": "2022-10-03T13:40:00Z",
        },
        source="/console/o-0007",
        id="01839cc1-6120-7f02-9a35-4b7d1c8e5f60",
        time="2022-10-03T13:40:10Z",
    ),
    recorded_by(
        "isolation",
        "result_batch.unusual",
        _BATCH,
        1,
        {
            "batch_id": _BATCH,
            "laboratory": "/lab-1/results",
            "results": 94,
            "positives": 41,
            "wait_until": "2022-10-03T12:56:40Z",
            "staff": [
                {"staff_id": "d-0001", "role": "district_officer", "contact": SEALED, "language": "zh-CN"}
            ],
        },
        time="2022-10-03T12:41:40Z",
    ),
    event(
        "result_batch.decided",
        {"batch_id": _BATCH, "outcome": "mistake", "at": "2022-10-03T12:49:00Z"},
        source="/console/d-0001",
        id="01839c91-0b6e-7c58-8e40-7a2f5d3b9c14",
        time="2022-10-03T12:49:05Z",
    ),
    recorded_by(
        "isolation",
        "test.urgent",
        _CALL_TASK,
        1,
        {
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": _CALL_TASK,
            "task_kind": "see_positive",
            "due_by": "2022-10-03T13:11:12Z",
            "quiet_until": "2022-10-03T14:41:12Z",
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T12:41:12Z",
    ),
    recorded_by(
        "isolation",
        "test.urgent_corrected",
        _CALL_TASK,
        2,
        {
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": _CALL_TASK,
            "task_kind": "see_positive",
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T13:02:12Z",
    ),
)
