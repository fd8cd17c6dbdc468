"""Breaches: whoever answers for the place judges what was seen, and has them moved who will not stay in."""

from __future__ import annotations

from demo.days.central import move_one
from demo.days.scene import Scene

JUDGE, SETTLE = "judge_breach", "settle_breach"


def judge(scene: Scene) -> None:
    """Some had a reason; others are admonished."""
    for breach in scene.rows("isolation", "breaches_to_judge"):
        explained = breach["why"] == "late_back" or scene.luck("had a reason", breach["breach_id"]) < 0.3
        judgement = "explained" if explained else "confirmed"
        data = {"breach_id": breach["breach_id"], "judgement": judgement, "expects": breach["version"]}
        data["words"] = "堵车,已核实" if explained else "下楼取快递,已当面告诫"
        if scene.say(scene.officer_of(breach), "isolation", "judge_breach", data) is not None:
            scene.played.add(f"breach_{judgement}")


def settle(scene: Scene) -> None:
    """After the second one that was confirmed they are moved to central isolation."""
    tasks = [task for task in scene.open_tasks() if task["kind"] == SETTLE]
    if not tasks:
        return
    cases = {case["case_id"]: case for case in scene.rows("isolation", "open_cases")}
    for task in tasks:
        case = cases.get(task["case_id"])
        if case:
            move_one(scene, scene.officer_of(case), case)
