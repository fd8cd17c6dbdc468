"""Examples of messages to people."""

from __future__ import annotations

from contracts.story import ARRIVAL, MESSAGE, recorded_by

EXAMPLES = (
    recorded_by(
        "notification",
        "message.accepted",
        MESSAGE,
        1,
        {
            "message_id": MESSAGE,
            "case_id": ARRIVAL,
            "recipient": {"kind": "resident", "staff_id": None, "role": None},
            "channel": "sms",
            "template": "case_opened/home_isolation/resident",
            "provider_reference": "gw-20221001-000417",
            "accepted_at": "2022-09-30T22:15:05Z",
        },
        time="2022-09-30T22:15:05Z",
    ),
    recorded_by(
        "notification",
        "message.undeliverable",
        MESSAGE,
        1,
        {
            "message_id": MESSAGE,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "recipient": {"kind": "resident", "staff_id": None, "role": None},
            "channel": "sms",
            "template": "case_opened/home_isolation/resident",
            "reason": "landline",
            "instead": "call",
            "attempts": 0,
            "about": "opened:1",
            "level": None,
        },
        time="2022-09-30T22:15:05Z",
    ),
)
