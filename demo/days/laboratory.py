"""The laboratory: another system, which says by the broker what came of samples."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from chassis.ids import new_id
from chassis.messaging.publisher import Publisher
from chassis.names import INBOUND
from contracts.envelope import BATCH, dump_event, event_document, join_events
from demo.days.played import chance
from demo.days.scene import Scene
from demo.days.workers import TEST
from operations.databases import settings_of
from operations.errors import BrokerRefused

NAME = "lab-chengguan"
_EVENT = "test.reported"
_AT_ONCE = 50


def report_results(scene: Scene, tasks: Iterable[dict[str, Any]]) -> None:
    """:param tasks: open ones. Most of those whose test is due gave a sample; all are negative."""
    tested = {
        task["case_id"]: task["task_id"]
        for task in tasks
        if task["kind"] == TEST and chance(scene.seed, "tested", task["task_id"]).random() < 0.9
    }
    events = [_event(scene, case_id, task_id) for case_id, task_id in sorted(tested.items())]
    publisher = Publisher(settings_of("isolation").broker_url, NAME)
    try:
        for start in range(0, len(events), _AT_ONCE):
            body = join_events(events[start : start + _AT_ONCE])
            key = f"{_EVENT}.{NAME}"
            publisher.send(new_id(), INBOUND, key, body, content_type=BATCH, on_confirmed=lambda _id: None)
        publisher.wait()
        if publisher.refused:
            raise BrokerRefused(f"the broker refused {publisher.refused} messages of the laboratory")
    finally:
        publisher.drop()
    scene.played.add("tests", len(events))


def _event(scene: Scene, case_id: str, task_id: str) -> bytes:
    data = {
        "case_id": case_id,
        "sample_id": f"S-{task_id}",
        "sampled_at": scene.now - timedelta(hours=2),
        "reported_at": scene.now,
        "method": "pcr",
        "stage": "preliminary",
        "result": "negative",
    }
    return dump_event(
        event_document(
            id=f"sample-{task_id}",
            source=f"/{NAME}/results",
            type=_EVENT,
            data=data,
            time=scene.now,
            dataschema=f"urn:doorstep:{_EVENT}:1",
            correlationid=f"sample-{task_id}",
        )
    )
