"""A round of tests for one street on one day: who is followed there, and who stands in a register besides."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from demo.days import laboratory
from demo.days.doors import Who
from demo.days.played import chance
from demo.days.scene import Row, Scene
from demo.days.workers import TEST
from demo.people import identity_number

DAY = 2
_ENDS = 18
_BORN = date(1988, 5, 20)
_NOT_FOUND = "孙立新"
_COMES_ONCE_MORE = 0.15


@dataclass
class MassRound:
    """Of officers of the street that has most people.

    :param numbers: of documents of the register: a laboratory finds the person by it.
    :param case_of: person of the round -> their case; None: they stand in the register alone.
    :param tested: persons of whom somebody said that a sample was taken.
    """

    round_id: str | None = None
    street: str = ""
    numbers: list[str] = field(default_factory=list)
    case_of: dict[str, str | None] = field(default_factory=dict)
    tested: set[str] = field(default_factory=set)

    def open(self, scene: Scene) -> None:
        """In the morning, with a register."""
        if scene.day != DAY:
            return
        streets = Counter(row["street"] for row in scene.rows("isolation", "open_cases"))
        known = [(people, street) for street, people in streets.items() if scene.officers.get(street or "")]
        if not known:
            return
        self.street = max(known)[1]
        term = {"begins_at": scene.at(7).isoformat(), "ends_at": scene.at(_ENDS).isoformat()}
        opened = scene.say(self._officer(scene), "isolation", "open_round", {"place": self.street, **term})
        if opened is None:
            return
        self.round_id = opened["round_id"]
        self.numbers = [identity_number(chance(scene.seed, "register"), _BORN, "female")]
        given = {"round_id": self.round_id, "people": _register(self.numbers[0])}
        result = scene.say(self._officer(scene), "isolation", "give_register", given)
        scene.played.add("registered", result["added"] if result else 0)

    def sample(self, scene: Scene, tasks: list[Row]) -> None:
        """At noon the laboratory says what came of those who came to the place of testing.

        :param tasks: open ones: whoever is due to be tested anyhow is.
        """
        if not self._is_on(scene):
            return
        can = {row["case_id"] for row in scene.rows("isolation", "open_cases")}
        can -= {task["case_id"] for task in tasks if task["kind"] == TEST}
        came = [
            row["case_id"]
            for row in self._missing(scene)
            if row["case_id"] in can and chance(scene.seed, "comes", row["case_id"]).random() < 0.6
        ]
        events = [laboratory.negative(scene, f"round-{id}", case_id=id) for id in sorted(came)]
        numbered = [{"number": number, "type": "resident_id"} for number in self.numbers]
        events += [
            laboratory.negative(scene, f"round-register-{number}", identity=identity)
            for number, identity in enumerate(numbered)
        ]
        laboratory.publish(events)
        scene.played.add("tests", len(came))
        scene.played.sampled[DAY] |= set(came)

    def knock(self, scene: Scene) -> None:
        """At the doors of whoever did not come: most give a sample, some are not found, one cannot, one will
        not."""
        if not self._is_on(scene):
            return
        for number, row in enumerate(sorted(self._missing(scene), key=lambda row: str(row["person_id"]))):
            if row["case_id"] is None:
                self._report(scene, row, *_OF_REGISTER.get(self._name(scene, row), ("tested", None)))
            elif number == 0:
                self._report(scene, row, "exempt", "刚做过化疗,医嘱暂缓")
            elif chance(scene.seed, "at home", row["case_id"]).random() < _COMES_ONCE_MORE:
                self._report(scene, row, "nobody_there", None)
            else:
                self._report(scene, row, "tested", None)

    def close(self, scene: Scene) -> None:
        """In the evening: whoever was not at home is by now. Of whom nobody found it is said why it is closed
        without them."""
        if not self._is_on(scene):
            return
        for row in self._missing(scene):
            if row["case_id"] is not None:
                self._report(scene, row, "tested", None)
        left = len(self._missing(scene))
        data = {"round_id": self.round_id, "expects": 1, "because": "一人外出务工,返回后补测"}
        result = scene.say(self._officer(scene), "isolation", "close_round", data)
        if result is None:
            return
        of_cases = {id for id, case_id in self.case_of.items() if case_id in scene.played.sampled[DAY]}
        scene.played.add("round_tested", len(self.tested | of_cases) + len(self.numbers))
        scene.played.add("round_missing", left)
        scene.played.add("round_closed_without", result["missing"])

    def _is_on(self, scene: Scene) -> bool:
        return scene.day == DAY and self.round_id is not None

    def _officer(self, scene: Scene) -> Who:
        return Who.staff(scene.officers[self.street][0])

    def _missing(self, scene: Scene) -> list[Row]:
        rows = scene.rows("isolation", "round_missing", round_id=str(self.round_id))
        self.case_of |= {row["person_id"]: row["case_id"] for row in rows}
        return rows

    def _name(self, scene: Scene, row: Row) -> str:
        found = scene.doors.reveal(
            self._officer(scene), "isolation", "round_person", row["person_id"], "上门核酸"
        )
        return str(found["name"])

    def _report(self, scene: Scene, row: Row, outcome: str, note: str | None) -> None:
        data = {"person_id": row["person_id"], "outcome": outcome, "note": note}
        if scene.say(scene.officer_of(row), "isolation", "report_round_person", data) is None:
            return
        scene.played.add(f"round_{outcome}_said")
        if outcome == "tested":
            self.tested.add(row["person_id"])


_OF_REGISTER: dict[str, tuple[str, str | None]] = {
    _NOT_FOUND: ("nobody_there", None),
    "赵淑琴": ("refused", None),
}


def _register(number: str) -> list[dict[str, Any]]:
    """Residents without a case; whoever cannot walk is visited."""
    people: list[dict[str, Any]] = [
        {"name": "何桂英", "birth_date": "1941-03-08", "cannot_walk": True},
        {"name": "马晓兰", "identity_number": number},
        {"name": _NOT_FOUND},
        {"name": "赵淑琴"},
    ]
    return [
        {"line": line, "building": "3号楼", "unit": "1", "room": f"{line}01", **one}
        for line, one in enumerate(people, start=2)
    ]
