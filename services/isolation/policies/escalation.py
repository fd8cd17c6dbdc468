"""How an overdue task climbs: worker → community → street → district, at the policy's intervals.

Step 1 is told when the first rung's interval has passed; after the last rung the last level is told again
at each `repeat_after`, for no task ends by silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from field.words import RUNGS
from services.isolation.policies.rules import Policy, Rung

NOBODY: Final = "nobody"
"""In place of a level: no rung has anybody who could be told."""


def rung(policy: Policy, step: int) -> Rung:
    """Who is told at a step (from 1)."""
    return policy.ladder[min(step, len(policy.ladder)) - 1]


def above(policy: Policy, role: str | None) -> Sequence[Rung]:
    """The rungs above whoever has this role; a role that no rung names is a worker's."""
    stands_on = [n for n, rung in enumerate(policy.ladder) if rung.level == RUNGS[0] or role in rung.roles]
    return policy.ladder[max(stands_on, default=-1) + 1 :]


def tell_at(policy: Policy, due_by: datetime, step: int) -> datetime | None:
    """When a step (from 1) falls due; None: there is none."""
    beyond = step - len(policy.ladder)
    if beyond <= 0:
        return due_by + policy.ladder[step - 1].after
    if policy.repeat_after is None:
        return None
    return due_by + policy.ladder[-1].after + beyond * policy.repeat_after
