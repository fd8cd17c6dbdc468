"""The states of a message, and which may follow which.

`unknown` is a send whose answer was lost where sending again could tell somebody twice; a late
receipt may still settle it. `failed` and `cancelled` are ends: who must be told all the same gets a
call from a human, not the same message again.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PENDING: Final = "pending"
HELD: Final = "held"
SENDING: Final = "sending"
ACCEPTED: Final = "accepted"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
SUPPRESSED: Final = "suppressed"
CANCELLED: Final = "cancelled"

STATES: Final = (PENDING, HELD, SENDING, ACCEPTED, DELIVERED, FAILED, UNKNOWN, SUPPRESSED, CANCELLED)

ALLOWED: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        PENDING: frozenset({HELD, SENDING, SUPPRESSED, CANCELLED}),
        HELD: frozenset({PENDING, SUPPRESSED, CANCELLED}),
        # back to pending: to be tried again, or on the recipient's next channel
        SENDING: frozenset({PENDING, ACCEPTED, DELIVERED, FAILED, UNKNOWN}),
        ACCEPTED: frozenset({DELIVERED, FAILED, UNKNOWN}),
        UNKNOWN: frozenset({ACCEPTED, DELIVERED, FAILED}),
        DELIVERED: frozenset(),
        FAILED: frozenset(),
        SUPPRESSED: frozenset(),
        CANCELLED: frozenset(),
    }
)

ENDS: Final = frozenset(state for state, following in ALLOWED.items() if not following)


class ForbiddenTransition(ValueError):
    """A message was about to go where its state does not lead."""


def move(state: str, to: str) -> str:
    """The new state, or ForbiddenTransition."""
    if to not in ALLOWED[state]:
        raise ForbiddenTransition(f"a message that is {state} cannot become {to}")
    return to
