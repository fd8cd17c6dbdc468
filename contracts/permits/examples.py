"""Examples of what is said of leave to go out, and of what isolation publishes of it."""

from __future__ import annotations

from contracts.check_ins.examples import TELL
from contracts.story import ARRIVAL, OTHER_ARRIVAL, event, recorded_by

PERMIT = "7c1d2e9a-4b55-5f0e-8a3c-6d9e0f1b2c47"
_TASK = "01839a70-2b61-7d10-a4c5-0e8f7b6a5d93"
_LOOK = "01839f52-6a10-7b3c-95d8-2c4e6f8a0b17"
_BREACH = "0e6c2f3b-8a4d-5b1f-9c7e-3d2a1b0c9f84"

EXAMPLES = (
    event(
        "permit.requested",
        {
            "case_ids": [ARRIVAL, OTHER_ARRIVAL],
            "kind": "treatment",
            "outings": [
                {"begins": "2022-10-04T00:00:00Z", "ends": "2022-10-04T06:00:00Z"},
                {"begins": "2022-10-06T00:00:00Z", "ends": "2022-10-06T06:00:00Z"},
            ],
            "where": "dialysis room of the second hospital",
            "why": "dialysis on Tuesdays and Thursdays",
            "how": "escorted_car",
            "at": "2022-10-03T00:20:00Z",
        },
        source="/clinic-7/telephone",
        id="call-20221003-0040",
        time="2022-10-03T00:21:00Z",
    ),
    event(
        "permit.decided",
        {
            "permit_id": PERMIT,
            "decision": "granted",
            "expects": 0,
            "how": "escorted_car",
            "escort": "the community's car at 07:45, side entrance, Dr. He",
            "reason": None,
            "at": "2022-10-03T02:05:00Z",
        },
        source="/console/s-0007",
        id="01839a5b-8c10-7d1e-9f3a-5b1d6a0e4c52",
        time="2022-10-03T02:06:00Z",
    ),
    recorded_by(
        "isolation",
        "permit.asked",
        PERMIT,
        1,
        {
            "permit_id": PERMIT,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": _TASK,
            "task_kind": "decide_permit",
            "urgent": False,
            "at": "2022-10-03T00:20:00Z",
            "due_by": "2022-10-03T04:21:10Z",
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T00:21:10Z",
        correlation="call-20221003-0040",
    ),
    event(
        "passage.reported",
        {"case_ids": [ARRIVAL, OTHER_ARRIVAL], "direction": "out", "at": "2022-10-03T23:52:00Z"},
        source="/gate-3/north",
        id="gate-20221004-0007",
        time="2022-10-03T23:52:10Z",
    ),
    event(
        "breach.reported",
        {
            "case_ids": [ARRIVAL],
            "found": "not_at_home",
            "saw": "nobody opens; the neighbour saw her leave with a bag",
            "at": "2022-10-04T02:10:00Z",
        },
        source="/console/s-0019",
        id="01839f3c-1d20-7a4b-8e6f-5a4b3c2d1e0f",
        time="2022-10-04T02:10:30Z",
    ),
    event(
        "breach.judged",
        {
            "breach_id": _BREACH,
            "judgement": "explained",
            "expects": 0,
            "words": "the bus of the hospital broke down; the driver says so",
            "at": "2022-10-04T08:30:00Z",
        },
        source="/console/s-0007",
        id="01839fc0-5e10-7d2c-9b8a-7c6d5e4f3a2b",
        time="2022-10-04T08:30:20Z",
    ),
    recorded_by(
        "isolation",
        "breach.suspected",
        _LOOK,
        1,
        {
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": _LOOK,
            "breach_id": _BREACH,
            "why": "late_back",
            "found": "late_back",
            "at": "2022-10-04T06:00:00Z",
            "due_by": "2022-10-04T06:45:20Z",
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-04T06:15:20Z",
        correlation="call-20221003-0040",
    ),
)
