"""Somebody slips out, in a system that runs: P11 (noticed at once, and handled), P41 (admonition first)."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import Clock
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from doorstep_client import event
from services.isolation.door import DOOR
from tests.doors import Visitor
from tests.e2e.conftest import MORNING
from tests.e2e.one_report import report
from tests.e2e.test_permits import templates
from tests.system import KEYS, System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

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
    database = system.database("isolation")
    sealer, index = (
        Sealer.from_text(KEYS["DOORSTEP_SEAL_KEYS"]),
        BlindIndex.from_text(KEYS["DOORSTEP_INDEX_KEY"]),
    )
    clock, zone = Clock(system.clock_file), ZoneInfo("Asia/Shanghai")
    door = Visitor(DOOR, Work("isolation", database, clock, sealer, index, zone, by_door=True))
    staff = "SELECT staff_id FROM staff WHERE role = 'community_officer' AND place = :place ORDER BY 1"
    officer = system.ask("isolation", staff, place=case.community)[0].staff_id

    def is_confirmed(words: str) -> None:
        rows = eventually(
            lambda: system.ask("isolation", "SELECT breach_id FROM breaches WHERE state = 'suspected'")
        )
        said = {"breach_id": str(rows[0].breach_id), "judgement": "confirmed", "expects": 0, "words": words}
        assert door.say(officer, "judge_breach", said).status_code == 200

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
    database.dispose()
    system.settled()
