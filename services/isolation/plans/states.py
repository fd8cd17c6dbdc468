"""States of a task, and which may follow which."""

from __future__ import annotations

from typing import Final

from field.states import StateMachine

DUE: Final = "due"
MISSED: Final = "missed"
DONE: Final = "done"
WAIVED: Final = "waived"
NOT_POSSIBLE: Final = "not_possible"
CANCELLED: Final = "cancelled"

TASK: Final = StateMachine(
    "task",
    {
        DUE: frozenset({MISSED, NOT_POSSIBLE, DONE, WAIVED, CANCELLED}),
        # never the end: done late, waived with a reason, or overtaken by another plan, which may also ask for
        # it at another time
        MISSED: frozenset({DUE, NOT_POSSIBLE, DONE, WAIVED, CANCELLED}),
        # on the officer's list: tried again, done after all, or waived
        NOT_POSSIBLE: frozenset({DUE, MISSED, DONE, WAIVED, CANCELLED}),
        # a new plan may ask again for a task that an earlier plan took back; what was said of it counts
        CANCELLED: frozenset({DUE, NOT_POSSIBLE, DONE, WAIVED}),
        # whoever said so takes it back
        DONE: frozenset({DUE, MISSED, NOT_POSSIBLE, WAIVED, CANCELLED}),
        # somebody did it all the same
        WAIVED: frozenset({DONE}),
    },
)

LIVE: Final = frozenset({DUE, MISSED, NOT_POSSIBLE})
"""Somebody still has to do it."""
FINISHED: Final = frozenset({DONE, WAIVED})
"""Nobody asks for it again."""
