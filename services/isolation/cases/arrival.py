"""A case takes from an event about its arrival the facts, and the risk levels the person was exposed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.envelope import Event
from field.words import LEVELS
from services.isolation.cases.case import Arrival
from services.isolation.cases.story import Absence, Chapter
from services.isolation.policies.rules import Exposure


def arrival_of(event: Event) -> Arrival:
    """The facts of the arrival as the event states them."""
    data = event.data
    destination = data["destination"]
    return Arrival(
        event.version,
        data["arrived_at"],
        data["person"],
        data["language"],
        data["household_id"],
        destination["division"],
        destination["street"],
        destination["community"],
        destination["grid"],
        data["worker"],
        identity_of(data.get("identity_index")),
    )


def identity_of(index: str | None) -> int | None:
    """The number under which the table has a blind index; None: it is not known."""
    if index is None:
        return None
    return int.from_bytes(bytes.fromhex(index), "big", signed=True)


def chapter_of(event: Event, policy_id: str) -> Chapter:
    """The chapter that the event adds to the story, under the policy in force at its time."""
    data = event.data
    absent: Absence | None = "expected" if data["expected"] else None
    if data.get("not_coming"):
        absent = "not_coming"
    return Chapter(
        event.version,
        event.time,
        exposures_of(data["risk"]),
        policy_id,
        absent,
        entered_on=data.get("entered_on"),
    )


def exposures_of(risk: Mapping[str, Any]) -> tuple[Exposure, ...]:
    """The risk levels the person was exposed to, each with the last day there.

    Of a level met at several stops, the stop left last counts.
    """
    worst = risk["level"]
    if worst == "none":
        return ()
    left_on_of = {worst: risk["left_on"]}
    for area in risk["areas"]:
        level = area["level"]
        left_on = area.get("left_on")
        if level not in ("none", worst) and (level not in left_on_of or _later(left_on, left_on_of[level])):
            left_on_of[level] = left_on
    return tuple(Exposure(level, left_on_of[level]) for level in reversed(LEVELS) if level in left_on_of)


def _later(day: date | None, other: date | None) -> bool:
    return day is not None and (other is None or day > other)
