"""What people say at a door beside a system that runs, on its database and its clock; and what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from chassis.commands.command import Author
from chassis.doors.declared import Door
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import Work
from services.isolation.door import DOOR as ISOLATION
from tests.doors import Visitor
from tests.system import KEYS, System


@contextmanager
def door_of(system: System, door: Door = ISOLATION) -> Iterator[Visitor]:
    database = system.database(door.service)
    sealer = Sealer.from_text(KEYS["DOORSTEP_SEAL_KEYS"])
    index = BlindIndex.from_text(KEYS["DOORSTEP_INDEX_KEY"])
    zone = ZoneInfo("Asia/Shanghai")
    work = Work(door.service, database, Clock(system.clock_file), sealer, index, zone, by_door=True)
    try:
        yield Visitor(door, work)
    finally:
        database.dispose()


def says(door: Visitor, who: str | Author, command: str, data: dict[str, Any], **of_token: Any) -> Any:
    """The result of a command that was done; any other answer fails the test."""
    answer = door.say(who, command, data, **of_token)
    assert answer.status_code == 200, answer.text
    return answer.get_json()["result"]


def staff_of(system: System, role: str, place: str) -> str:
    """The first who has this role there."""
    where = "SELECT staff_id FROM staff WHERE role = :role AND place = :place ORDER BY 1"
    return str(system.ask("isolation", where, role=role, place=place)[0].staff_id)


def templates(system: System) -> set[str]:
    """Of the texts that went out."""
    rows = system.ask("notification", "SELECT template FROM messages WHERE state = 'accepted'")
    return {row.template for row in rows}
