"""A gate: another system, which says by the broker who was seen going out and coming back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from demo.days.publishing import publish_all
from demo.days.scene import Scene
from doorstep_client import event

NAME = "gate-chengguan"


@dataclass(frozen=True, slots=True)
class Seen:
    case_id: str
    direction: str
    at: datetime


def report(scene: Scene, seen: Iterable[Seen]) -> None:
    """Raises BrokerRefused."""
    events = [_event(scene, one) for one in seen]
    if not events:
        return
    publish_all("isolation", events, NAME)
    scene.played.add("passages", len(events))


def _event(scene: Scene, seen: Seen) -> dict[str, Any]:
    data = {"case_ids": [seen.case_id], "direction": seen.direction, "at": seen.at}
    id = f"{seen.direction}-{seen.case_id}-{seen.at:%m%d%H%M}"
    return event("passage.reported", f"/{NAME}/west", data, id=id, time=scene.now)
