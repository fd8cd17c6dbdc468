"""What pages show again and again, as plain values: the templates in `templates/parts` draw them.

Texts in them are either data (a name, an address) or words of the vocabulary, which templates translate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from field.telling_apart import Label

TaskState = Literal["due", "overdue", "abnormal", "done", "waived"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is logged in, as the head of every page says it.

    :param role: one of field.words.ROLES, or the kind of their account.
    :param place: name of their place, where it is known.
    """

    name: str
    role: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """:param kind: of the task.
    :param clock: until when it is due, or since when it is overdue, or when it was done; local time "10:00".
    :param said: what somebody noted of it.
    :param who: whose it is, where it is not everybody's of the household.
    :param attempts: how often nobody answered.
    :param next_try: when it is tried again; a clock.
    :param because: why it was not possible; an officer decides.
    :param role: of whoever does it, where it is somebody else.
    """

    kind: str
    state: TaskState
    clock: str
    said: str = ""
    who: tuple[Label, ...] = ()
    attempts: int = 0
    next_try: str = ""
    because: str = ""
    role: str = ""


@dataclass(frozen=True, slots=True)
class PersonRow:
    """:param measure: one of field.words.MEASURES.
    :param day: which day it is, of how many.
    :param marks: of field.words.HELP_MARKS.
    """

    label: Label
    measure: str
    day: int
    days: int
    marks: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class HouseholdCard:
    """:param door: building, unit, room, as they stand in the address.
    :param phone: the number that is rung; "" where none is known.
    :param best_time: when to ring; "" where nobody said.
    :param marks: of field.words.HELP_MARKS, of the household.
    :param abnormal: somebody of it was abnormal today.
    """

    door: str
    people: Sequence[PersonRow]
    tasks: Sequence[TaskRow]
    phone: str
    best_time: str = ""
    marks: Sequence[str] = ()
    abnormal: bool = False

    @property
    def state(self) -> TaskState:
        """The gravest of its tasks; done only where nothing is left."""
        states = {task.state for task in self.tasks} | ({"abnormal"} if self.abnormal else set())
        for state in _GRAVEST_FIRST:
            if state in states:
                return state
        return "done"


_GRAVEST_FIRST: tuple[TaskState, ...] = ("abnormal", "overdue", "due", "done", "waived")


@dataclass(frozen=True, slots=True)
class Filter:
    """One choice above a list: a link, so that it works by keyboard and stands in the address.

    :param count: how many it would show; None where that is not known.
    """

    name: str
    address: str
    count: int | None = None
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong with what was typed, in the reader's language.

    :param field: name of the field.
    """

    field: str
    says: str
