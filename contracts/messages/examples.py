"""Examples of messages to people."""

from __future__ import annotations

from contracts.story import ARRIVAL, MESSAGE, TASK, recorded_by

DIGEST_MESSAGE = "5a0b77d2-91ce-8d20-b6b1-0d8e2a7c4f19"

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
    recorded_by(
        "notification",
        "message.undeliverable",
        DIGEST_MESSAGE,
        1,
        {
            "message_id": DIGEST_MESSAGE,
            "case_id": ARRIVAL,
            "arrival_id": ARRIVAL,
            "recipient": {"kind": "staff", "staff_id": "w-0117", "role": "grid_worker"},
            "channel": "sms",
            "template": "staff_digest",
            "reason": "http_503",
            "instead": None,
            "attempts": 8,
            "about": f"overdue:{TASK}:1",
            "level": "worker",
            "urgent": False,
            "abouts": [
                {
                    "case_id": ARRIVAL,
                    "arrival_id": ARRIVAL,
                    "about": f"overdue:{TASK}:1",
                    "level": "worker",
                },
                {"case_id": ARRIVAL, "arrival_id": ARRIVAL, "about": "team:2022-10-01T01", "level": None},
            ],
        },
        time="2022-10-01T02:31:05Z",
    ),
)
