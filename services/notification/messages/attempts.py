"""The decision after one attempt to send: accepted, again later, the next channel, or a human.

Times here are real seconds: back-off follows the world's clock, not the clock of the field.
"""

from dataclasses import dataclass
from hashlib import blake2b

from services.notification.channels.answers import Answer, Outcome
from services.notification.messages import states


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
    """
    :param wait: seconds until the message is tried again; None where it is not.
    :param next_channel: it is tried again on the recipient's next channel.
    :param undeliverable: a human must be informed.
    :param counts: an attempt was made.
    """

    state: str
    wait: float | None = None
    next_channel: bool = False
    undeliverable: bool = False
    counts: bool = True


# People of one household are registered together, and their cases opened within seconds.
TRIES_FOR_A_NUMBER = 3

# A message whose channels are not set up waits for one of them, and is looked at again after this.
CHANNEL_MISSING_WAIT = 600.0

# A gateway may ask for patience, but not for more than this.
LONGEST_RETRY_AFTER = 6 * 3600.0


def after(
    outcome: Outcome, *, attempt: int, key: str, back_off: BackOff, idempotent: bool, channels_left: int = 0
) -> Next:
    """The next state of a message that was `sending`, after its attempt number `attempt` on this channel.

    :param idempotent: the channel delivers a message that it gets twice under one key only once.
    :param channels_left: how many later channels of the recipient are set up.
    """
    match outcome.answer:
        case Answer.ACCEPTED:
            return Next(states.ACCEPTED)
        case Answer.DELIVERED:
            return Next(states.DELIVERED)
        case Answer.NOT_SENT:
            return Next(states.PENDING, wait=0.0, counts=False)
        case Answer.NOT_SET_UP if channels_left > 0:
            return Next(states.PENDING, wait=0.0, next_channel=True, counts=False)
        case Answer.NOT_SET_UP:
            return Next(states.PENDING, wait=CHANNEL_MISSING_WAIT, counts=False)
        case Answer.REFUSED:
            return _give_up(states.FAILED, channels_left)
        case Answer.CANNOT:
            return _give_up(states.FAILED, channels_left, counts=False)
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


def _give_up(state: str, channels_left: int, *, counts: bool = True) -> Next:
    if channels_left > 0:
        return Next(states.PENDING, wait=0.0, next_channel=True, counts=counts)
    return Next(state, undeliverable=True, counts=counts)
