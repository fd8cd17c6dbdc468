"""A round of tests in a system that runs: P13 (nobody is missed), P25 (who cannot come is visited)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from doorstep_client import event
from tests.e2e.at_a_door import door_of, says, staff_of
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("sqlite")]

OLD = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}
GROWN = {"name": "李样例", "identity_type": "passport", "identity_number": "X0000001", "phone": "13909311235"}


def test_p13_nobody_is_missed_in_a_round_and_p25_the_old_are_marked_for_a_visit(
    running_system: System,
) -> None:
    system = running_system
    system.publish([report("/rail-demo/x", "r-1", {**OLD, "phone": "13909311234"})])
    system.publish([report("/rail-demo/x", "r-2", GROWN)])
    cases = eventually(
        lambda: len(found := system.ask("isolation", "SELECT case_id, community FROM cases")) == 2 and found
    )
    community = cases[0].community
    officer = staff_of(system, "community_officer", community)
    begins, ends = MORNING + timedelta(hours=1), MORNING + timedelta(hours=9)
    term = {"begins_at": begins.isoformat(), "ends_at": ends.isoformat()}
    with door_of(system) as door:
        round_id = says(door, officer, "open_round", {"place": community, **term})["round_id"]

    def people(state: str) -> list[Any]:
        of_state = "SELECT person_id, case_id, visit, why FROM round_people WHERE state = :state"
        return system.ask("isolation", of_state, state=state)

    eventually(lambda: len(people("missing")) == 2, 60)
    assert [row.visit for row in people("missing")].count("old") == 1  # P25
    system.set_clock(begins + timedelta(hours=2))
    at = begins + timedelta(hours=1)
    found = {"identity": {"number": "X0000001"}, "sample_id": "S-1", "method": "pcr", "stage": "confirmed"}
    found |= {"result": "negative", "sampled_at": at.isoformat(), "reported_at": at.isoformat()}
    system.publish([event("test.reported", "/lab-1/results", found, "a", at)])
    eventually(lambda: system.ask("isolation", "SELECT 1 AS kept FROM test_results"))
    system.set_clock(begins + timedelta(hours=2, minutes=2))  # it is looked once a minute
    eventually(lambda: len(people("tested")) == 1, 60)

    [left] = people("missing")
    said = {"person_id": str(left.person_id), "outcome": "nobody_there"}
    closing = {"round_id": round_id, "expects": 1}
    with door_of(system) as door:
        says(door, officer, "report_round_person", said)
        system.set_clock(ends + timedelta(minutes=5))
        assert door.say(officer, "close_round", closing).status_code == 409, "somebody is missing: P13"
        listed = door.get(officer, "/lists/round_missing").get_json()["rows"]
        assert [(row["person_id"], row["why"]) for row in listed] == [(str(left.person_id), "nobody_there")]
        says(door, officer, "report_round_person", {**said, "outcome": "tested"})
        says(door, officer, "close_round", closing)
    assert len(people("tested")) == 2
    system.settled()
