"""Events that a publisher hands in, worked off by the doors of the services that take them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from chassis.commands.command import Author
from services.console.api.publishers import Publisher
from services.console.doors import DoorAway, Doors

MOST: Final = 1000
"""Events in one request."""
AT_ONCE: Final = 200
"""Events in one transaction of a service."""
_BYTES_AT_ONCE: Final = 900_000

TAKEN_BY: Final[Mapping[str, str]] = {
    "arrival.reported": "registration",
    "batch.closed": "registration",
    "arrival.followed": "registration",
    "task.reported": "isolation",
    "check_in.reported": "isolation",
    "test.reported": "isolation",
    "need.asked": "isolation",
    "permit.requested": "isolation",
    "passage.reported": "isolation",
    "breach.reported": "isolation",
    "code.set_back": "isolation",
}
"""Event type -> the service that takes it."""

_WORDS: Final = {"report.accepted": "accepted", "report.rejected": "rejected"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one event, as its publisher reads it.

    :param outcome: of reports `accepted` or `rejected`; of commands `done`, `unknown`, `not_allowed`,
        `invalid`, `conflict`; `repeated`: it came before; `kept`: it waits to be handled; `not_taken`: send
        it again.
    """

    outcome: str
    detail: Mapping[str, Any]


def hand_in(doors: Doors, publisher: Publisher, documents: Sequence[Any]) -> list[Outcome]:
    """An outcome for each, in their order. Raises DoorAway where not one of them was taken."""
    outcomes: dict[int, Outcome] = {}
    waiting: dict[str, list[int]] = {}
    for n, document in enumerate(documents):
        kind = document.get("type") if isinstance(document, dict) else None
        if not isinstance(kind, str) or kind not in TAKEN_BY:
            outcomes[n] = _invalid("type", "unknown_type", "no event of this type is taken here")
        elif kind not in publisher.may:
            outcomes[n] = _not_allowed(publisher, kind)
        else:
            waiting.setdefault(kind, []).append(n)
    away: DoorAway | None = None
    for kind, numbers in waiting.items():
        for some in _portions(documents, numbers):
            try:
                taken = _take(doors, publisher, kind, [documents[n] for n in some])
            except DoorAway as error:
                away = error
                taken = [_NOT_TAKEN] * len(some)
            outcomes.update(zip(some, taken, strict=True))
    if away and all(one.outcome == "not_taken" for one in outcomes.values()):
        raise away
    return [outcomes[n] for n in range(len(documents))]


def _portions(documents: Sequence[Any], numbers: Sequence[int]) -> list[list[int]]:
    portions: list[list[int]] = []
    size = _BYTES_AT_ONCE
    for n in numbers:
        own = len(orjson.dumps(documents[n]))
        if not portions or len(portions[-1]) >= AT_ONCE or size + own > _BYTES_AT_ONCE:
            portions.append([])
            size = 0
        portions[-1].append(n)
        size += own
    return portions


def _take(doors: Doors, publisher: Publisher, kind: str, documents: Sequence[Any]) -> list[Outcome]:
    author = Author("publisher", f"/{publisher.name}/", publisher.name)
    answer = doors.post(TAKEN_BY[kind], f"/events/{kind}", author, orjson.dumps(documents))
    if answer.status == 403:
        return [_not_allowed(publisher, kind)] * len(documents)
    if answer.status != 200:
        detail = {"reasons": answer.document.get("faults", [])} if isinstance(answer.document, dict) else {}
        return [Outcome("invalid", detail)] * len(documents)
    return [_outcome(one["type"], one["data"]) for one in answer.document["answers"]]


def _outcome(kind: str, data: Mapping[str, Any]) -> Outcome:
    """As the answer in a reply queue says it; whose answer it is stands beside it here."""
    detail = {name: value for name, value in data.items() if name not in ("event", "outcome", "command")}
    if kind == "command.settled":
        return Outcome(data["outcome"], detail)
    if kind == "report.accepted":
        detail["became"] = data["outcome"]
    return Outcome(_WORDS.get(kind, kind), detail)


def event_of_arrival(publisher: Publisher, item: Any) -> Any:
    """A whole event of what `/api/v1/arrivals` takes: the id and data of a report, or a whole event."""
    if not isinstance(item, dict) or "specversion" in item:
        return item
    return {
        "specversion": "1.0",
        "source": f"/{publisher.name}/api",
        "type": "arrival.reported",
        "time": datetime.now(UTC).isoformat(),
        **item,
    }


def _invalid(where: str, code: str, message: str) -> Outcome:
    return Outcome("invalid", _reason(where, code, message))


def _not_allowed(publisher: Publisher, kind: str) -> Outcome:
    return Outcome("not_allowed", _reason("type", "not_allowed", f"{publisher.name} may not publish {kind}"))


def _reason(where: str, code: str, message: str) -> dict[str, Any]:
    return {"reasons": [{"field": where, "code": code, "message": message}]}


_NOT_TAKEN: Final = Outcome("not_taken", _reason("", "away", "the service is away: send it again"))
