"""Residents: households say by their link how everybody is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from demo.days.doors import Who
from demo.days.played import chance
from demo.days.scene import Scene, household_of
from demo.days.workers import CHECK_IN

FEVER = 37.3
"""Degrees Celsius, of all policies that are shipped."""


def check_in(scene: Scene, tasks: Iterable[dict[str, Any]]) -> None:
    """:param tasks: open ones; those of check-ins whose window has begun are answered, most of them."""
    households: dict[str, set[str]] = defaultdict(set)
    for task in tasks:
        if task["kind"] == CHECK_IN and task["due_from"] <= scene.now.isoformat():
            households[household_of(task)].add(task["case_id"])
    for number, (household, people) in enumerate(sorted(households.items())):
        says = chance(scene.seed, "says", household, scene.now.date(), scene.now.hour).random() < 0.8
        if number == 0 or says:
            _say(scene, household, people, somebody_ill=number == 0)


def _say(scene: Scene, household: str, people: set[str], *, somebody_ill: bool) -> None:
    """:param somebody_ill: of the first household of each round, so that no day is without an alarm."""
    said = [
        _person(scene, case_id, ill=somebody_ill and number == 0)
        for number, case_id in enumerate(sorted(people))
    ]
    who = Who.resident(household)
    if scene.say(who, "isolation", "report_check_in", {"people": said}) is not None:
        scene.played.add("check_ins", len(said))
        scene.played.add("abnormal", sum(person["temperature"] >= FEVER for person in said))


def _person(scene: Scene, case_id: str, *, ill: bool) -> dict[str, Any]:
    luck = chance(scene.seed, "temperature", case_id, scene.now)
    ill = luck.random() < 0.03 or ill
    temperature = round(luck.uniform(37.6, 38.9) if ill else luck.uniform(36.1, 36.9), 1)
    return {"case_id": case_id, "temperature": temperature, "symptoms": [], "how_known": "by_link"}
