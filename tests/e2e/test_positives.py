"""A positive in a system that runs (P13): a person calls before any text, the household follows, a mistake
takes it all back.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from doorstep_client import event
from tests.e2e.at_a_door import door_of, says, templates
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

PERSON = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}


def result(id: str, found: str, at: datetime, **more: Any) -> Any:
    data = {"sample_id": "S-1", "method": "pcr", "stage": "confirmed", "result": found}
    data |= {"sampled_at": MORNING.isoformat(), "reported_at": at.isoformat(), **more}
    return event("test.reported", "/lab-1/results", data, id, at)


def came(system: System) -> Any:
    system.publish([report("/rail-demo/x", "r-1", {**PERSON, "phone": "13909311234"})])
    [case] = eventually(lambda: system.ask("isolation", "SELECT case_id, community FROM cases"))
    return case


def tasks(system: System, state: str) -> set[str]:
    rows = system.ask("isolation", "SELECT kind FROM tasks WHERE about <> '' AND state = :state", state=state)
    return {row.kind for row in rows}


def test_p13_a_positive_is_called_decided_and_taken_back_after_a_mistake(running_system: System) -> None:
    system = running_system
    case_id, found_at = str(came(system).case_id), MORNING + timedelta(hours=2)
    system.set_clock(found_at)
    system.publish([result("a", "positive", found_at, case_id=case_id)])
    eventually(lambda: system.ask("isolation", "SELECT 1 AS kept FROM test_results"))
    system.set_clock(found_at + timedelta(minutes=1))
    eventually(lambda: tasks(system, "due") == {"see_positive", "decide_positive", "list_contacts"}, 60)
    eventually(lambda: "staff_test_urgent" in templates(system))
    assert "resident_changed" not in templates(system)

    [call] = system.ask("isolation", "SELECT task_id, staff_id FROM tasks WHERE kind = 'see_positive'")
    said = {"task_id": str(call.task_id), "outcome": "done", "how": "by_phone"}
    with door_of(system) as door:
        says(door, str(call.staff_id), "report_task", said)

    corrected_at = found_at + timedelta(minutes=5)
    system.set_clock(corrected_at)
    system.publish([result("b", "negative", corrected_at, case_id=case_id, supersedes="a")])
    eventually(lambda: "staff_test_urgent_corrected" in templates(system), 60)
    eventually(lambda: tasks(system, "due") == {"call_them"})
    system.settled()
