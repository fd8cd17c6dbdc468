"""Moves to another door: the other community, or another district, says whether it takes a household over."""

from __future__ import annotations

from collections.abc import Iterator

from demo.days.doors import Who
from demo.days.played import some
from demo.days.scene import Row, Scene

CONFIRM, SETTLE = "confirm_transfer", "settle_transfer"
_TO_COMMUNITIES, _TO_DISTRICTS = (3, 6), (5, 8)
"""Days on which households ask to move. The first of each is taken over, the second is not."""


def ask(scene: Scene, kept_in: dict[str, list[Row]]) -> None:
    """A household moves in with a grandmother in another community, or to another district."""
    able = {
        household: cases
        for household, cases in kept_in.items()
        if cases[0]["state"] == "active" and scene.officers.get(cases[0]["community"] or "")
    }
    for household in some(able, 0, scene.seed, "moves", scene.day, at_least=1):
        if scene.day in _TO_COMMUNITIES:
            _ask_community(scene, able[household][0])
        elif scene.day in _TO_DISTRICTS:
            _ask_district(scene, able[household][0])


def _ask_community(scene: Scene, case: Row) -> None:
    there = _another(scene, case)
    if there is None:
        return
    data = {"arrival_id": case["case_id"], "with_household": True, "place": there}
    data |= {"address": "2号楼1单元301", "note": "搬去外婆家"}
    result = scene.say(scene.officer_of(case), "registration", "request_transfer", data)
    if result is not None:
        scene.played.add("transfer_requested", len(result["arrivals"]))


def _another(scene: Scene, case: Row) -> str | None:
    """A community where somebody can answer."""
    streets = {row["street"] for row in scene.rows("isolation", "open_cases")}
    others = (place for place in sorted(scene.officers) if place not in (case["community"], *streets))
    return next(others, None)


def _ask_district(scene: Scene, case: Row) -> None:
    if scene.decide(scene.officer_of(case), case, "transfer", place="七里河区疫情防控值班室") is not None:
        del scene.played.ends[case["case_id"]]  # they are followed here until it says yes
        scene.played.add("transfer_asked")


def answer(scene: Scene) -> None:
    """Whoever was asked says yes first, and no the next time; then whoever asked takes it back."""
    for transfer in _each(scene.rows("registration", "transfers_to_answer")):
        if transfer["state"] == "transfer_refused":
            who, decision, note = scene.officer_of(transfer), "withdrawn", None
        elif scene.played.counts["transfer_accepted"] > scene.played.counts["transfer_refused"]:
            who, decision, note = _officer_at(scene, transfer["place"]), "refused", "本社区无此住户"
        else:
            who, decision, note = _officer_at(scene, transfer["place"]), "accepted", None
        data = {"transfer_id": transfer["transfer_id"], "decision": decision, "note": note}
        data["expects"] = transfer["version"]
        result = scene.say(who, "registration", "decide_transfer", data)
        if result is not None:
            scene.played.add(f"transfer_{decision}", len(result["arrivals"]))


def confirm(scene: Scene) -> None:
    """The other district has called back."""
    cases = {case["case_id"]: case for case in scene.rows("isolation", "open_cases")}
    for transfer in scene.rows("isolation", "transfers_to_confirm", state="transfer_asked"):
        if (case := cases.get(transfer["case_id"])) is None:
            continue
        taken = scene.played.counts["taken_over"] <= scene.played.counts["not_taken_over"]
        decision = "taken_over" if taken else "not_taken_over"
        if scene.decide(scene.officer_of(case), case, decision, note="李医生来电") is not None:
            scene.played.add(decision)
            if not taken:
                del scene.played.ends[case["case_id"]]


def settle(scene: Scene) -> None:
    """Whom nobody takes over stays, and is told so."""
    for task in scene.open_tasks():
        if task["kind"] == SETTLE:
            data = {"task_id": task["task_id"], "outcome": "done", "how": "by_phone"}
            if scene.say(scene.officer_of(task), "isolation", "report_task", data) is not None:
                scene.played.add("task_done")


def _each(rows: list[Row]) -> Iterator[Row]:
    """One row of each transfer: a household has several."""
    yield from {row["transfer_id"]: row for row in rows}.values()


def _officer_at(scene: Scene, place: str) -> Who:
    return Who.staff(next(iter(scene.officers.get(place, ())), scene.district))
