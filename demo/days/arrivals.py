"""Arrivals to their end: who comes later, who was expected, who lies at no known place, whom nobody finds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from demo.day import Day, Shares, Truth
from demo.days.doors import Who
from demo.days.publishing import publish_all
from demo.days.scene import Row, Scene

FROM_DAY, TO_DAY = 3, 9
"""Somebody comes on each of these: on the later ones the first have been released."""
MANY = 12
_SHARES = Shares(0, 0, 0, 0, households=0.3, expected=0.1, risky=0.5, unknown_destination=0, elsewhere_too=0)
_OF_COMMUNITY = 12
"""Digits of a community's code."""
_WAITS = timedelta(days=2)
"""So long somebody who was expected is called again; then an officer says that they never came."""


def come(scene: Scene, truth: Truth) -> None:
    """A few more arrivals, most of them from where it is risky.

    :param truth: of the first morning; theirs is added. Raises BrokerRefused.
    """
    if not FROM_DAY <= scene.day <= TO_DAY:
        return
    day = Day(MANY, scene.now.date(), seed=1000 * scene.seed + scene.day, now=scene.now, shares=_SHARES)
    publish_all("registration", list(day))
    truth.add(day.truth)


def call_expected(scene: Scene) -> None:
    """Those whose date has passed: most are at home by now, some come tomorrow, some never come."""
    for row in scene.rows("registration", "expected_arrivals"):
        if not row["overdue"]:
            continue
        luck = scene.luck("expected", row["arrival_id"])
        who = Who.staff(row["worker"]) if row["worker"] else scene.officer_of(row)
        if luck < 0.6:
            _follow(scene, who, row, "contacts", outcome="verified", how="seen")
        elif luck < 0.75:
            tomorrow = (scene.now + timedelta(days=1)).isoformat()
            _follow(scene, who, row, "not_yet_come", outcome="not_yet_come", coming_at=tomorrow, how="phone")
        elif _since(row) < scene.now - _WAITS and _settle(scene, row, "never_came"):
            scene.played.ends[row["arrival_id"]] = "cancelled"


def _since(row: Row) -> datetime:
    return datetime.fromisoformat(row["arrived_at"])


def _follow(scene: Scene, who: Who, row: Row, count: str, **said: Any) -> None:
    data = {"arrival_id": row["arrival_id"], **said}
    if scene.say(who, "registration", "follow_arrival", data) is not None:
        scene.played.add(count)


def settle(scene: Scene) -> None:
    """An officer says what became of those whom nobody found, or goes there. Whoever was released an hour ago
    stays released."""
    followed = {case["case_id"] for case in scene.rows("isolation", "open_cases")}
    for row in scene.rows("registration", "arrivals_to_settle"):
        matters = row["to_settle"].split(",")
        if not {"lives_elsewhere", "not_here"} & set(matters):
            _follow(scene, scene.officer_of(row), row, "contacts", outcome="verified", how="seen")
            continue
        decision = "passed_on" if "lives_elsewhere" in matters else "never_came"
        if _settle(scene, row, decision) and row["arrival_id"] in followed:
            scene.played.ends[row["arrival_id"]] = "cancelled"


def _settle(scene: Scene, row: Row, decision: str) -> bool:
    data = {"arrival_id": row["arrival_id"], "decision": decision, "expects": row["version"]}
    data["note"] = "已电话核实"
    if scene.say(scene.officer_of(row), "registration", "settle_arrival", data) is None:
        return False
    scene.played.add("settled")
    return True


def place(scene: Scene) -> None:
    """Whoever lies at no known place is put to a community by the district, which knows where they meant."""
    communities = sorted(place for place in scene.officers if len(place) == _OF_COMMUNITY)
    for number, row in enumerate(scene.rows("registration", "waiting_arrivals")):
        if row["street"] is not None or row["arrival_id"] in scene.played.placed:
            continue
        there = communities[(scene.day + number) % len(communities)]
        data = {"arrival_id": row["arrival_id"], "place": there, "expects": row["version"]}
        if scene.say(Who.staff(scene.district), "registration", "place_arrival", data) is not None:
            scene.played.placed.add(row["arrival_id"])
            scene.played.add("placed")
