"""From outside: a source corrects, moves and calls off what it reported, and the right people are told."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from services.notification.tables import messages
from services.registration.tables import arrivals
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.system import System

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("sqlite")]

RISKY = {"division": "620402", "address": "白银路1号", "from": "2022-09-25", "to": "2022-10-01"}
FIRST_HOUSE = "酒泉路街道春和社区春和花园3号楼2单元501"
OTHER_HOUSE = "酒泉路街道春和社区春和家园7号楼1单元101"
TODAY = "2022-10-01T08:00:00+08:00"
FLIGHT, MOVED = "2022-10-05T18:00:00+08:00", "2022-10-09T18:00:00+08:00"
HIM = {"name": "姜改正", "identity_type": "resident_id", "identity_number": "62010219770707021X"}
HER = {"name": "姜改门", "identity_type": "resident_id", "identity_number": "620102197707080215"}


def report(id: str, hour: str, person: dict[str, Any], at: str = TODAY, **changed: Any) -> dict[str, Any]:
    """A report as in case 09, told at that hour of the day."""
    coming = {"at": at, "expected": at != TODAY, "called_off": changed.pop("called_off", False)}
    destination = {"division": "620102001801", "address": changed.pop("address", FIRST_HOUSE)}
    data = {"source_kind": "transport", "person": person, "companions": [], "stops": [RISKY], **changed}
    return {
        "specversion": "1.0",
        "id": id,
        "source": "/rail-demo/gate",
        "type": "arrival.reported",
        "time": f"2022-10-01T{hour}:00+08:00",
        "data": data | {"arrival": coming, "destination": destination},
    }


def publish(system: System, path: Path, *reports: dict[str, Any]) -> None:
    """As another system would, by the command."""
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in reports))
    system.cli("publish", str(path))
    system.settled()


def sent(system: System) -> set[tuple[str, str, str]]:
    """(recipient, template, state) of all messages, once none waits to be sent."""
    database = system.database("notification")
    with database.read() as conn:
        rows = conn.execute(select(messages)).mappings().all()
    database.dispose()
    return {(row["staff_id"] or row["recipient_kind"], row["template"], row["state"]) for row in rows}


def states(system: System) -> list[tuple[str, str | None, datetime]]:
    database = system.database("registration")
    with database.read() as conn:
        rows = conn.execute(select(arrivals).order_by(arrivals.c.arrived_at)).mappings().all()
    database.dispose()
    return [(row["state"], row["grid"], row["arrived_at"]) for row in rows]


def test_a_corrected_phone_and_house_reach_whoever_was_told_otherwise(
    running_system: System, tmp_path: Path
) -> None:
    system, file = running_system, tmp_path / "reports.jsonl"
    system.set_clock(MORNING + timedelta(hours=3))
    wrong, right = HIM | {"phone": "16500090001"}, HIM | {"phone": "16500090009"}
    her = HER | {"phone": "16500090002"}
    publish(system, file, report("c09-1", "09:00", wrong), report("c09-3", "09:00", her))
    before = sent(system)
    workers = {to for to, template, state in before if (template, state) == ("worker_case", "accepted")}
    assert len(workers) == 2 and "resident" in {to for to, _, state in before if state == "accepted"}
    numbers = system.sms_sent()["numbers"]

    corrected = report("c09-2", "11:00", right), report("c09-4", "11:00", her, address=OTHER_HOUSE)
    publish(system, file, *corrected)
    told = {template: to for to, template, state in sent(system) - before if state == "accepted"}
    assert told["sent_in_error"] == "former"
    assert {told["worker_corrected"], told["worker_handed_on"]} == workers
    assert told["worker_case"] not in workers, "her house lies in the grid of another"
    assert system.sms_sent()["numbers"] >= numbers + 2, "his right number, and her new worker's"
    assert {(state, grid) for state, grid, _ in states(system)} == {
        ("assigned", "620102001801-g1"),
        ("assigned", "620102001801-g2"),
    }


def test_of_a_flight_moved_and_called_off_nobody_hears_until_it_is_taken_after_all(
    running_system: System, tmp_path: Path
) -> None:
    system, file = running_system, tmp_path / "reports.jsonl"
    system.set_clock(MORNING + timedelta(hours=6))
    him = HIM | {"phone": "16500090001"}
    announced = report("f-1", "09:00", him, FLIGHT, reference="ca-17")
    publish(system, file, announced, report("f-2", "10:00", him, MOVED, reference="ca-17"))
    ((state, _, at),) = states(system)
    assert (state, at) == ("expected", datetime.fromisoformat(MOVED))
    assert sent(system) == set(), "nobody is welcomed or sent to a door before they come"

    off = report("f-3", "11:00", him, MOVED, reference="ca-17", called_off=True)
    unknown = report("g-1", "11:00", HER | {"phone": "16500090002"}, MOVED, called_off=True)
    publish(system, file, off, unknown)
    assert [state for state, _, _ in states(system)] == ["not_coming", "not_coming"]
    assert sent(system) == set()

    publish(system, file, report("f-4", "12:00", him, TODAY, reference="ca-17"))
    assert [state for state, _, _ in states(system)] == ["assigned", "not_coming"]
    templates = {template for _, template, state in sent(system) if state == "accepted"}
    assert "worker_case" in templates and not {"resident_changed", "resident_cancelled"} & templates
    assert "resident" in {to for to, _, state in sent(system) if state == "accepted"}
