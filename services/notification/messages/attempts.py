"""What follows from one attempt to send: accepted, again later, the next channel, or a human.

Times here are real seconds: back-off follows the world's clock, not the clock of the field.
"""

from dataclasses import dataclass
from enum import StrEnum
from hashlib import blake2b

from services.notification.messages import states


class Answer(StrEnum):
    """How a channel answered, by what may be done next."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"  # this message will never go this way: a bad number, a forbidden text
    BUSY = "busy"  # told to come back later
    UNREACHABLE = "unreachable"  # nothing was handed over: no connection, gateway closed, rights refused
    LOST = "lost"  # handed over perhaps: the answer did not come or says nothing
    NO_NUMBER = (
        "no_number"  # not tried: there is nobody's number yet, somebody of the household may bring one
    )
    NOT_SENT = "not_sent"  # not tried: the lease was too short for another request


@dataclass(frozen=True, slots=True)
class Outcome:
    """`reason` is a short code for history and events; never a text that could hold personal data."""

    answer: Answer
    reason: str = ""
    provider_reference: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class BackOff:
    """Waits of `first`, `first * factor`, … seconds, at most `longest`.

    Each is moved by up to `spread` of itself, so that messages which failed together do not come back
    together. The defaults end after about 90 minutes.
    """

    tries: int = 8
    first: float = 5.0
    factor: float = 3.0
    longest: float = 3600.0
    spread: float = 0.2

    def wait(self, attempt: int, key: str) -> float:
        """Seconds to wait after attempt number `attempt` (1, 2, …) of the message `key`."""
        exponent = min(attempt - 1, 64)
        base = min(self.longest, self.first * self.factor**exponent)
        digest = blake2b(f"{key}:{attempt}".encode(), digest_size=4).digest()
        share = int.from_bytes(digest, "big") / 0xFFFFFFFF  # 0..1, the same for the same attempt
        return float(base * (1 + self.spread * (2 * share - 1)))


@dataclass(frozen=True, slots=True)
class Next:
    """`wait` is set where the message becomes pending again; `next_channel`: on the recipient's next channel.
    `undeliverable`: a human must be told."""

    state: str
    wait: float | None = None
    next_channel: bool = False
    undeliverable: bool = False
    counts: bool = True


# People of one household are registered together, and their cases opened within seconds.
TRIES_FOR_A_NUMBER = 3

# A gateway may ask for patience, but not for more than this.
LONGEST_RETRY_AFTER = 6 * 3600.0


def after(
    outcome: Outcome, *, attempt: int, key: str, back_off: BackOff, idempotent: bool, channels_left: int = 0
) -> Next:
    """What becomes of a message that was `sending`, after its attempt number `attempt` on this channel.

    `idempotent`: the channel delivers what it gets twice under one key only once.
    """
    match outcome.answer:
        case Answer.ACCEPTED:
            return Next(states.ACCEPTED)
        case Answer.DELIVERED:
            return Next(states.DELIVERED)
        case Answer.NOT_SENT:
            return Next(states.PENDING, wait=0.0, counts=False)
        case Answer.REFUSED:
            return _give_up(states.FAILED, channels_left)
        case Answer.NO_NUMBER if attempt >= TRIES_FOR_A_NUMBER:
            return _give_up(states.FAILED, channels_left)
        case Answer.LOST if not idempotent:
            # Neither again nor by another channel: it may have arrived.
            return Next(states.UNKNOWN, undeliverable=True)
    if attempt >= back_off.tries:
        return _give_up(states.UNKNOWN if outcome.answer is Answer.LOST else states.FAILED, channels_left)
    wait = back_off.wait(attempt, key)
    if outcome.retry_after is not None:
        wait = max(wait, min(outcome.retry_after, LONGEST_RETRY_AFTER))
    return Next(states.PENDING, wait=wait)


def _give_up(state: str, channels_left: int) -> Next:
    if channels_left > 0:
        return Next(states.PENDING, wait=0.0, next_channel=True)
    return Next(state, undeliverable=True)
