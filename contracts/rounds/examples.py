"""Examples of what is said of rounds of tests."""

from __future__ import annotations

from contracts.story import event

_ROUND = "01839e12-7c40-5d1a-9a3e-6b1f0c2d4e58"
_PERSON = "01839e12-9b02-5f77-8c11-2d7e5a90b3c4"

EXAMPLES = (
    event(
        "test_round.opened",
        {
            "place": "jiuquanlu-03",
            "begins_at": "2022-10-04T00:00:00Z",
            "ends_at": "2022-10-04T10:00:00Z",
            "at": "2022-10-03T12:30:00Z",
        },
        source="/console/o-0007",
        id="01839c80-5d11-7a60-8f02-6c3e9b7d1a24",
        time="2022-10-03T12:30:05Z",
    ),
    event(
        "round_register.given",
        {
            "round_id": _ROUND,
            "place": None,
            "people": [
                {
                    "line": 2,
                    "name": "何样例",
                    "phone": "13900000021",
                    "building": "京怡家园4号楼",
                    "unit": "2",
                    "floor": "5",
                    "room": "502",
                    "identity_number": None,
                    "birth_date": "1941-03-08",
                    "cannot_walk": True,
                }
            ],
            "at": "2022-10-03T12:40:00Z",
        },
        source="/console/o-0007",
        id="01839c8a-1b47-7d02-9c55-3f8e2a6d0c71",
        time="2022-10-03T12:40:04Z",
    ),
    event(
        "round_person.reported",
        {"person_id": _PERSON, "outcome": "nobody_there", "note": None, "at": "2022-10-04T02:10:00Z"},
        source="/console/w-0117",
        id="01839f71-2c08-7e15-9d44-0b5a8c6f3e12",
        time="2022-10-04T02:10:04Z",
    ),
    event(
        "test_round.closed",
        {"round_id": _ROUND, "expects": 1, "because": None, "at": "2022-10-04T12:00:00Z"},
        source="/console/o-0007",
        id="0183a18f-6e33-7b90-8a57-4d2c1f9e0b63",
        time="2022-10-04T12:00:06Z",
    ),
)
