"""Leave to go out in a system that runs: P10 (filed, approved, told) and P43 (an outing arranged whole)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doorstep_client import event
from tests.e2e.at_a_door import door_of, says, staff_of, templates
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("sqlite")]

PERSON = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}
TOMORROW = MORNING + timedelta(days=1)


def passes(system: System, case_id: str, direction: str, hours: float) -> None:
    at = TOMORROW + timedelta(hours=hours)
    data = {"case_ids": [case_id], "direction": direction, "at": at.isoformat()}
    system.publish([event("passage.reported", "/gate-3/north", data, f"{direction}-1", at)])


def test_p10_and_p43_an_outing_for_treatment_is_asked_for_arranged_granted_and_watched(
    running_system: System,
) -> None:
    system = running_system
    system.publish([report("/rail-demo/x", "r-1", {**PERSON, "phone": "13909311234"})])
    [case] = eventually(lambda: system.ask("isolation", "SELECT case_id, community FROM cases"))
    case_id = str(case.case_id)
    outing = {"begins": TOMORROW.isoformat(), "ends": (TOMORROW + timedelta(hours=5)).isoformat()}
    asked: dict[str, Any] = {"case_ids": [case_id], "kind": "treatment", "outings": [outing]}
    asked |= {"where": "second hospital, dialysis", "how": "escorted_car"}
    system.publish([event("permit.requested", "/clinic-7/telephone", asked, "p-1", MORNING)])
    [permit] = eventually(lambda: system.ask("isolation", "SELECT permit_id, task_id FROM permits"))
    eventually(lambda: "staff_permit" in templates(system))

    officer = staff_of(system, "community_officer", case.community)
    arranged = {"how": "escorted_car", "escort": "the community's car at 08:40, Dr. He, side entrance"}
    said = {"permit_id": str(permit.permit_id), "decision": "granted", "expects": 0, **arranged}
    with door_of(system) as door:
        says(door, officer, "decide_permit", said)
    eventually(lambda: "resident_permit_granted" in templates(system))

    system.set_clock(TOMORROW + timedelta(minutes=10))
    passes(system, case_id, "out", 0.1)
    eventually(lambda: system.ask("isolation", "SELECT 1 AS out FROM outings WHERE left_at IS NOT NULL"))
    system.set_clock(TOMORROW + timedelta(hours=5, minutes=20))
    eventually(lambda: "staff_breach" in templates(system), 60)

    passes(system, case_id, "back", 4.8)  # by a gate that had no network: they were in time
    state = "SELECT state FROM tasks WHERE kind = 'see_breach'"
    eventually(lambda: [row.state for row in system.ask("isolation", state)] == ["cancelled"])
    system.settled()
