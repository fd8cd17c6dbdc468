"""States of a case, and which may follow which."""

from __future__ import annotations

from typing import Final

from field.states import StateMachine

EXPECTED: Final = "expected"
OPEN: Final = "open"
ACTIVE: Final = "active"
RELEASE_REVIEW: Final = "release_review"
RELEASED: Final = "released"
REFUSED: Final = "refused"
MOVED_TO_CENTRAL: Final = "moved_to_central"
TRANSFERRED: Final = "transferred"
CANCELLED: Final = "cancelled"

CASE: Final = StateMachine(
    "case",
    {
        # announced, not there yet: nobody is told, nothing is planned
        EXPECTED: frozenset({OPEN, CANCELLED}),
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
        # an arrival that was called off, and comes after all, or is only expected again
        CANCELLED: frozenset({OPEN, EXPECTED}),
    },
)

FOLLOWED: Final = frozenset({OPEN, ACTIVE, RELEASE_REVIEW, REFUSED})
"""Somebody at this neighbourhood still has something to do for the case."""
CLOSED: Final = frozenset(CASE.states) - FOLLOWED
