"""Workers, health workers and officers with tasks of their own: each goes from door to door."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from demo.days.doors import Who
from demo.days.played import chance
from demo.days.scene import Scene

FIRST_CONTACT = "first_contact"
CHECK_IN = "check_in"
TEST = "test"
_OF_OTHERS = (TEST, "confirm_release", "past_the_term")
"""The laboratory says what came of samples; officers decide about a case (officers.py)."""
_URGENT = ("see_abnormal", "escort_to_site", "medical_need")


def do_tasks(scene: Scene, staff_ids: Iterable[str], kinds: Collection[str] = ()) -> None:
    """What is due of their own, once: done, tried in vain, not possible, or left for another day.

    :param kinds: only tasks of these; none: of all.
    """
    for staff_id in staff_ids:
        who = Who.staff(staff_id)
        for task in list(scene.doors.rows(who, "isolation", "own_tasks")):
            if kinds and task["kind"] not in kinds:
                continue
            if task["kind"] == FIRST_CONTACT:
                _contact(scene, who, task)
            elif task["kind"] == CHECK_IN:
                _ask_by_phone(scene, who, task)
            elif task["kind"] not in _OF_OTHERS:
                _do(scene, who, task)


def _contact(scene: Scene, who: Who, task: dict[str, Any]) -> None:
    """At the door or by phone. What settles it is said of the arrival."""
    luck = chance(scene.seed, "contact", task["task_id"], scene.now).random()
    outcome = "verified" if luck < 0.45 else "contacted" if luck < 0.9 else "no_answer"
    how = "seen" if outcome == "verified" else "phone"
    data = {"arrival_id": task["case_id"], "outcome": outcome, "how": how}
    if scene.say(who, "registration", "follow_arrival", data) is not None:
        scene.played.add("no_answer" if outcome == "no_answer" else "contacts")


def _ask_by_phone(scene: Scene, who: Who, task: dict[str, Any]) -> None:
    """Whoever has not said it by the link is asked, if the worker gets to it."""
    if chance(scene.seed, "asked", task["task_id"]).random() < 0.7:
        person = {"case_id": task["case_id"], "temperature": 36.5, "symptoms": [], "how_known": "by_phone"}
        if scene.say(who, "isolation", "report_check_in", {"people": [person]}) is not None:
            scene.played.add("check_ins")


def _do(scene: Scene, who: Who, task: dict[str, Any]) -> None:
    luck = chance(scene.seed, "task", task["task_id"], scene.now).random()
    if task["kind"] in _URGENT or luck < 0.75:
        outcome: dict[str, Any] = {"outcome": "done", "how": "seen"}
    elif luck < 0.82:
        outcome = {"outcome": "attempt"}
    elif luck < 0.86:
        outcome = {"outcome": "not_possible", "because": "no_answer"}
    else:
        return  # it is left, and climbs
    if scene.say(who, "isolation", "report_task", {"task_id": task["task_id"], **outcome}) is not None:
        scene.played.add(f"task_{outcome['outcome']}")
