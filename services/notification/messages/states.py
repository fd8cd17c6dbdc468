"""The states of a message, and which may follow which."""

from typing import Final

from field.states import StateMachine

PENDING: Final = "pending"
HELD: Final = "held"
SENDING: Final = "sending"
ACCEPTED: Final = "accepted"
DELIVERED: Final = "delivered"
FAILED: Final = "failed"
UNKNOWN: Final = "unknown"
SUPPRESSED: Final = "suppressed"
CANCELLED: Final = "cancelled"

MESSAGE: Final = StateMachine(
    "message",
    {
        PENDING: {HELD, SENDING, SUPPRESSED, CANCELLED},
        HELD: {PENDING, SUPPRESSED, CANCELLED},
        # back to pending: to be tried again, or on the recipient's next channel
        SENDING: {PENDING, ACCEPTED, DELIVERED, FAILED, UNKNOWN},
        ACCEPTED: {DELIVERED, FAILED, UNKNOWN},
        DELIVERED: frozenset(),
        # an end: a human calls the recipient instead
        FAILED: frozenset(),
        # the answer was lost, and sending again could inform somebody twice; a late receipt may settle it
        UNKNOWN: {ACCEPTED, DELIVERED, FAILED},
        SUPPRESSED: frozenset(),
        CANCELLED: frozenset(),
    },
)

STATES: Final = MESSAGE.states

LIVE: Final = (PENDING, SENDING)
"""Still to be sent, or being sent just now."""
