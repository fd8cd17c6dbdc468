"""Somebody refuses, in a system that runs: P8 (who refuses goes to central isolation)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.at_a_door import door_of, says, staff_of, templates
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("sqlite")]

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
    officer = staff_of(system, "community_officer", case.community)
    nurse = staff_of(system, "health_worker", case.community)

    def say(who: str, command: str, data: dict[str, Any]) -> None:
        with door_of(system) as door:
            says(door, who, command, data)

    def expects() -> int:
        return int(system.ask("isolation", "SELECT version FROM cases")[0].version)

    system.set_clock(MORNING + timedelta(hours=2))
    refusal = {"case_ids": [case_id], "what": "isolation", "why": "work", "what_would_help": None}
    say(nurse, "report_refusal", {**refusal, "witness": officer})
    refused = {"case_id": case_id, "decision": "refuse", "witness": nurse, "expects": expects()}
    say(officer, "decide_case", refused)
    person = {"case_id": case_id, "expects": expects(), "who": "adult", "dependants": "none"}
    say(officer, "decide_move", {"people": [person], "centre_id": "site"})
    [move] = system.ask("isolation", "SELECT move_id, room_id, state FROM moves")
    assert (move.room_id, move.state) == ("101", "decided")
    due = "SELECT kind FROM tasks WHERE state = 'due' AND kind IN ('escort_to_site', 'confirm_admission')"
    kinds = sorted(row.kind for row in system.ask("isolation", due))
    assert kinds == ["confirm_admission", "escort_to_site"], "somebody fetches them, once, and it has a clock"
    assert "resident_moved" not in templates(system), "a person tells them before any text"

    say(nurse, "settle_move", {"move_id": str(move.move_id), "outcome": "admitted"})
    eventually(lambda: "resident_moved" in templates(system), 60)
    [stands] = system.ask("isolation", "SELECT state FROM cases")
    assert stands.state == "moved_to_central"
    system.settled()
