"""An example of the answer to a command."""

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
)
