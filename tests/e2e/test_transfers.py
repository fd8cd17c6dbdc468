"""A family's case goes to another community, and from there to another district, in a system that runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.registration.door import DOOR as REGISTRATION
from tests.e2e.at_a_door import door_of, says, staff_of
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.e2e.one_report import report
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

MOTHER = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}
CHILD = {"name": "王小例", "identity_type": "resident_id", "identity_number": "620102201501010122"}


def told(system: System) -> set[tuple[str, str]]:
    """(template, whom) of texts that went out."""
    rows = system.ask("notification", "SELECT template, staff_id FROM messages WHERE state = 'accepted'")
    return {(row.template, row.staff_id) for row in rows}


def cases(system: System) -> dict[str, tuple[str, str]]:
    rows = system.ask("isolation", "SELECT case_id, community, state FROM cases")
    return {str(row.case_id): (row.community, row.state) for row in rows}


def test_a_family_is_taken_over_by_another_community_and_then_by_another_district(
    running_system: System,
) -> None:
    system = running_system
    family = report("/rail-demo/x", "r-1", {**MOTHER, "phone": "13909311234"}, companions=[CHILD])
    system.publish([family])
    eventually(lambda: len(cases(system)) == 2)
    (one, (here, _)), (other, _) = sorted(cases(system).items())
    others = system.ask(
        "registration",
        "SELECT p.place_id FROM places p JOIN staff s ON s.place = p.place_id "
        "WHERE p.level = 'community' AND s.role = 'community_officer' AND p.place_id <> :here ORDER BY 1",
        here=here,
    )
    there = str(others[0].place_id)
    sends, takes = (staff_of(system, "community_officer", place) for place in (here, there))

    with door_of(system, REGISTRATION) as door:
        asked: dict[str, Any] = {"arrival_id": one, "with_household": True, "place": there}
        asked |= {"address": "2号楼301", "note": "to their grandmother"}
        transfer = says(door, sends, "request_transfer", asked)["transfer_id"]
        eventually(lambda: ("staff_transfer_asked", takes) in told(system))
        assert {community for community, _ in cases(system).values()} == {here}
        system.set_clock(MORNING + timedelta(minutes=30))
        said = {"transfer_id": transfer, "decision": "accepted", "expects": 0}
        says(door, takes, "decide_transfer", said)
        eventually(lambda: {community for community, _ in cases(system).values()} == {there})
        eventually(lambda: ("staff_transfer_answered", sends) in told(system))
        eventually(lambda: any(template == "worker_handed_on" for template, _ in told(system)))

    with door_of(system) as door:

        def decide(decision: str, **more: str) -> None:
            version = door.get(takes, f"/case/{one}").get_json()["version"]
            said = {"case_id": one, "decision": decision, "expects": version, **more}
            says(door, takes, "decide_case", said)

        decide("transfer", place="Qilihe district, duty room")
        assert cases(system)[one] == (there, "open")
        decide("taken_over", note="Dr. Li, by phone")
        assert cases(system) == {one: (there, "transferred"), other: (there, "open")}
        eventually(lambda: any(template == "resident_ended_elsewhere" for template, _ in told(system)))
    system.settled()
