"""Central isolation: officers hold beds for whoever is moved; the site admits them, and lets them go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from demo.days.doors import Who
from demo.days.played import chance
from demo.days.scene import Row, Scene
from field.documents import born_by

CENTRE = "feitian"
"""Of demo/samples/centres.csv."""
TASKS = ("confirm_admission", "settle_central")
"""Of officers: they are done with what is said of the move."""
_DOES_NOT_SUIT_ON, _FALLS_ILL_FROM = 2, 6
"""Days: a household has no room of its own for whoever must stay in; somebody there falls ill."""
_BACK_AFTER = timedelta(days=2)
_CHILD_BELOW = timedelta(days=14 * 365)
_LOOKED_AT = 12
"""So many households are looked at for children, each look with its reason."""


def move_one(scene: Scene, officer: Who, case: Row) -> bool:
    """Hold a bed for one of a household. Whoever depends on them is minded where they live.

    :param case: with `case_id` and `version`. Returns whether one is held.
    """
    home = scene.look_up(officer, "isolation", "household_to_move", {"case_id": case["case_id"]})
    stay = len(home["people"]) > 1
    person: dict[str, Any] = {"case_id": case["case_id"], "expects": case["version"]}
    if _is_child(scene, officer, case["case_id"]):
        person |= {"who": "child", "carer_named": "母亲,无隔离记录,同住隔离点"}
    elif stay:
        person |= {"who": "adult", "dependants": "minded", "minded_by": "其姐在家照看"}
    else:
        person |= {"who": "adult", "dependants": "none"}
    return _hold(scene, officer, [person])


def move_household(scene: Scene, kept_in: dict[str, list[Row]]) -> None:
    """On one day: its home does not suit. One with a child, if there is any: the child goes with an adult of
    its own, or with one who is named."""
    if scene.day != _DOES_NOT_SUIT_ON or not (household := _with_child(scene, kept_in)):
        return
    officer = scene.officer_of(household[0])
    adults = [case for case in household if not _is_child(scene, officer, case["case_id"])]
    children = [case for case in household if case not in adults]
    people = [_adult(case, comes_along=number == 0 and bool(children)) for number, case in enumerate(adults)]
    carer = {"carer": adults[0]["case_id"]} if adults else {"carer_named": "祖母,无隔离记录"}
    people += [
        {"case_id": case["case_id"], "expects": case["version"], "who": "child", **carer} for case in children
    ]
    if _hold(scene, officer, people):
        scene.played.add("home_unsuited", len(people))
        scene.played.add("children_moved", len(children))


def _adult(case: Row, *, comes_along: bool) -> dict[str, Any]:
    dependants = "come_along" if comes_along else "none"
    return {"case_id": case["case_id"], "expects": case["version"], "who": "adult", "dependants": dependants}


def _with_child(scene: Scene, kept_in: dict[str, list[Row]]) -> list[Row]:
    """Of several people, all of whom are followed; none where there is no such household."""
    several = [cases for cases in kept_in.values() if len(cases) > 1]
    drawn = sorted(several, key=lambda cases: chance(scene.seed, "home", cases[0]["case_id"]).random())
    for cases in drawn[:_LOOKED_AT]:
        officer = scene.officer_of(cases[0])
        ages = {_is_child(scene, officer, case["case_id"]) for case in cases}
        if ages == {True, False}:
            return cases
    return drawn[0] if drawn else []


def _is_child(scene: Scene, officer: Who, case_id: str) -> bool:
    """By the number of their document; whoever has none known is asked, and says that they are grown up."""
    found = scene.doors.reveal(officer, "isolation", "case", case_id, "核实年龄,安排陪护人")
    born = born_by("resident_id", found["identity_number"])
    return born is not None and scene.now.date() - born < _CHILD_BELOW


def _hold(scene: Scene, officer: Who, people: Sequence[dict[str, Any]]) -> bool:
    data = {"people": list(people), "centre_id": CENTRE, "note": "已电话告知隔离点"}
    result = scene.say(officer, "isolation", "decide_move", data)
    if result is None:
        return False
    scene.played.add("beds_held", len(result["moves"]))
    return True


def decide_again(scene: Scene) -> None:
    """Whoever was not admitted waits for an officer: now there is a bed for them."""
    for row in scene.rows("isolation", "waiting_for_bed"):
        if row["kind"] == "settle_central":
            move_one(scene, scene.officer_of(row), row)


def admit(scene: Scene) -> None:
    """Whoever is on the way is admitted with those who came along. The first who comes alone is not: a fever
    must be looked at first."""
    on_the_way = {row["move_id"]: row for row in scene.rows("isolation", "on_the_way")}
    households: dict[str, list[Row]] = {}
    for row in on_the_way.values():
        households.setdefault(str(row["household_id"] or row["case_id"]), []).append(row)
    for _, rows in sorted(households.items()):
        first = min(rows, key=lambda row: str(row["case_id"]))
        alone = len(rows) == 1 and first["who"] == "adult"
        if alone and not scene.played.counts["not_admitted"]:
            _settle(scene, first, "taken_back", note="发热待排查")
        elif (result := _settle(scene, first, "admitted", with_household=True)) is not None:
            ids = [on_the_way[id]["case_id"] for id in result["moves"] if id in on_the_way]
            scene.played.ends |= dict.fromkeys(ids, "moved_to_central")


def _settle(scene: Scene, row: Row, outcome: str, **more: Any) -> dict[str, Any] | None:
    data = {"move_id": row["move_id"], "outcome": outcome, **more}
    result = scene.say(scene.officer_of(row), "isolation", "settle_move", data)
    if result is not None:
        count = "admitted" if outcome == "admitted" else "not_admitted"
        scene.played.add(count, len(result["moves"]))
    return result


@dataclass
class Ill:
    """Whoever went from the centre to hospital, once.

    :param case_id: None before.
    """

    case_id: str | None = None
    since: date | None = None

    def falls_ill(self, scene: Scene) -> None:
        """Somebody who is there alone."""
        if self.case_id is not None or scene.day < _FALLS_ILL_FROM:
            return
        there = _alone(scene.rows("isolation", "in_centres"))
        if there is None:
            return
        where = {"place": "兰州大学第二医院", "escort": "120"}
        if scene.decide(scene.officer_of(there), there, "move_to_hospital", **where) is not None:
            scene.played.add("from_centre_to_hospital")
            self.case_id, self.since = there["case_id"], scene.now.date()

    def comes_back(self, scene: Scene) -> None:
        """Followed again, and with a bed again."""
        if self.case_id is None or self.since is None or scene.now.date() < self.since + _BACK_AFTER:
            return
        self.since = None
        case = scene.thing(Who.staff(scene.district), "isolation", "case", self.case_id)
        officer = scene.officer_of(case)
        result = scene.decide(officer, case, "reopen", because="came_back")
        if result is not None:
            scene.played.add("came_back")
            del scene.played.ends[self.case_id]
            move_one(scene, officer, result)


def _alone(there: Iterable[Row]) -> Row | None:
    """An adult with whom nobody of the household is there."""
    households: dict[str, list[Row]] = {}
    for row in there:
        households.setdefault(str(row["household_id"] or row["case_id"]), []).append(row)
    alone = [rows[0] for rows in households.values() if len(rows) == 1 and rows[0]["who"] == "adult"]
    return min(alone, key=lambda row: str(row["case_id"]), default=None)


def release_there(scene: Scene) -> None:
    """Whoever's days are full: those who cannot be alone before the adult in whose care they are. Whoever has
    a stage at home before them goes there.
    """
    today = scene.now.date().isoformat()
    full = [row for row in scene.rows("isolation", "in_centres") if row["release_on"] <= today]
    for row in sorted(full, key=lambda row: (row["who"] == "adult", row["case_id"])):
        officer = scene.officer_of(row)
        if scene.thing(officer, "isolation", "case_story", row["case_id"])["then"]:
            if scene.decide(officer, row, "reopen", because="came_back") is not None:
                scene.played.add("came_back")
                del scene.played.ends[row["case_id"]]
        elif scene.decide(officer, row, "release") is not None:
            scene.played.add("released")
            scene.played.add("released_there")
