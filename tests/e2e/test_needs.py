"""A unit of three looks after a household in a system that runs: P38 (a team of a community), P8 (a notice is
signed, they are asked twice a day), P9 (needs).
"""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.commands.command import Author
from tests.doors import Visitor
from tests.e2e.at_a_door import door_of, says, staff_of, templates
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import SPRING, report
from tests.system import POLICIES, System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

PERSON = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}
COMMUNITY = SPRING["division"]
CHINA = ZoneInfo("Asia/Shanghai")
UNIT = ("community_cadre", "health_worker", "police")


def policy_of_the_unit(file: Path) -> Path:
    """The ninth edition in one community: its cadre, health worker and policeman are the team."""
    [ninth] = [path for path in POLICIES if "ninth" in path.name]
    document: dict[str, Any] = json.loads(ninth.read_text(encoding="utf-8"))
    document |= {"policy_id": "unit-of-three", "places": [COMMUNITY]}
    for level in document["levels"].values():
        level["care_team"] = list(UNIT)
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return file


def to_residents(system: System) -> set[str]:
    return {template for template in templates(system) if template.startswith("resident_")}


def signed_and_asked_twice_a_day(system: System, door: Visitor, case_id: str, cadre: str) -> None:
    """P8: the notice is signed, and the temperature taken in each of two windows of a day is recorded."""

    def tasks(kind: str) -> list[Any]:
        of_it = "SELECT due_from, due_by, state FROM tasks WHERE case_id = :id AND kind = :kind"
        return system.ask("isolation", f"{of_it} ORDER BY due_from", id=case_id, kind=kind)

    says(door, cadre, "sign_notice", {"case_ids": [case_id], "outcome": "signed"})
    assert [row.state for row in tasks("signed_notice")] == ["done"]
    windows = [(row.due_from.astimezone(CHINA), row.due_by.astimezone(CHINA)) for row in tasks("check_in")]
    tomorrow = [(begins.hour, ends.hour) for begins, ends in windows if begins.date() > MORNING.date()]
    assert tomorrow == [(8, 10), (16, 18)]
    person = {"case_id": case_id, "temperature": 36.6, "symptoms": [], "how_known": "seen"}
    says(door, cadre, "report_check_in", {"people": [person]})
    [kept] = system.ask("isolation", "SELECT temperature, abnormal FROM check_ins")
    assert kept.temperature == 366 and not kept.abnormal, "in tenths of a degree"
    assert [row.state for row in tasks("check_in")][:2] == ["done", "due"]


def test_p38_a_unit_of_three_has_the_case_p8_it_asks_twice_a_day_and_p9_brings_what_is_needed(
    running_system: System, tmp_path: Path
) -> None:
    system = running_system
    system.cli("policy", "import", str(policy_of_the_unit(tmp_path / "unit.json")))
    system.publish([report("/rail-demo/x", "r-1", {**PERSON, "phone": "13909311234"})])
    [case] = eventually(lambda: system.ask("isolation", "SELECT case_id, household_id, team FROM cases"))
    team = json.loads(case.team) if isinstance(case.team, str) else case.team
    unit = [[role, staff_of(system, role, COMMUNITY)] for role in UNIT]
    assert team == unit, "P38: three of one community, whatever their own districts are"
    household = str(case.household_id or case.case_id)
    cadre, nurse, policeman = (staff_id for _, staff_id in unit)

    resident = Author("link", "/link/l-1", "l-1")

    def needs(kind: str) -> list[Any]:
        by_task = "SELECT n.need_id, t.kind, t.staff_id, t.due_by, t.state FROM needs n JOIN tasks t"
        return system.ask("isolation", f"{by_task} ON t.task_id = n.task_id WHERE n.kind = :kind", kind=kind)

    system.settled()
    before = to_residents(system)
    assert before, "they were told what is asked of them"
    system.set_clock(MORNING + timedelta(hours=1))
    with door_of(system) as door:
        for kind, text in (("medical", "her chest hurts"), ("food", "rice and eggs")):
            said = {"case_ids": [str(case.case_id)], "kind": kind, "text": text}
            says(door, resident, "ask_need", said, household=household)
        [medical], [food] = needs("medical"), needs("food")
        assert medical.due_by < food.due_by
        assert medical.staff_id == nurse
        told = "SELECT staff_id FROM messages WHERE template = 'staff_need' AND state = 'accepted'"
        heard = eventually(lambda: len(rows := system.ask("notification", told)) >= 2 and rows, 60)
        assert {row.staff_id for row in heard} == {cadre, nurse}, "P9: the head of the team at once"
        says(door, cadre, "answer_need", {"need_id": str(food.need_id), "outcome": "seen"})
        brought = {"need_id": str(food.need_id), "outcome": "met", "how": "left_at_door"}
        says(door, cadre, "answer_need", brought)
        refused = door.say(policeman, "answer_need", brought)
        assert refused.status_code == 403, "the police see no needs"
    assert [row.state for row in needs("food")] == ["done"]
    assert [row.state for row in needs("medical")] == ["due"], "until somebody saw her"
    system.settled()
    assert to_residents(system) == before, "what they asked for stands on their page, and in no text"
    system.set_clock(MORNING + timedelta(hours=8))
    with door_of(system) as door:
        signed_and_asked_twice_a_day(system, door, str(case.case_id), cadre)
