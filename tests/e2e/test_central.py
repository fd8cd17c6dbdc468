"""Somebody refuses, in a system that runs: P8 (who refuses goes to central isolation)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import Clock
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from services.isolation.door import DOOR
from tests.doors import Visitor
from tests.e2e.conftest import MORNING
from tests.e2e.one_report import report
from tests.e2e.test_permits import templates
from tests.system import KEYS, System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

PERSON = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}
CENTRES = "centre_id,name,district,room,beds,families\nsite,雁白路隔离点,620102,101,1,no\n"


def test_p8_who_refuses_is_heard_with_a_witness_and_goes_to_central_isolation_with_a_bed(
    running_system: System, tmp_path: Path
) -> None:
    system = running_system
    file = tmp_path / "centres.csv"
    file.write_text(CENTRES, encoding="utf-8")
    system.cli("centres", "import", str(file))
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
    staff = "SELECT staff_id FROM staff WHERE role = :role AND place = :place ORDER BY 1"
    officer, nurse = (
        system.ask("isolation", staff, role=role, place=case.community)[0].staff_id
        for role in ("community_officer", "health_worker")
    )

    def says(who: str, command: str, data: dict[str, Any]) -> dict[str, Any]:
        answer = door.say(who, command, data)
        assert answer.status_code == 200, answer.get_json()
        found: dict[str, Any] = answer.get_json()
        return found

    def expects() -> int:
        return int(system.ask("isolation", "SELECT version FROM cases")[0].version)

    system.set_clock(MORNING + timedelta(hours=2))
    refusal = {"case_ids": [case_id], "what": "isolation", "why": "work", "what_would_help": None}
    says(nurse, "report_refusal", {**refusal, "witness": officer})
    refused = {"case_id": case_id, "decision": "refuse", "witness": nurse, "expects": expects()}
    says(officer, "decide_case", refused)
    person = {"case_id": case_id, "expects": expects(), "who": "adult", "dependants": "none"}
    says(officer, "decide_move", {"people": [person], "centre_id": "site"})
    [move] = system.ask("isolation", "SELECT move_id, room_id, state FROM moves")
    assert (move.room_id, move.state) == ("101", "decided")
    due = "SELECT kind FROM tasks WHERE state = 'due' AND kind IN ('escort_to_site', 'confirm_admission')"
    kinds = sorted(row.kind for row in system.ask("isolation", due))
    assert kinds == ["confirm_admission", "escort_to_site"], "somebody fetches them, once, and it has a clock"
    assert "resident_moved" not in templates(system), "a person tells them before any text"

    says(nurse, "settle_move", {"move_id": str(move.move_id), "outcome": "admitted"})
    eventually(lambda: "resident_moved" in templates(system), 60)
    [stands] = system.ask("isolation", "SELECT state FROM cases")
    assert stands.state == "moved_to_central"
    database.dispose()
    system.settled()
