"""Who of the sample day is shown to whoever tries the console: found once the morning is in."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from demo.days.doors import Doors, Who
from demo.days.scene import household_of
from demo.days.workers import CHECK_IN, FIRST_CONTACT
from demo.samples import STAFF, sample

Member = Mapping[str, str]
"""A row of staff.csv."""
_MOST: Final = 60
"""Households that one worker walks to in a day."""


@dataclass(frozen=True)
class Cast:
    """
    :param worker: of most households that report temperatures.
    :param away: another one of the street, who will be away.
    :param community_officer, street_officer: of the worker's places.
    :param household: one of the worker's, which reports temperatures if any does; None where there is none.
    """

    worker: Member
    away: Member
    community_officer: Member
    street_officer: Member
    district: Member
    household: str | None

    @property
    def idle(self) -> frozenset[str]:
        """Whose tasks are left for whoever tries the console."""
        return frozenset({self.worker["staff_id"], self.away["staff_id"]})

    def of_worker(self, tasks: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        return [task for task in tasks if task["staff_id"] == self.worker["staff_id"]]


def cast_of(doors: Doors) -> Cast:
    staff = list(csv.DictReader(io.StringIO(sample(STAFF).read_text(encoding="utf-8"))))
    active = [one for one in staff if one["active"] == "true"]
    district = next(one for one in active if one["role"] == "district_officer")
    theirs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for task in doors.rows(Who.staff(district["staff_id"]), "isolation", "open_tasks"):
        theirs[task["staff_id"] or ""].append(task)
    walking = [one for one in active if one["role"] == "grid_worker"]
    worker = max(walking, key=lambda one: _households(theirs[one["staff_id"]]))
    # Grids, communities and streets of the sample begin with the code of what they lie in.
    above = [
        one for one in active if one["role"].endswith("_officer") and worker["place"].startswith(one["place"])
    ]
    street = next(one for one in above if one["role"] == "street_officer")
    colleagues = [one for one in walking if one["place"].startswith(street["place"]) and one is not worker]
    tasks = theirs[worker["staff_id"]]
    reporting = [task for task in tasks if task["kind"] == CHECK_IN] or tasks
    return Cast(
        worker=worker,
        away=max(colleagues, key=lambda one: _first_visits(theirs[one["staff_id"]])),
        community_officer=next(one for one in above if one["role"] == "community_officer"),
        street_officer=street,
        district=district,
        household=next(iter(sorted(map(household_of, reporting))), None),
    )


def _households(tasks: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    """Those that report temperatures, and all; none where there are more than one can walk to."""
    reporting = {household_of(task) for task in tasks if task["kind"] == CHECK_IN}
    found = {household_of(task) for task in tasks}
    return (len(reporting), len(found)) if len(found) <= _MOST else (0, 0)


def _first_visits(tasks: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
    return sum(task["kind"] == FIRST_CONTACT for task in tasks), len(tasks)
