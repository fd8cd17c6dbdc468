"""Refusals: a worker writes them down with a witness; an officer persuades, waits, or has them moved."""

from __future__ import annotations

from demo.days.central import move_one
from demo.days.doors import Who
from demo.days.played import some
from demo.days.scene import Row, Scene

TASK = "settle_refusal"
_DAYS = (2, 4, 9)
_WHY = (("isolation", "work"), ("isolation", "cannot_pay"), ("test", "fear"))


def refuse(scene: Scene, kept_in: dict[str, list[Row]]) -> None:
    """On some days one household more refuses, which the worker who answers for them writes down."""
    if scene.day not in _DAYS:
        return
    able = {
        household: cases
        for household, cases in kept_in.items()
        if cases[0]["owner"] and cases[0]["state"] == "active"
    }
    for number, household in enumerate(some(able, 0, scene.seed, "refuses", scene.day, at_least=3)):
        case = able[household][0]
        what, why = _WHY[number]
        witness = scene.officer_of(case).author.id
        data = {"case_ids": [case["case_id"]], "what": what, "why": why, "witness": witness}
        data["what_would_help"] = "单位开证明"
        if scene.say(Who.staff(case["owner"]), "isolation", "report_refusal", data) is not None:
            scene.played.add("refusals")


def settle(scene: Scene) -> None:
    """Some are persuaded; others are followed as refusing until they give in, or in turn are moved."""
    cases = {case["case_id"]: case for case in scene.rows("isolation", "open_cases")}
    for task in scene.open_tasks():
        if task["kind"] != TASK or (case := cases.get(task["case_id"])) is None:
            continue
        officer = scene.officer_of(case)
        if case["state"] == "refused":
            if scene.played.counts["resume"] <= scene.played.counts["move_to_central"]:
                _go_on(scene, officer, case, "resume")
            else:
                scene.played.add("move_to_central", int(move_one(scene, officer, case)))
        elif scene.luck("persuaded", case["case_id"]) < 0.4 or case["owner"] in (None, officer.author.id):
            data = {"task_id": task["task_id"], "outcome": "done", "how": "seen"}
            if scene.say(officer, "isolation", "report_task", data) is not None:
                scene.played.add("task_done")
        else:
            _go_on(scene, officer, case, "refuse", witness=case["owner"])


def _go_on(scene: Scene, officer: Who, case: Row, decision: str, **more: str) -> None:
    if scene.decide(officer, case, decision, **more) is None:
        return
    if decision == "resume":  # they are followed as everybody
        del scene.played.ends[case["case_id"]]
    scene.played.add(decision)
