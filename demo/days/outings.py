"""Leave to go out: asked for by link, decided by officers. Who goes, or slips out, is seen at a gate."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from demo.days import gate
from demo.days.doors import Who
from demo.days.gate import Seen
from demo.days.played import some
from demo.days.scene import Row, Scene

_BEGINS, _ENDS = 10, 17
"""Hours of the day on which they may be out."""
_KINDS = ("treatment", "maternity", "bereavement", "other")
_WHERE = "兰大二院门诊"
_SLIP_OUT_ON = 2
"""Of so many days one on which somebody slips out."""


@dataclass(frozen=True, slots=True)
class Leave:
    """Of one outing.

    :param ends: by then they are back; None: of an emergency nobody says it to the hour.
    """

    on: date
    ends: datetime | None


@dataclass
class Outings:
    """Who has leave, and who is out.

    :param granted: case -> its leave.
    :param out: case -> when they come back.
    :param asked: cases of people who asked once.
    :param late: cases of people who come back after their leave has ended.
    """

    granted: dict[str, Leave] = field(default_factory=dict)
    out: dict[str, datetime] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    late: set[str] = field(default_factory=set)

    def ask(self, scene: Scene, kept_in: dict[str, list[Row]]) -> None:
        """For tomorrow, once; where the measure ends before, nobody asks."""
        tomorrow = scene.now + timedelta(days=1)
        can = {
            household: cases[0]
            for household, cases in kept_in.items()
            if cases[0]["case_id"] not in self.asked and cases[0]["release_on"] > tomorrow.date().isoformat()
        }
        for number, household in enumerate(some(can, 0.06, scene.seed, "leave", at_least=2)):
            kind = _KINDS[(scene.day + number) % len(_KINDS)]
            self._ask(scene, household, can[household], kind, tomorrow)

    def _ask(self, scene: Scene, household: str, case: Row, kind: str, on: datetime) -> None:
        outing = {
            "begins": on.replace(hour=_BEGINS, minute=0).isoformat(),
            "ends": on.replace(hour=_ENDS, minute=0).isoformat(),
        }
        data: dict[str, Any] = {"case_ids": [case["case_id"]], "kind": kind, "outings": [outing]}
        data |= {"where": _WHERE, "why": "复查"}
        self.asked.add(case["case_id"])
        if scene.say(Who.resident(household), "isolation", "request_permit", data) is not None:
            scene.played.add("leave_asked")

    def hurry(self, scene: Scene, kept_in: dict[str, list[Row]]) -> None:
        """In an emergency somebody goes at once, and is back in the afternoon."""
        able = {household: cases[0] for household, cases in kept_in.items() if not self._knows(cases[0])}
        for household in some(able, 0, scene.seed, "hurries", at_least=1):
            case = able[household]
            data = {"case_ids": [case["case_id"]], "kind": "emergency", "where": "急诊", "how": "ambulance"}
            self.asked.add(case["case_id"])
            if scene.say(Who.resident(household), "isolation", "request_permit", data) is not None:
                scene.played.add("leave_asked")
                self.granted[case["case_id"]] = Leave(scene.now.date(), None)

    def _knows(self, case: Row) -> bool:
        return case["case_id"] in {*self.asked, *self.granted, *self.out}

    def decide(self, scene: Scene) -> None:
        """Whoever answers for the place decides on each that waits; of an emergency, whether it was one."""
        for permit in scene.rows("isolation", "permits_to_decide"):
            data = {"permit_id": permit["permit_id"], "expects": permit["version"]}
            if permit["kind"] == "other" and scene.luck("grants", permit["permit_id"]) < 0.5:
                data |= {"decision": "refused", "reason": "网格员代办,无需外出"}
            else:
                data |= {"decision": "granted", "how": "escorted_car", "escort": "社区的车,侧门"}
            if scene.say(scene.officer_of(permit), "isolation", "decide_permit", data) is None:
                continue
            scene.played.add(f"leave_{data['decision']}")
            if data["decision"] == "granted" and permit["kind"] != "emergency":
                begins, ends = (_local(scene, permit[name]) for name in ("begins", "ends"))
                self.granted[permit["case_id"]] = Leave(begins.date(), ends)

    def pass_out(self, scene: Scene, kept_in: dict[str, list[Row]]) -> None:
        """Whoever has leave for this morning is seen going out, and now and then somebody without."""
        people = {case["case_id"]: case for cases in kept_in.values() for case in cases}
        seen = []
        today = {id: leave for id, leave in self.granted.items() if leave.on == scene.now.date()}
        for case_id, leave in today.items():
            del self.granted[case_id]
            if case_id in people:  # whoever was released meanwhile goes where they like
                seen.append(Seen(case_id, "out", scene.at(_BEGINS, 40)))
                self.out[case_id] = scene.at(_ENDS - 1, 10)
                if leave.ends and (scene.luck("late", case_id) < 0.3 or not self.late):
                    self.late.add(case_id)
                    self.out[case_id] = scene.at(_ENDS, 25)
        if scene.day % _SLIP_OUT_ON == 0:
            able = [id for id, case in people.items() if case["state"] == "active" and not self._knows(case)]
            for case_id in some(able, 0, scene.seed, "slips", scene.now.date(), at_least=1):
                scene.played.add("slipped")
                seen.append(Seen(case_id, "out", scene.at(11, 40)))
                self.out[case_id] = scene.at(14)
        gate.report(scene, seen)

    def pass_back(self, scene: Scene) -> None:
        """Whoever came back since the gate last said so. Whoever was moved from where they live does not."""
        back = {case_id: at for case_id, at in self.out.items() if at <= scene.now}
        for case_id in back:
            del self.out[case_id]
        here = {id for id in back if scene.played.ends.get(id, "refused") == "refused"}
        seen = [Seen(id, "back", at) for id, at in sorted(back.items()) if id in here]
        scene.played.add("late", sum(one.case_id in self.late for one in seen))
        gate.report(scene, seen)


def _local(scene: Scene, moment: str) -> datetime:
    return datetime.fromisoformat(moment).astimezone(scene.now.tzinfo)
