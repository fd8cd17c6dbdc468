"""Whom somebody positive had to do with: an officer lists them, and calls each."""

from __future__ import annotations

from datetime import timedelta

from demo.days.scene import Scene

LIST = "list_contacts"
CALLS = ("tell_contacts", "correct_contacts")
"""They end with what came of each who is listed."""
_WITH_THEM = ("聚餐同桌", "同车乘客")


def call(scene: Scene) -> None:
    """Whoever was listed before: told by a person, also of a mistake, or not a contact after all."""
    for contact in scene.rows("isolation", "close_contacts"):
        outcome = "informed" if scene.luck("a contact", contact["contact_id"]) < 0.8 else "no_contact"
        data = {"contact_id": contact["contact_id"], "outcome": outcome, "mistake": contact["mistake"]}
        if scene.say(scene.officer_of(contact), "isolation", "settle_close_contact", data) is not None:
            scene.played.add("contacts_called")


def put_down(scene: Scene) -> None:
    """Of each who is positive two people; then the list is whole."""
    for task in scene.open_tasks():
        if task["kind"] != LIST:
            continue
        who = scene.officer_of(task)
        for name in _WITH_THEM:
            data = {"case_id": task["case_id"], "kind": "person", "name": name, "phone": "13909319876"}
            data["last_on"] = (scene.now - timedelta(days=2)).date().isoformat()
            if scene.say(who, "isolation", "list_close_contact", data) is not None:
                scene.played.add("contacts_listed")
        done = {"task_id": task["task_id"], "outcome": "done", "how": "by_phone"}
        if scene.say(who, "isolation", "report_task", done) is not None:
            scene.played.add("task_done")
