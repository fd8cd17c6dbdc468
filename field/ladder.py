"""The ladder: a task that nobody did in time is reported to worker, community, street and district in turn.

Step 1 falls due when the first rung's interval has passed. After the last rung the last level is informed
again at each `repeat_after`, for no task ends by silence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from field.words import RUNGS

NOBODY: Final = "nobody"
"""In place of a level: no rung has any staff to inform."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: the level and roles that are informed, so long after the task was due."""

    level: str
    after: timedelta
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a policy, lowest first.

    :param repeat_after: after the last rung, the last level is informed again each so long; None: once.
    """

    rungs: tuple[Rung, ...]
    repeat_after: timedelta | None

    def at(self, step: int) -> Rung:
        """The rung of a step (from 1); beyond the last rung it stays the last."""
        return self.rungs[min(step, len(self.rungs)) - 1]

    def above(self, role: str | None) -> Sequence[Rung]:
        """The rungs above a member of staff with this role; a role that no rung names is a worker's."""
        own = [n for n, rung in enumerate(self.rungs) if rung.level == RUNGS[0] or role in rung.roles]
        return self.rungs[max(own, default=-1) + 1 :]

    def falls_due(self, due_by: datetime, step: int) -> datetime | None:
        """When a step (from 1) of a task that is due by then falls due; None: there is no such step."""
        beyond = step - len(self.rungs)
        if beyond <= 0:
            return due_by + self.rungs[step - 1].after
        if self.repeat_after is None:
            return None
        return due_by + self.rungs[-1].after + beyond * self.repeat_after
