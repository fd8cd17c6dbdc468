"""Somebody slips out, in a system that runs: P11 (noticed at once, and handled), P41 (admonition first)."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from doorstep_client import event
from tests.e2e.at_a_door import door_of, says, staff_of, templates
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

PERSON = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}


def leaves(system: System, case_id: str, number: int, at: datetime) -> None:
    """A gate saw them."""
    data = {"case_ids": [case_id], "direction": "out", "at": at.isoformat()}
    system.publish([event("passage.reported", "/gate-3/north", data, f"out-{number}", at)])


def test_p11_who_slips_out_is_noticed_at_once_and_p41_is_admonished_before_anybody_is_moved(
    running_system: System,
) -> None:
    system = running_system
    system.publish([report("/rail-demo/x", "r-1", {**PERSON, "phone": "13909311234"})])
    [case] = eventually(lambda: system.ask("isolation", "SELECT case_id, community FROM cases"))
    case_id = str(case.case_id)
    officer = staff_of(system, "community_officer", case.community)

    def is_confirmed(words: str) -> None:
        rows = eventually(
            lambda: system.ask("isolation", "SELECT breach_id FROM breaches WHERE state = 'suspected'")
        )
        said = {"breach_id": str(rows[0].breach_id), "judgement": "confirmed", "expects": 0, "words": words}
        with door_of(system) as door:
            says(door, officer, "judge_breach", said)

    system.set_clock(MORNING + timedelta(hours=2))
    leaves(system, case_id, 1, MORNING + timedelta(hours=1, minutes=50))
    eventually(lambda: "staff_breach" in templates(system), 60)  # P11: at once, at any hour
    is_confirmed("he bought bread; I told him to ask first")
    eventually(lambda: "resident_admonished" in templates(system), 60)  # P41
    settles = "SELECT state FROM tasks WHERE kind = 'settle_breach'"
    assert system.ask("isolation", settles) == [], "admonition comes first"

    system.set_clock(MORNING + timedelta(hours=15))
    leaves(system, case_id, 2, MORNING + timedelta(hours=14, minutes=55))
    is_confirmed("once more")
    eventually(lambda: [row.state for row in system.ask("isolation", settles)] == ["due"])
    [stands] = system.ask("isolation", "SELECT state FROM cases")
    assert stands.state in ("open", "active"), "an officer decides, nobody else"
    system.settled()
