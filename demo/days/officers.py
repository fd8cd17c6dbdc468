"""Officers: whoever answers for a community releases those whom nothing holds, sees what is overdue there,
and says by when it will be done.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from demo.days.doors import Who
from demo.days.played import chance
from demo.days.scene import Scene

HELD = ("held", "climbs")


def release(scene: Scene, proposed: Iterable[dict[str, Any]]) -> None:
    """:param proposed: cases. An officer of the place confirms each."""
    for case in proposed:
        staff_ids = scene.officers.get(case["community"] or case["street"] or "")
        if staff_ids:
            data = {"case_id": case["case_id"], "decision": "release", "expects": case["version"]}
            if scene.say(Who.staff(staff_ids[0]), "isolation", "decide_case", data) is not None:
                scene.played.add("released")


def acknowledge(scene: Scene, overdue: Iterable[dict[str, Any]]) -> None:
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
