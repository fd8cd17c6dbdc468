"""How long another community has to answer whether it takes somebody over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from field.policies import in_force
from services.registration.policies.look_back import Policy

DEFAULT_ANSWER_WITHIN: Final = timedelta(hours=24)


def answer_within(policies: Sequence[Policy], division: str | None, day: date) -> timedelta:
    """By the policy in force where they are on the day on which it is asked.

    :param division: code of the destination; None where it is not known.
    """
    policy = in_force(policies, division, day)
    return (policy.answer_within if policy else None) or DEFAULT_ANSWER_WITHIN
