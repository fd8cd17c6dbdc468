"""The laboratory: another system, which says by the broker what came of samples."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from demo.days.played import chance
from demo.days.scene import Scene
from demo.days.workers import TEST
from doorstep_client import Publisher, event
from operations.databases import settings_of
from operations.errors import BrokerRefused

NAME = "lab-chengguan"


def report_results(scene: Scene, tasks: Iterable[dict[str, Any]]) -> None:
    """:param tasks: open ones. Most of those whose test is due gave a sample; all are negative."""
    tested = {
        task["case_id"]: task["task_id"]
        for task in tasks
        if task["kind"] == TEST and chance(scene.seed, "tested", task["task_id"]).random() < 0.9
    }
    events = [_event(scene, case_id, task_id) for case_id, task_id in sorted(tested.items())]
    with Publisher(settings_of("isolation").broker_url, NAME, closing_counts=False) as publisher:
        outcomes = publisher.publish_many(events)
    if not outcomes.complete:
        raise BrokerRefused(f"the broker did not take all of the laboratory: {outcomes.counts()}")
    scene.played.add("tests", len(events))


def _event(scene: Scene, case_id: str, task_id: str) -> dict[str, Any]:
    data = {
        "case_id": case_id,
        "sample_id": f"S-{task_id}",
        "sampled_at": scene.now - timedelta(hours=2),
        "reported_at": scene.now,
        "method": "pcr",
        "stage": "preliminary",
        "result": "negative",
    }
    return event("test.reported", f"/{NAME}/results", data, id=f"sample-{task_id}", time=scene.now)
