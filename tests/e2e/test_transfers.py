"""A family's case goes to another community, and from there to another district, in a system that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import Clock
from chassis.doors.declared import Door
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from services.isolation.door import DOOR as ISOLATION
from services.registration.door import DOOR as REGISTRATION
from tests.doors import Visitor
from tests.e2e.conftest import MORNING
from tests.e2e.one_report import report
from tests.system import KEYS, System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker]

MOTHER = {"name": "王样例", "identity_type": "resident_id", "identity_number": "620102194801010121"}
CHILD = {"name": "王小例", "identity_type": "resident_id", "identity_number": "620102201501010122"}


@contextmanager
def door_of(system: System, door: Door) -> Iterator[Visitor]:
    database = system.database(door.service)
    sealer = Sealer.from_text(KEYS["DOORSTEP_SEAL_KEYS"])
    index = BlindIndex.from_text(KEYS["DOORSTEP_INDEX_KEY"])
    zone = ZoneInfo("Asia/Shanghai")
    work = Work(door.service, database, Clock(system.clock_file), sealer, index, zone, by_door=True)
    yield Visitor(door, work)
    database.dispose()


def told(system: System) -> set[tuple[str, str]]:
    """(template, whom) of texts that went out."""
    rows = system.ask("notification", "SELECT template, staff_id FROM messages WHERE state = 'accepted'")
    return {(row.template, row.staff_id) for row in rows}


def officer_of(system: System, community: str) -> str:
    where = "SELECT staff_id FROM staff WHERE role = 'community_officer' AND place = :place ORDER BY 1"
    return str(system.ask("registration", where, place=community)[0].staff_id)


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
    sends, takes = officer_of(system, here), officer_of(system, there)

    with door_of(system, REGISTRATION) as door:
        asked = {"arrival_id": one, "with_household": True, "place": there, "address": "2号楼301"}
        answer = door.say(sends, "request_transfer", {**asked, "note": "to their grandmother"})
        assert answer.status_code == 200, answer.text
        transfer = answer.get_json()["result"]["transfer_id"]
        eventually(lambda: ("staff_transfer_asked", takes) in told(system))
        assert {community for community, _ in cases(system).values()} == {here}
        system.set_clock(MORNING + timedelta(minutes=30))
        said = {"transfer_id": transfer, "decision": "accepted", "expects": 0}
        assert door.say(takes, "decide_transfer", said).status_code == 200
        eventually(lambda: {community for community, _ in cases(system).values()} == {there})
        eventually(lambda: ("staff_transfer_answered", sends) in told(system))
        eventually(lambda: any(template == "worker_handed_on" for template, _ in told(system)))

    with door_of(system, ISOLATION) as door:

        def decide(decision: str, **more: str) -> None:
            version = door.get(takes, f"/case/{one}").get_json()["version"]
            said = {"case_id": one, "decision": decision, "expects": version, **more}
            answer = door.say(takes, "decide_case", said)
            assert answer.status_code == 200, answer.text

        decide("transfer", place="Qilihe district, duty room")
        assert cases(system)[one] == (there, "open")
        decide("taken_over", note="Dr. Li, by phone")
        assert cases(system) == {one: (there, "transferred"), other: (there, "open")}
        eventually(lambda: any(template == "resident_ended_elsewhere" for template, _ in told(system)))
    system.settled()
