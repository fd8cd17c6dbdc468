"""Examples of what isolation publishes of a check-in that alarms."""

from __future__ import annotations

from typing import Any

from contracts.story import ARRIVAL, SEALED, recorded_by

CHECK_IN = "01839a52-1d40-5b7e-9c11-7d0b5e2f4a61"
ALARM_TASK = "01839a52-1d41-7c33-b2f4-91d2c4e8aa71"

_TELL: dict[str, Any] = {
    "level": "worker",
    "place": "jiuquanlu-03-g2",
    "staff": [
        {"staff_id": "h-0021", "role": "health_worker", "contact": SEALED, "language": "zh-CN"},
        {"staff_id": "w-0117", "role": "grid_worker", "contact": SEALED, "language": "zh-CN"},
    ],
}

EXAMPLES = (
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
            "tell": _TELL,
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
            "tell": _TELL,
            "community": "jiuquanlu-03",
            "grid": "jiuquanlu-03-g2",
        },
        time="2022-10-03T00:26:41Z",
    ),
)
