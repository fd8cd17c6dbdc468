"""States of a case and of a task, and which may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

OPEN: Final = "open"
ACTIVE: Final = "active"
RELEASE_REVIEW: Final = "release_review"
RELEASED: Final = "released"
REFUSED: Final = "refused"
MOVED_TO_CENTRAL: Final = "moved_to_central"
TRANSFERRED: Final = "transferred"
CANCELLED: Final = "cancelled"

CASE: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        # opened, the resident not yet met
        OPEN: frozenset({ACTIVE, RELEASE_REVIEW, REFUSED, MOVED_TO_CENTRAL, TRANSFERRED, CANCELLED}),
        # met, the measure in force
        ACTIVE: frozenset({RELEASE_REVIEW, REFUSED, MOVED_TO_CENTRAL, TRANSFERRED, CANCELLED}),
        # proposed for release; a re-assessment or a positive test takes it back
        RELEASE_REVIEW: frozenset({RELEASED, ACTIVE, MOVED_TO_CENTRAL, TRANSFERRED, CANCELLED}),
        # will not isolate: still followed until he does, or is taken to central isolation
        REFUSED: frozenset({ACTIVE, MOVED_TO_CENTRAL, TRANSFERRED, CANCELLED}),
        # in the hands of the central site, until that ends or he comes back to finish at home
        MOVED_TO_CENTRAL: frozenset({ACTIVE, RELEASED, TRANSFERRED}),
        # a re-assessment that makes the case stricter opens it again
        RELEASED: frozenset({OPEN}),
        TRANSFERRED: frozenset(),
        CANCELLED: frozenset(),
    }
)

FOLLOWED: Final = frozenset({OPEN, ACTIVE, RELEASE_REVIEW, REFUSED})
"""Somebody at this neighbourhood still has something to do for the case."""
CLOSED: Final = frozenset(CASE) - FOLLOWED

DUE: Final = "due"
MISSED: Final = "missed"
DONE: Final = "done"
WAIVED: Final = "waived"

TASK: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        DUE: frozenset({MISSED, DONE, CANCELLED}),
        # never the end: done late, waived with a reason, or overtaken by another plan
        MISSED: frozenset({DONE, WAIVED, CANCELLED}),
        # a plan may want again what an earlier one took back
        CANCELLED: frozenset({DUE}),
        DONE: frozenset(),
        WAIVED: frozenset(),
    }
)

LIVE: Final = frozenset({DUE, MISSED})


class ForbiddenTransition(ValueError):
    """A case or a task was about to go where its state does not lead."""


def move_case(state: str, to: str) -> str:
    """The new state, or ForbiddenTransition."""
    return _move("case", CASE, state, to)


def move_task(state: str, to: str) -> str:
    """The new state, or ForbiddenTransition."""
    return _move("task", TASK, state, to)


def _move(what: str, allowed: Mapping[str, frozenset[str]], state: str, to: str) -> str:
    if to not in allowed[state]:
        raise ForbiddenTransition(f"a {what} that is {state} cannot become {to}")
    return to
