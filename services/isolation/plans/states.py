"""States of a task, and which may follow which."""

from __future__ import annotations

from typing import Final

from field.states import StateMachine

DUE: Final = "due"
MISSED: Final = "missed"
DONE: Final = "done"
WAIVED: Final = "waived"
CANCELLED: Final = "cancelled"

TASK: Final = StateMachine(
    "task",
    {
        DUE: frozenset({MISSED, DONE, CANCELLED}),
        # never the end: done late, waived with a reason, or overtaken by another plan
        MISSED: frozenset({DONE, WAIVED, CANCELLED}),
        # a new plan may ask again for a task that an earlier plan took back
        CANCELLED: frozenset({DUE}),
        DONE: frozenset(),
        WAIVED: frozenset(),
    },
)

LIVE: Final = frozenset({DUE, MISSED})
"""Somebody still has to do it."""
FINISHED: Final = frozenset({DONE, WAIVED})
"""Nobody asks for it again."""
