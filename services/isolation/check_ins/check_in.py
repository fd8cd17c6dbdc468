"""A check-in as it is written down: temperature and symptoms of one person, once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

_CHECK_INS = UUID("0b9d3b8e-64a1-4b3a-9c1f-5f0d4a8e2c71")


@dataclass(frozen=True, slots=True)
class CheckIn:
    """One of these, or a correction of one: then it has the same case, and its values count instead."""

    check_in_id: str
    case_id: str
    corrects: str | None
    """Of a correction: the check-in that it corrects, which is none itself."""
    version: int
    """1 is the check-in; its corrections have 2, 3 and so on, as they came."""
    at: datetime
    """When the values were taken; of a correction, when it was made."""
    received_at: datetime
    temperature: int | None
    """In tenths of a degree Celsius."""
    symptoms: tuple[str, ...]
    how_known: str
    note: str | None
    """Sealed."""
    by: str
    """The source of whoever said it."""
    event_id: str
    task_id: str | None
    """The task that it settled, or would have if nobody else had."""
    late: bool
    why_abnormal: tuple[str, ...]
    alarm_task_id: str | None = None
    """The immediate task that was planned for it."""
    told: tuple[str, ...] = ()
    """Staff who were told of it at once."""

    @property
    def original(self) -> str:
        return self.corrects or self.check_in_id


def check_in_id(source: str, event_id: str, number: int) -> str:
    """It follows from the command and the place in its list: said again after years, it is the same."""
    return str(uuid5(_CHECK_INS, f"{source}\n{event_id}\n{number}"))


def that_counts(of_one: Iterable[CheckIn]) -> CheckIn:
    """Of a check-in and its corrections the one whose values count: that which was said last."""
    return max(of_one, key=lambda c: (c.corrects is not None, c.at, c.check_in_id))
