"""The laboratory: another system, which says by the broker what came of samples."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from demo.days.played import some
from demo.days.publishing import publish_all
from demo.days.scene import Row, Scene
from demo.days.workers import TEST
from doorstep_client import event

NAME = "lab-chengguan"
_POSITIVE = 0.01
_ONE_BY_DAY = 3
"""By then one at least was positive, however few were tested."""


def report_results(scene: Scene, tasks: Iterable[Row]) -> None:
    """:param tasks: open ones. Most of those whose test is due gave a sample. Raises BrokerRefused."""
    tested = {task["case_id"] for task in tasks if task["kind"] == TEST}
    sampled = some(tested, 0.9, scene.seed, "tested", scene.now)
    first = scene.day >= _ONE_BY_DAY and not scene.played.positive
    healthy = set(sampled) - scene.played.positive
    positive = some(healthy, _POSITIVE, scene.seed, "positive", scene.now, at_least=int(first))
    publish([_event(scene, id, positive=id in positive) for id in sampled])
    scene.played.positive |= set(positive)
    scene.played.sampled[scene.day] |= set(sampled)
    scene.played.add("tests", len(sampled))
    scene.played.add("positive", len(positive))


def publish(events: Sequence[dict[str, Any]]) -> None:
    """Raises BrokerRefused."""
    publish_all("isolation", events, NAME)


def negative(scene: Scene, sample_id: str, **whose: Any) -> dict[str, Any]:
    """Of a round of tests.

    :param whose: `case_id`, or `identity` of a document.
    """
    return _result(scene, sample_id, "negative", "preliminary", whose)


def _event(scene: Scene, case_id: str, *, positive: bool) -> dict[str, Any]:
    result, stage = ("positive", "confirmed") if positive else ("negative", "preliminary")
    return _result(scene, case_id, result, stage, {"case_id": case_id})


def _result(scene: Scene, sample: str, result: str, stage: str, whose: Mapping[str, Any]) -> dict[str, Any]:
    data = {
        **whose,
        "sample_id": f"S-{sample}-{scene.day}",
        "sampled_at": scene.now - timedelta(hours=2),
        "reported_at": scene.now,
        "method": "pcr",
        "stage": stage,
        "result": result,
    }
    id = f"sample-{sample}-{scene.day}"
    return event("test.reported", f"/{NAME}/results", data, id=id, time=scene.now)
