"""Examples of the answer to a command, and of the warning to a publisher."""

from __future__ import annotations

from contracts.story import event

_SUBJECT = "6f4a7f1e-55c5-5a3a-9d0e-8f7a0a6a2b11"

EXAMPLES = (
    event(
        "command.settled",
        {
            "command": "report_task",
            "event": {"source": "/clinic-7/visits", "id": "visit-20221001-0031"},
            "received_at": "2022-10-01T01:12:04Z",
            "outcome": "invalid",
            "result": {},
            "reasons": [
                {
                    "field": "data.outcome",
                    "code": "contract",
                    "message": "Must be one of: done, not_possible.",
                }
            ],
        },
        source="/doorstep/isolation",
        id=f"command.settled:{_SUBJECT}",
        subject=_SUBJECT,
        time="2022-10-01T01:12:04Z",
        correlation="visit-20221001-0031",
    ),
    event(
        "publisher.slowed",
        {
            "publisher": "rail-lanzhou",
            "what": "size_a_day",
            "standing": "near",
            "limit": 4096,
            "message": "soon your messages of today come to 4096 MiB; then what is beyond waits in your "
            "queue until tomorrow",
        },
        source="/doorstep/registration",
        id="publisher.slowed:01839212-7cc7-7f19-a6a1-0b1d1d2e3f40",
        subject="01839212-7cc7-7f19-a6a1-0b1d1d2e3f40",
        time="2022-10-01T09:12:04Z",
    ),
)
