"""Where a breach stands, and what follows from those that are confirmed. Admonition comes first (P41)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from contracts.faults import Fault

LATE_BACK, NO_PERMIT = "late_back", "no_permit"
NOT_AT_HOME, DOOR_SENSOR = "not_at_home", "door_sensor"
REFUSED_VISITS: Final = "refused_visits"

SUSPECTED, CONFIRMED, EXPLAINED = "suspected", "confirmed", "explained"

ADMONISHED: Final = "admonished"
"""The first one is confirmed: they are reminded, in plain and friendly words."""
CONFIRMED_AGAIN: Final = "breach_confirmed"
"""A further one is: an officer speaks with them, and decides whether they are moved."""
ADMONITION_TAKEN_BACK: Final = "admonition_taken_back"
"""None is left: what they were told does not hold."""

CENTRAL_FROM: Final = 2
"""From so many confirmed ones on an officer decides whether they go to central isolation."""


def state_of(judgement: str | None, in_order_at: datetime | None) -> str:
    """What was reported later and puts it right counts, whoever judged before; what an officer said counts
    again where that holds no more.

    :param judgement: the last one, confirmed or explained; None: nobody judged yet.
    :param in_order_at: since when what is known puts it right.
    """
    if in_order_at is not None:
        return EXPLAINED
    return judgement or SUSPECTED


def told(before: int, after: int) -> str | None:
    """What the household, or whoever answers for the case, hears; None: nothing new.

    :param before: how many of theirs were confirmed; `after`: are.
    """
    if after > before:
        return CONFIRMED_AGAIN if before else ADMONISHED
    return ADMONITION_TAKEN_BACK if before and not after else None


def proposes_central(before: int, after: int) -> bool:
    """Whether one that was confirmed just now asks an officer to decide about central isolation."""
    return after > before and after >= CENTRAL_FROM


def holds_proposal(confirmed: int) -> bool:
    """Whether a decision about central isolation that is asked for is still to be made."""
    return confirmed >= CENTRAL_FROM


def of_refused_visits(refused: int, threshold: int) -> int:
    """How many breaches so many refused visits are.

    :param threshold: of the policy.
    """
    return refused // threshold


def faults_of(words: str | None) -> list[Fault]:
    """What is wrong with a judgement."""
    if not (words or "").strip():
        message = "say what was found, and what they were told: it is kept with the case"
        return [Fault("words", "missing", message)]
    return []
