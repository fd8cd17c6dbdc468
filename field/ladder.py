"""The ladder: a task that nobody did in time is reported to worker, community, street and district in turn.

Step 1 falls due when the first rung's interval has passed. After the last rung the last level is informed
again at each `repeat_after`, for no task ends by silence. Each kind of task may have a ladder of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from field.night import Night
from field.words import RUNGS

NOBODY: Final = "nobody"
"""In place of a level: no rung has any staff to inform."""
DAILY: Final = timedelta(days=1)
"""How often the last level is informed again where a policy does not say."""


@dataclass(frozen=True, slots=True)
class Rung:
    """One step: the level and roles that are informed, so long after the task was due."""

    level: str
    after: timedelta
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of a policy, lowest first.

    :param repeat_after: after the last rung, the last level is informed again each so long.
    :param urgent: it climbs at night too, and goes to whoever is on duty.
    """

    rungs: tuple[Rung, ...]
    repeat_after: timedelta = DAILY
    urgent: bool = False

    def at(self, step: int) -> Rung:
        """The rung of a step (from 1); beyond the last rung it stays the last."""
        return self.rungs[min(step, len(self.rungs)) - 1]

    def above(self, role: str | None) -> Sequence[Rung]:
        """The rungs above a member of staff with this role; a role that no rung names is a worker's."""
        own = [n for n, rung in enumerate(self.rungs) if rung.level == RUNGS[0] or role in rung.roles]
        return self.rungs[max(own, default=-1) + 1 :]

    def step_above(self, level: str) -> int:
        """The first step (from 1) that informs a higher level than this one; else the last rung's."""
        higher = (n for n, rung in enumerate(self.rungs, 1) if RUNGS.index(rung.level) > RUNGS.index(level))
        return next(higher, len(self.rungs))

    def after(self, step: int) -> timedelta:
        """How long after the task was due a step (from 1) falls due."""
        beyond = step - len(self.rungs)
        if beyond <= 0:
            return self.rungs[step - 1].after
        return self.rungs[-1].after + beyond * self.repeat_after

    def interval(self, step: int) -> timedelta:
        """How long whoever was informed with a step (from 0: nobody yet) has until the next one."""
        return self.after(step + 1) - self.after(step) if step else self.after(1)


@dataclass(frozen=True, slots=True)
class Ladders:
    """The ladder of each kind of task, and the night, in which only urgent kinds climb.

    :param by_kind: of the kinds that have one of their own.
    :param night: None: a policy without a night.
    """

    default: Ladder
    by_kind: Mapping[str, Ladder]
    night: Night | None

    def of(self, kind: str) -> Ladder:
        return self.by_kind.get(kind, self.default)

    def falls_due(self, kind: str, due_by: datetime, step: int) -> datetime:
        """When the next step (from 1) falls due of a task that got this term.

        What falls into the night waits for the morning, unless it is urgent. However often the last level was
        informed of an earlier term, it is informed of this one as soon as its rung says.
        """
        ladder = self.of(kind)
        return self._awake(ladder, due_by + ladder.at(step).after)

    def awake(self, kind: str, moment: datetime) -> datetime:
        """The moment itself, or of the night the morning after it, unless this kind is urgent.

        It is also when the term of a task ends that would end then.
        """
        return self._awake(self.of(kind), moment)

    def _awake(self, ladder: Ladder, moment: datetime) -> datetime:
        return moment if self.night is None or ladder.urgent else self.night.over(moment)

    def is_night(self, moment: datetime) -> bool:
        return self.night is not None and self.night.holds(moment)
