"""Needs: households ask for what they lack, and whoever has the task brings it, calls, or says why not."""

from __future__ import annotations

from typing import Any

from demo.days.doors import Who
from demo.days.played import some
from demo.days.scene import Row, Scene

TASKS = ("meet_need", "medical_need")
_ASKED: tuple[dict[str, Any], ...] = (
    {"kind": "food", "text": "米、面、蔬菜,三个人两天"},
    {"kind": "medicine", "days_left": 3},
    {"kind": "other", "text": "孩子的尿不湿"},
    {"kind": "medicine", "days_left": 1, "needs_cold": True},
    {"kind": "psychological", "text": "想找人说说话"},
    {"kind": "medical", "text": "胸口发闷"},
)


def ask_needs(scene: Scene, kept_in: dict[str, list[Row]]) -> None:
    """:param kept_in: household -> its people. Some ask by their link, one thing for one of them."""
    asking = some(kept_in, 0.06, scene.seed, "asks", scene.now.date(), at_least=2)
    for number, household in enumerate(asking):
        wanted = _ASKED[(scene.day + number) % len(_ASKED)]
        data = {"case_ids": [kept_in[household][0]["case_id"]], **wanted}
        if scene.say(Who.resident(household), "isolation", "ask_need", data) is not None:
            scene.played.add("needs")


def meet_need(scene: Scene, who: Who, task: Row) -> bool:
    """Whether something was said of it. Most are met, some only tomorrow; what cannot wait is met at once."""
    luck = scene.luck("need", task["about"])
    if luck < 0.85 or task["kind"] == "medical_need":
        answer = {"outcome": "met", "how": "visited" if task["kind"] == "medical_need" else "left_at_door"}
    elif luck < 0.93:
        answer = {"outcome": "seen"}
    else:
        answer = {"outcome": "not_possible", "because": "no_supplies"}
    data = {"need_id": task["about"], **answer}
    if scene.say(who, "isolation", "answer_need", data) is None:
        return False
    scene.played.add(f"need_{answer['outcome']}")
    return True
