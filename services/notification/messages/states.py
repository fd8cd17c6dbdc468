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
        # for a digest, for the morning, or until somebody lets it go
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

FOR_DIGEST: Final = "for_digest"
NIGHT: Final = "night"
DAILY_LIMIT: Final = "daily_limit"
NUMBER_LIMIT: Final = "number_limit"
CALL_FIRST: Final = "call_first"
"""Why a message is held: it goes into the next digest; it is let go in the morning; the member of staff got
enough today, and it goes into the next digest; the number got enough today, and it goes out tomorrow;
somebody calls them first."""

UNSETTLED: Final = (PENDING, SENDING, HELD)
"""Nothing has become of it yet."""
LIVE: Final = (PENDING, SENDING)
"""Still to be sent, or being sent just now."""
