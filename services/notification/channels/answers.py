"""How a channel may answer."""

from dataclasses import dataclass
from enum import StrEnum


class Answer(StrEnum):
    """How an attempt to send ended, by what may be done next."""

    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    REFUSED = "refused"  # this message will never go this way: a bad number, a forbidden text
    BUSY = "busy"  # the gateway asks us to come back later
    UNREACHABLE = "unreachable"  # nothing was handed over: no connection, gateway closed, rights refused
    LOST = "lost"  # perhaps handed over: the answer did not come or says nothing
    NO_NUMBER = "no_number"  # not tried: no address is known yet; the household may still bring one
    CANNOT = "cannot"  # not tried: nothing of this channel can come to that address: a landline
    NOT_SET_UP = "not_set_up"  # not tried: the settings name no such channel
    NOT_SENT = "not_sent"  # not tried: the lease was too short for another request


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    :param reason: a short code for history and events; never a text that could hold personal data.
    :param rings: a human may call instead; False where there is no phone, or one that nobody answers.
    """

    answer: Answer
    reason: str = ""
    provider_reference: str | None = None
    retry_after: float | None = None
    rings: bool = True
