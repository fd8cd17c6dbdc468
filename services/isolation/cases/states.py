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
MOVED_TO_HOSPITAL: Final = "moved_to_hospital"
TRANSFERRED: Final = "transferred"
CANCELLED: Final = "cancelled"

_AWAY: Final = frozenset({MOVED_TO_CENTRAL, MOVED_TO_HOSPITAL, TRANSFERRED, CANCELLED})
"""Ends to which a decision leads from any state in which somebody is followed."""

CASE: Final = StateMachine(
    "case",
    {
        # announced, not there yet: nobody is told, nothing is planned
        EXPECTED: frozenset({OPEN, CANCELLED}),
        # opened, the resident not yet met
        OPEN: _AWAY | {ACTIVE, RELEASE_REVIEW, REFUSED},
        # met, the measure in force; open again where the first contact was a mistake
        ACTIVE: _AWAY | {OPEN, RELEASE_REVIEW, REFUSED},
        # proposed for release; a re-assessment or a positive test takes it back
        RELEASE_REVIEW: _AWAY | {RELEASED, ACTIVE},
        # will not isolate: still followed until he does, or is taken to central isolation
        REFUSED: _AWAY | {ACTIVE},
        # in the hands of the site, until they go home, to hospital, or are released there; or die, or another
        # place follows them
        MOVED_TO_CENTRAL: frozenset({OPEN, MOVED_TO_HOSPITAL, RELEASED, CANCELLED}),
        # in the hands of others; an officer opens it again when they are back
        MOVED_TO_HOSPITAL: frozenset({OPEN}),
        TRANSFERRED: frozenset({OPEN}),
        # a re-assessment that makes the case stricter opens it again, or an officer
        RELEASED: frozenset({OPEN}),
        # an arrival that was called off, and comes after all, or is only expected again; or an officer's
        # mistake
        CANCELLED: frozenset({OPEN, EXPECTED}),
    },
)

FOLLOWED: Final = frozenset({OPEN, ACTIVE, RELEASE_REVIEW, REFUSED})
"""Somebody at this neighbourhood still has something to do for the case."""
CLOSED: Final = frozenset(CASE.states) - FOLLOWED
