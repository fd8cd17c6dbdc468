"""The laboratory: another system, which says by the broker what came of samples."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from demo.days.played import some
from demo.days.scene import Row, Scene
from demo.days.workers import TEST
from doorstep_client import Publisher, event
from operations.databases import settings_of
from operations.errors import BrokerRefused

NAME = "lab-chengguan"
_POSITIVE = 0.01
_ONE_BY_DAY = 3
"""By then one at least was positive, however few were tested."""


def report_results(scene: Scene, tasks: Iterable[Row]) -> None:
    """:param tasks: open ones. Most of those whose test is due gave a sample. Raises BrokerRefused."""
    tested = {task["case_id"]: task["task_id"] for task in tasks if task["kind"] == TEST}
    sampled = some(tested, 0.9, scene.seed, "tested", scene.now)
    first = scene.day >= _ONE_BY_DAY and not scene.played.positive
    healthy = set(sampled) - scene.played.positive
    positive = some(healthy, _POSITIVE, scene.seed, "positive", scene.now, at_least=int(first))
    events = [_event(scene, id, tested[id], positive=id in positive) for id in sampled]
    with Publisher(settings_of("isolation").broker_url, NAME, closing_counts=False) as publisher:
        outcomes = publisher.publish_many(events)
    if not outcomes.complete:
        raise BrokerRefused(f"the broker did not take all of the laboratory: {outcomes.counts()}")
    scene.played.positive |= set(positive)
    scene.played.add("tests", len(events))
    scene.played.add("positive", len(positive))


def _event(scene: Scene, case_id: str, task_id: str, *, positive: bool) -> dict[str, Any]:
    data = {
        "case_id": case_id,
        "sample_id": f"S-{task_id}-{scene.day}",
        "sampled_at": scene.now - timedelta(hours=2),
        "reported_at": scene.now,
        "method": "pcr",
        "stage": "confirmed" if positive else "preliminary",
        "result": "positive" if positive else "negative",
    }
    id = f"sample-{task_id}-{scene.day}"
    return event("test.reported", f"/{NAME}/results", data, id=id, time=scene.now)
