"""What all who act in a day share: the doors, the time of the field, and what was played so far."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from uuid import UUID, uuid5

from demo.days.doors import DoorClosed, Doors, Who
from demo.days.played import Played, chance
from field.words import NOT_KEPT_IN

Row = dict[str, Any]
_ACTS = UUID("f3a1d8de-6f3b-4c0f-9f0e-5a5a0c6f4d11")
"""What is said has an id by what it is: what follows from it is the same each time the days are played."""


@dataclass
class Scene:
    """:param now: the time of the field at this moment of the day.
    :param began: when the first day began.
    :param officers: place -> those who answer for it.
    :param district: whoever answers for all of it.
    :param away: staff_id -> the deputy who goes on for them today.
    """

    doors: Doors
    seed: int
    officers: Mapping[str, tuple[str, ...]]
    district: str
    now: datetime
    began: datetime
    played: Played = field(default_factory=Played)
    away: dict[str, str] = field(default_factory=dict)
    _said: Counter[str] = field(default_factory=Counter)

    @property
    def day(self) -> int:
        """From 1 on."""
        return (self.now.date() - self.began.date()).days + 1

    def at(self, hour: int, minute: int = 0) -> datetime:
        """Of today."""
        return datetime.combine(self.now.date(), time(hour, minute), self.now.tzinfo)

    def luck(self, *of: object) -> float:
        """From 0 to 1: the same for the same thing at the same moment."""
        return chance(self.seed, *of, self.now).random()

    # -- what is seen

    def rows(self, service: str, name: str, **asked: str) -> list[Row]:
        """A list of the whole district."""
        return list(self.doors.rows(Who.staff(self.district), service, name, **asked))

    def thing(self, who: Who, service: str, name: str, id: str) -> Row:
        return self.doors.thing(who, service, name, id)

    def look_up(self, who: Who, service: str, name: str, data: Mapping[str, Any]) -> Row:
        return self.doors.look_up(who, service, name, data)

    def open_tasks(self) -> list[Row]:
        """All of the district that are due today or were missed."""
        return self.rows("isolation", "open_tasks")

    def to_release(self) -> list[Row]:
        """Cases of the district whose release waits for an officer."""
        return self.rows("isolation", "cases_to_release")

    def kept_in(self) -> dict[str, list[Row]]:
        """Household -> the cases of those in it who are to stay in and do."""
        found: dict[str, list[Row]] = defaultdict(list)
        for case in self.rows("isolation", "open_cases"):
            if case["measure"] not in NOT_KEPT_IN and case["state"] in ("open", "active"):
                found[household_of(case)].append(case)
        return {id: sorted(found[id], key=lambda case: case["case_id"]) for id in sorted(found)}

    def officer_of(self, row: Row) -> Who:
        """Whoever answers for a row's place; where nobody does, or it has none: for the district."""
        theirs = (self.officers.get(row[level] or "") for level in ("community", "street"))
        return Who.staff(next((ids[0] for ids in theirs if ids), self.district))

    # -- what is said

    def say(self, who: Who, service: str, command: str, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """The result; None where it was refused, for instance because somebody else was quicker."""
        said = json.dumps(data, sort_keys=True, default=str)
        act = f"{self.seed}\n{self.now}\n{who.author.source}\n{command}\n{said}"
        self._said[act] += 1
        key = str(uuid5(_ACTS, f"{act}\n{self._said[act]}"))
        try:
            return self.doors.say(who, service, command, data, key)
        except DoorClosed as error:
            self.played.refused[str(error)[:300]] += 1
            return None

    def decide(self, who: Who, case: Row, decision: str, **more: Any) -> dict[str, Any] | None:
        """About a case, as it stands in a list."""
        data = {"case_id": case["case_id"], "decision": decision, "expects": case["version"], **more}
        result = self.say(who, "isolation", "decide_case", data)
        if result is not None:
            self.played.ends[case["case_id"]] = result["state"]
        return result


def known_as(task: Row) -> str:
    """The same each time the days are played, unlike the id of a task."""
    return f"{task['case_id']} {task['kind']} {task['due_by'][:10]}"


def household_of(row: Mapping[str, Any]) -> str:
    return str(row["household_id"] or row["case_id"])
