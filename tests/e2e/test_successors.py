"""A member of staff is replaced, a community dissolved: through the commands, to the messages."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from demo.day import PLAIN, Day
from demo.samples import PLACES, STAFF, sample
from services.isolation import tables as isolation
from services.notification import tables as notification
from services.registration import tables as registration
from tests.e2e.conftest import MORNING
from tests.e2e.databases import on
from tests.system import System
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.broker, on("postgresql")]

Rows = Sequence[Mapping[str, Any]]


def rows(system: System, service: str, table: Table) -> Rows:
    with system.database(service).read() as conn:
        return list(conn.execute(select(table)).mappings())


def open_cases(system: System) -> Rows:
    return [row for row in rows(system, "isolation", isolation.cases) if row["closed_at"] is None]


def live_tasks(system: System) -> Rows:
    return [row for row in rows(system, "isolation", isolation.tasks) if row["state"] in ("due", "overdue")]


def the_sample(name: str) -> list[dict[str, str]]:
    with sample(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def table(path: Path, lines: Sequence[Mapping[str, str]], *columns: str) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, [*lines[0], *columns], restval="")
        writer.writeheader()
        writer.writerows(lines)
    return str(path)


def told(system: System, staff_id: str) -> set[str]:
    """The cases of which a member of staff got a message."""
    messages = rows(system, "notification", notification.messages)
    return {row["case_id"] for row in messages if row["staff_id"] == staff_id}


def test_all_that_is_open_goes_along_with_staff_and_places(running_system: System, tmp_path: Path):
    system = running_system
    system.publish(Day(60, date(2022, 10, 1), now=MORNING, shares=PLAIN))
    system.settled()

    # A grid worker with the most cases, and a member of another role, are replaced.
    cases = open_cases(system)
    owners = [row["owner"] for row in cases]
    left = max(sorted(set(owners)), key=owners.count)
    theirs = {row["case_id"] for row in cases if row["owner"] == left}
    nurses = [who for row in cases for role, who in row["team"] if role == "health_worker"]
    nurse = max(sorted(set(nurses)), key=nurses.count)
    cared_for = {row["case_id"] for row in cases if ["health_worker", nurse] in row["team"]}
    lines = []
    for line in the_sample(STAFF):
        if line["staff_id"] in (left, nurse):
            new = f"{line['staff_id']}-new"
            lines += [{**line, "active": "false", "replaced_by": new}, {**line, "staff_id": new}]
    system.cli("staff", "import", table(tmp_path / "staff.csv", lines, *{"replaced_by"} - set(lines[0])))
    new = f"{left}-new"
    eventually(lambda: {row["case_id"] for row in open_cases(system) if row["owner"] == new} >= theirs)
    eventually(lambda: told(system, new) >= theirs)
    eventually(lambda: told(system, f"{nurse}-new") >= cared_for)
    assert not [row for row in live_tasks(system) if row["staff_id"] in (left, nurse)]
    arrivals = rows(system, "registration", registration.arrivals)
    eventually(
        lambda: left not in {row["worker"] for row in rows(system, "registration", registration.arrivals)}
    )

    # A community that has arrivals is dissolved into another of its street.
    places = the_sample(PLACES)
    inhabited = [row["community"] for row in arrivals if row["community"]]
    ended = max(sorted(set(inhabited)), key=inhabited.count)
    (line,) = [line for line in places if line["place_id"] == ended]
    others = (p for p in places if p["level"] == "community" and p["parent"] == line["parent"])
    successor = next(p["place_id"] for p in others if p["place_id"] != ended)
    merged = [{**line, "removed": "true", "successor": successor}]
    system.cli("places", "import", table(tmp_path / "places.csv", merged))
    for service, of in (("registration", registration.arrivals), ("isolation", isolation.cases)):
        eventually(lambda s=service, t=of: ended not in {row["community"] for row in rows(system, s, t)})
    assert all(row["owner"] or row["unassigned_since"] for row in open_cases(system))
    audit = system.settled()
    assert audit["balanced"], audit
