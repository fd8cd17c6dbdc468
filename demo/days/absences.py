"""A worker is away for a day, and her deputy goes to her doors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from demo.days.doors import Who
from demo.days.scene import Row, Scene
from demo.days.workers import do_task

DAY = 6


def begin_or_end(scene: Scene, workers: Mapping[str, Sequence[str]]) -> bool:
    """:param workers: community -> its workers.

    On one day whoever has most to do is away; on the next she is back. Returns whether it is one of these.
    """
    if scene.day == DAY:
        _send_away(scene, workers)
    elif scene.away:
        for staff_id in list(scene.away):
            _amend(scene, staff_id, what="back")
            del scene.away[staff_id]
    return scene.day in (DAY, DAY + 1)


def _send_away(scene: Scene, workers: Mapping[str, Sequence[str]]) -> None:
    busy = Counter(task["staff_id"] for task in scene.open_tasks())
    pairs = [
        (busy[one], one, other)
        for of_place in workers.values()
        for one in of_place
        for other in of_place
        if one != other
    ]
    if not pairs:
        return
    _, staff_id, deputy = max(pairs)
    if _amend(scene, staff_id, what="away", deputy=deputy):
        scene.away[staff_id] = deputy
        scene.played.add("away")


def _amend(scene: Scene, staff_id: str, **said: str) -> bool:
    [member] = scene.rows("registration", "staff", staff_id=staff_id)
    data = {"staff_id": staff_id, "expects": member["version"], **said}
    return scene.say(Who.staff(scene.district), "registration", "amend_staff", data) is not None


def stand_in(scene: Scene) -> None:
    """Each deputy sees the doors of whoever is away among the own ones, and does what is due there."""
    for staff_id, deputy in scene.away.items():
        who = Who.staff(deputy)
        seen = scene.doors.look_up(who, "isolation", "my_households", {})
        for task in theirs(seen["households"], staff_id):
            scene.played.add("stood_in", int(do_task(scene, who, task)))


def theirs(households: Sequence[Row], staff_id: str) -> list[Row]:
    """The tasks of one of the staff that are still to be done, of these households."""
    return [
        task | {"household_id": one["household"]}
        for one in households
        for task in one["tasks"]
        if task["staff_id"] == staff_id and task["state"] in ("due", "missed", "not_possible")
    ]
