"""Examples of what is said of needs, and of what isolation publishes of them."""

from __future__ import annotations

from contracts.check_ins.examples import ALARM_TASK, TELL
from contracts.story import ARRIVAL, OTHER_ARRIVAL, event, recorded_by

NEED = "5a8f9c3e-7c2d-5d0a-9b6e-2f1e4c7a8d90"

EXAMPLES = (
    event(
        "need.asked",
        {
            "case_ids": [ARRIVAL, OTHER_ARRIVAL],
            "kind": "medicine",
            "text": "insulin, two pens",
            "days_left": 1,
            "needs_cold": True,
            "at": "2022-10-03T00:20:00Z",
        },
        source="/clinic-7/telephone",
        id="call-20221003-0032",
        time="2022-10-03T00:21:00Z",
    ),
    event(
        "need.answered",
        {
            "need_id": NEED,
            "outcome": "met",
            "how": "left_at_door",
            "because": None,
            "note": "in the cold box, they were told by phone",
            "at": "2022-10-03T02:05:00Z",
        },
        source="/console/w-0117",
        id="01839a5b-8c10-7d1e-9f3a-5b1d6a0e4c51",
        time="2022-10-03T02:06:00Z",
    ),
    recorded_by(
        "isolation",
        "need.urgent",
        NEED,
        1,
        {
            "need_id": NEED,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "task_id": ALARM_TASK,
            "at": "2022-10-03T00:20:00Z",
            "due_by": "2022-10-03T04:21:10Z",
            "tell": TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T00:21:10Z",
        correlation="call-20221003-0032",
    ),
)
