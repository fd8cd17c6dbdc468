"""Workers, health workers and officers with tasks of their own: each goes from door to door."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from demo.days import breaches, central, close_contacts, transfers
from demo.days.doors import Who
from demo.days.needs import TASKS as OF_NEEDS
from demo.days.needs import meet_need
from demo.days.played import chance
from demo.days.refusals import TASK as SETTLE_REFUSAL
from demo.days.scene import Row, Scene, known_as

FIRST_CONTACT = "first_contact"
CHECK_IN = "check_in"
TEST = "test"
INFORM = "inform"
_DECIDED = ("confirm_release", "past_the_term", "decide_permit", "urgent_permit", "review_permit")
_OF_OFFICERS = (
    *(close_contacts.LIST, *close_contacts.CALLS),
    *(breaches.JUDGE, breaches.SETTLE, transfers.CONFIRM, transfers.SETTLE),
    *central.TASKS,
)
_OF_OTHERS = (TEST, SETTLE_REFUSAL, *_DECIDED, *_OF_OFFICERS)
"""The laboratory says what came of samples; officers decide about a case, a leave, a breach, a move."""
_URGENT = ("see_abnormal", "see_positive", "see_breach", "escort_to_site", "medical_need")


def do_tasks(scene: Scene, staff_ids: Iterable[str], kinds: Collection[str] = ()) -> None:
    """What is due of their own, once: done, tried in vain, not possible, or left for another day.

    :param kinds: only tasks of these; none: of all.
    """
    for staff_id in staff_ids:
        if staff_id in scene.away:
            continue
        who = Who.staff(staff_id)
        for task in list(scene.doors.rows(who, "isolation", "own_tasks")):
            if not kinds or task["kind"] in kinds:
                do_task(scene, who, task)


def do_task(scene: Scene, who: Who, task: Row) -> bool:
    """Whether something was said of it."""
    kind = task["kind"]
    if kind in _OF_OTHERS or scene.played.ends.get(task["case_id"]) == "cancelled":
        return False  # also at a door where nobody was a moment ago
    if kind == FIRST_CONTACT:
        return _contact(scene, who, task)
    if kind == CHECK_IN:
        return _ask_by_phone(scene, who, task)
    if kind in OF_NEEDS and task.get("about"):
        return meet_need(scene, who, task)
    return _do(scene, who, task)


def _contact(scene: Scene, who: Who, task: Row) -> bool:
    """At the door or by phone. What settles it is said of the arrival."""
    luck = chance(scene.seed, "contact", known_as(task), scene.now).random()
    outcome = "verified" if luck < 0.45 else "contacted" if luck < 0.88 else "no_answer"
    if luck > 0.96:
        outcome = "not_here" if luck < 0.98 else "lives_elsewhere"
    how = "phone" if outcome in ("contacted", "no_answer") else "seen"
    data = {"arrival_id": task["case_id"], "outcome": outcome, "how": how}
    if scene.say(who, "registration", "follow_arrival", data) is None:
        return False
    scene.played.add("contacts" if outcome in ("verified", "contacted") else outcome)
    if outcome == "not_here":
        scene.played.ends[task["case_id"]] = "cancelled"
    return True


def _ask_by_phone(scene: Scene, who: Who, task: Row) -> bool:
    """Whoever has not said it by the link is asked, if the worker gets to it."""
    if chance(scene.seed, "asked", known_as(task), task["due_by"]).random() >= 0.7:
        return False
    person = {"case_id": task["case_id"], "temperature": 36.5, "symptoms": [], "how_known": "by_phone"}
    if scene.say(who, "isolation", "report_check_in", {"people": [person]}) is None:
        return False
    scene.played.add("check_ins")
    return True


def _do(scene: Scene, who: Who, task: Row) -> bool:
    luck = chance(scene.seed, "task", known_as(task), scene.now).random()
    if task["kind"] in _URGENT or luck < 0.75:
        outcome: dict[str, Any] = {"outcome": "done", "how": "seen"}
    elif luck < 0.82:
        outcome = {"outcome": "attempt"}
    elif luck < 0.86:
        outcome = {"outcome": "not_possible", "because": "no_answer"}
    else:
        return False  # it is left, and climbs
    if scene.say(who, "isolation", "report_task", {"task_id": task["task_id"], **outcome}) is None:
        return False
    scene.played.add(f"task_{outcome['outcome']}")
    if task["kind"] == INFORM and outcome["outcome"] == "done":
        scene.played.informed.add(task["case_id"])
    return True
