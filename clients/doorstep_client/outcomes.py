"""The outcome of each event that was handed over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum


class Standing(StrEnum):
    ACCEPTED = "accepted"  # the broker confirmed it: it is on disk there
    REFUSED = "refused"  # the broker (or, before sending, this library) said no; the reason tells why
    UNSENT = "unsent"  # it never left this machine within the time limit
    UNKNOWN = "unknown"  # sent, but no answer within the time limit; send it again with the same id


@dataclass(frozen=True, slots=True)
class Outcome:
    """`position` counts the events of one call from 0. `id` and `source` are None for a Raw message.

    `type`: the event type under which it was published.
    """

    position: int
    publisher: str
    id: str | None
    source: str | None
    standing: Standing
    reason: str | None = None
    type: str | None = None

    @property
    def accepted(self) -> bool:
        return self.standing is Standing.ACCEPTED


class Outcomes(list[Outcome]):
    """The outcomes of one call, one per event, in the order of the events."""

    def _having(self, standing: Standing) -> list[Outcome]:
        return [outcome for outcome in self if outcome.standing is standing]

    @property
    def accepted(self) -> list[Outcome]:
        return self._having(Standing.ACCEPTED)

    @property
    def refused(self) -> list[Outcome]:
        return self._having(Standing.REFUSED)

    @property
    def unsent(self) -> list[Outcome]:
        return self._having(Standing.UNSENT)

    @property
    def unknown(self) -> list[Outcome]:
        return self._having(Standing.UNKNOWN)

    @property
    def complete(self) -> bool:
        """Every event was accepted."""
        return all(outcome.accepted for outcome in self)

    def counts(self) -> dict[str, int]:
        found = Counter(outcome.standing for outcome in self)
        return {standing.value: found[standing] for standing in Standing}
