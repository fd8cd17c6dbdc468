"""Officers: whoever answers for a place releases those whom nothing holds, sees what is overdue there and
says by when it will be done, and decides about what was not possible.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta

from demo.days.doors import Who
from demo.days.played import chance
from demo.days.scene import Row, Scene, known_as
from demo.days.workers import FIRST_CONTACT

HELD = ("held", "climbs")
_OF_WORKERS = ("grid_worker", "health_worker", "police")


def release(scene: Scene, proposed: Iterable[Row]) -> None:
    """:param proposed: cases. An officer of the place confirms each."""
    for case in proposed:
        if scene.decide(scene.officer_of(case), case, "release") is not None:
            scene.played.add("released")


def acknowledge(scene: Scene, overdue: Iterable[Row]) -> None:
    """:param overdue: tasks that were missed. Of each place one officer acknowledges most of them at once."""
    by_place: dict[str, list[str]] = defaultdict(list)
    for task in overdue:
        by_place[task["community"] or task["street"] or ""].append(task["task_id"])
    for place, task_ids in sorted(by_place.items()):
        staff_id = scene.officers.get(place)
        if staff_id and chance(scene.seed, "acknowledges", place, scene.now).random() < 0.8:
            _acknowledge(scene, Who.staff(staff_id[0]), sorted(task_ids)[:500])


def _acknowledge(scene: Scene, who: Who, task_ids: list[str]) -> None:
    until = (scene.now + timedelta(hours=14)).isoformat()
    data = {"task_ids": task_ids, "until": until, "cause": "weather"}
    result = scene.say(who, "isolation", "acknowledge_overdue", data)
    if result is not None:
        scene.played.add("acknowledged", sum(task["became"] in HELD for task in result["tasks"]))


def waive(scene: Scene) -> None:
    """Half of what was not possible need not be done; the rest is tried again."""
    for task in scene.rows("isolation", "tasks_to_decide"):
        if task["kind"] == FIRST_CONTACT or scene.luck("waives", known_as(task)) < 0.5:
            continue
        who = scene.officer_of(task) if task["role"] in _OF_WORKERS else Who.staff(scene.district)
        data = {"task_id": task["task_id"], "reason": "另有安排", "expects": task["version"]}
        if scene.say(who, "isolation", "waive_task", data) is not None:
            scene.played.add("waived")


def send_to_hospital(scene: Scene) -> None:
    """Whoever is positive: the laboratory has called the officer."""
    positive = scene.played.positive
    for case in scene.rows("isolation", "open_cases"):
        if case["case_id"] in positive:
            where = {"place": "兰州市肺科医院", "escort": "120 负压救护车"}
            if scene.decide(scene.officer_of(case), case, "move_to_hospital", **where) is not None:
                scene.played.add("move_to_hospital")


def let_go(scene: Scene, kept_in: dict[str, list[Row]]) -> None:
    """A household has moved to another town, where it is followed."""
    for household in sorted(kept_in)[:1]:
        for case in kept_in[household]:
            more = {"because": "followed_elsewhere", "note": "已转天水市秦州区"}
            if scene.decide(scene.officer_of(case), case, "cancel", **more) is not None:
                scene.played.add("cancel")
