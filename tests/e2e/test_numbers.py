"""What a number can do, from the report to whoever tells the person: cases 08 and 28 of those tried."""

from __future__ import annotations

from typing import Any

import pytest

from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker]


def report(id: str, person: dict[str, Any], **data: Any) -> Any:
    return {
        "specversion": "1.0",
        "id": id,
        "source": "/grid-demo/phone",
        "type": "arrival.reported",
        "time": "2022-10-01T08:50:00+08:00",
        "datacontenttype": "application/json",
        "data": {
            "source_kind": "grid",
            "person": person,
            "companions": [],
            "stops": [
                {"division": "620402", "address": "白银路1号", "from": "2022-09-25", "to": "2022-10-01"}
            ],
            "arrival": {"at": "2022-10-01T08:45:00+08:00", "expected": False},
            "destination": {
                "division": "620102001801",
                "address": "酒泉路街道春和社区春和花园3号楼2单元501",
            },
            **data,
        },
    }


def somebody(name: str, number: str, phone: str) -> dict[str, Any]:
    return {"name": name, "identity_type": "resident_id", "identity_number": number, "phone": phone}


LANDLINE = report("c08-1", somebody("韩老样", "620102194801010121", "0931-8412345"))
SERVICE = report("c08-2", somebody("胡老样", "620102194701010132", "400-123-4567"))
CHICAGO = report(
    "c28-1",
    {
        "name": "JANE DEMO DOE",
        "identity_type": "passport",
        "identity_number": "Z00011122",
        "phone": "1-312-555-0123",
        "nationality": "USA",
    },
    language="en",
)


def told(system: System, event_id: str) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """The message to the resident, and the tasks that are there because of it."""
    trace = system.cli("trace", event_id)
    messages = trace["notification"]["messages"]
    (message,) = [one for one in messages if one["recipient"]["kind"] == "resident"]
    tasks = [task for day in trace["isolation"]["days"] for task in day["tasks"]]
    of_it = [(one["kind"], one["state"]) for one in tasks if one["about"] == message["message_id"]]
    return message, of_it


def test_whom_no_text_reaches_is_called_or_visited_at_once(running_system: System) -> None:
    system = running_system
    system.publish([LANDLINE, SERVICE, CHICAGO])
    found = system.settled()
    message, tasks = told(system, "c08-1")
    assert (message["state"], message["reason"]) == ("failed", "landline")
    assert tasks == [("call_them", "due")]
    message, tasks = told(system, "c08-2")
    assert (message["state"], message["reason"]) == ("failed", "service_number")
    assert tasks == [("visit_them", "due")]
    counted = found["sums"]["messages"]["not_told"]
    assert (counted["landline"], counted["service_number"]) == (1, 1)
    shown = system.run("trace", "c08-1").out
    assert "not told by text: landline, call task due" in " ".join(shown.split())
    assert "not told by them" in system.run("audit").out


def test_a_number_of_two_countries_gets_no_text(running_system: System) -> None:
    """Nor does the number in China that it could be: only what the workers are told goes out."""
    system = running_system
    system.publish([CHICAGO])
    found = system.settled()
    reports = found["sums"]["reports"]
    if reports["needs_correction"]:  # nothing of it is acted upon
        assert system.sms_sent()["keys"] == 0
    else:
        message, tasks = told(system, "c28-1")
        assert (message["state"], message["reason"]) == ("failed", "no_phone")
        assert tasks == [("visit_them", "due")]
