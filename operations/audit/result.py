"""The result of an audit: sums, what is missing, what is on its way."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from operations.audit.unhandled_events import Missing, UnhandledEvents
from operations.audit.waiting_messages import Waiting

NAMED = 100


@dataclass
class Audit:
    """:param waiting: messages in outboxes and queues, looked at before the databases are."""

    waiting: Waiting
    sums: dict[str, dict[str, Any]] = field(default_factory=dict)
    dead_letters: dict[str, int] = field(default_factory=dict)
    replayed_in_flight: Counter[str] = field(default_factory=Counter)
    late: list[Missing] = field(default_factory=list)
    """All there, and standing still; `late_count` counts those that are not named, too."""
    late_count: int = 0
    set_aside: int = 0
    """Of these: waiting alone brings none of them on."""
    _missing: dict[tuple[str, str], Missing] = field(default_factory=dict)
    _unnamed: int = 0
    unhandled: UnhandledEvents = field(init=False)

    def __post_init__(self) -> None:
        self.unhandled = UnhandledEvents(self.waiting)

    @property
    def missing(self) -> list[Missing]:
        """At most NAMED; `missing_count` counts all."""
        return list(self._missing.values())

    @property
    def missing_count(self) -> int:
        return len(self._missing) + self._unnamed

    @property
    def unseen(self) -> int:
        """Events that are missing or on their way: only the broker could tell, and it is away."""
        return self.unhandled.unseen

    @property
    def balanced(self) -> bool:
        return not self.missing_count and not self.unseen

    @property
    def only_lost(self) -> bool:
        """All that is missing are events that may still be in a consumer's hands."""
        return not self._unnamed and all(missing.lost for missing in self._missing.values())

    @property
    def in_flight(self) -> dict[str, int]:
        """Events by the handler that will take them; messages where no event is known yet."""
        found = Counter(self.unhandled.in_flight)
        found["outbox"] = sum(self.waiting.outboxes.values())
        for name, count in (*(self.waiting.queues or {}).items(), *self.replayed_in_flight.items()):
            found[name] = max(found[name], count)
        return {name: count for name, count in sorted(found.items()) if count}

    def miss(self, what: str, id: str, why: str, *, lost: bool = False) -> None:
        key = (what, id)
        if key in self._missing:
            return
        if len(self._missing) < NAMED:
            self._missing[key] = Missing(what, id, why, lost)
        else:
            self._unnamed += 1

    def stand_still(self, what: str, id: str, why: str) -> None:
        self.late.append(Missing(what, id, why))
        self.late_count += 1

    def stand_still_unnamed(self, count: int) -> None:
        self.late_count += count

    def miss_unnamed(self, count: int) -> None:
        self._unnamed += count

    def as_dict(self) -> dict[str, Any]:
        return {
            "balanced": self.balanced,
            "sums": self.sums,
            "missing": [missing.as_dict() for missing in self.missing],
            "missing_count": self.missing_count,
            "unseen": self.unseen,
            "late": [late.as_dict() for late in self.late],
            "late_count": self.late_count,
            "in_flight": self.in_flight,
            "dead_letters": self.dead_letters,
            "broker": self.waiting.broker,
            "only_ready": self.waiting.only_ready,
        }
