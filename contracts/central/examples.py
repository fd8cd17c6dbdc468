"""Examples of what is said of moves to central isolation."""

from __future__ import annotations

from contracts.story import ARRIVAL, OTHER_ARRIVAL, event

_MOVE = "01839fd2-7a10-7c4b-8e5f-1a2b3c4d5e6f"

EXAMPLES = (
    event(
        "home.reported",
        {
            "people": [
                {"case_id": ARRIVAL, "group": None, "carer": None},
                {"case_id": OTHER_ARRIVAL, "group": "under_14", "carer": "the grandmother, 2 doors on"},
            ],
            "lacks": ["own_toilet"],
            "at": "2022-10-01T02:40:00Z",
        },
        source="/console/w-0117",
        id="0183917b-8c10-7d1e-9f3a-5b1d6a0e4c55",
        time="2022-10-01T02:41:00Z",
    ),
    event(
        "move.decided",
        {
            "people": [
                {
                    "case_id": ARRIVAL,
                    "expects": 3,
                    "who": "adult",
                    "carer": None,
                    "carer_named": None,
                    "dependants": "come_along",
                    "minded_by": None,
                },
                {
                    "case_id": OTHER_ARRIVAL,
                    "expects": 2,
                    "who": "child",
                    "carer": ARRIVAL,
                    "carer_named": None,
                    "dependants": None,
                    "minded_by": None,
                },
            ],
            "centre_id": "yanbai-road",
            "room_id": None,
            "note": "the child has asthma; its spray is packed",
            "at": "2022-10-04T09:10:00Z",
        },
        source="/console/s-0007",
        id="01839fd2-7a0f-7d2c-9b8a-7c6d5e4f3a2b",
        time="2022-10-04T09:10:20Z",
    ),
    event(
        "move.settled",
        {
            "move_id": _MOVE,
            "with_household": True,
            "outcome": "admitted",
            "note": None,
            "at": "2022-10-04T12:40:00Z",
        },
        source="/console/w-0117",
        id="0183a092-1c30-7a4b-8e6f-5a4b3c2d1e0f",
        time="2022-10-04T12:41:10Z",
    ),
    event(
        "carer.named",
        {
            "move_id": _MOVE,
            "carer": None,
            "carer_named": "her aunt, Ma Xiulan, 13909310127",
            "takes_bed": True,
            "dependants": "minded",
            "minded_by": "the aunt's husband, 13909310128",
            "apart": False,
            "at": "2022-10-05T08:20:00Z",
        },
        source="/console/s-0007",
        id="0183a4d1-6f80-7e5d-9c7b-6b5c4d3e2f1a",
        time="2022-10-05T08:20:30Z",
    ),
)
