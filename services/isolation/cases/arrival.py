"""What isolation takes from an event about an arrival."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from contracts.envelope import Event
from field.words import LEVELS
from services.isolation.cases.story import Chapter
from services.isolation.policies.rules import Exposure


def exposures_of(risk: Mapping[str, Any]) -> tuple[Exposure, ...]:
    """The risk levels somebody was exposed to, each with the last day there.

    Of a level met at several stops, the one left last counts.
    """
    worst = risk["level"]
    if worst == "none":
        return ()
    found = {worst: risk["left_on"]}
    for area in risk["areas"]:
        level = area["level"]
        left_on = area.get("left_on")
        if level not in ("none", worst) and (level not in found or _later(left_on, found[level])):
            found[level] = left_on
    return tuple(Exposure(level, found[level]) for level in reversed(LEVELS) if level in found)


def _later(one: date | None, other: date | None) -> bool:
    return one is not None and (other is None or one > other)


def facts_of(event: Event) -> dict[str, Any]:
    """Columns of a case that are the arrival's, not ours."""
    data = event.data
    destination = data["destination"]
    return {
        "arrival_version": event.version,
        "arrived_at": data["arrived_at"],
        "person": data["person"],
        "language": data["language"],
        "household_id": data["household_id"],
        "division": destination["division"],
        "street": destination["street"],
        "community": destination["community"],
        "grid": destination["grid"],
        "worker": data["worker"],
    }


def chapter_of(event: Event, policy_id: str) -> Chapter:
    return Chapter(event.version, event.time, exposures_of(event.data["risk"]), policy_id)


def chapter_out(chapter: Chapter) -> list[Any]:
    return [
        chapter.version,
        chapter.at.isoformat(),
        [[e.level, e.left_on.isoformat() if e.left_on else None] for e in chapter.exposures],
        chapter.policy_id,
    ]


def chapter_in(stored: list[Any]) -> Chapter:
    version, at, exposures, policy_id = stored
    return Chapter(
        version,
        datetime.fromisoformat(at),
        tuple(Exposure(level, date.fromisoformat(day) if day else None) for level, day in exposures),
        policy_id,
    )
