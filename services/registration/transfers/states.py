"""Where a transfer stands, and what is said of it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Final

ASKED: Final = "asked"
ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"
WITHDRAWN: Final = "withdrawn"
"""By the side that asked: they stay, or that they do not come is settled."""
ASKED_ANEW: Final = "asked_anew"
"""Refused, and asked once more, here or elsewhere."""
STRIPPED: Final = "stripped"
"""Nobody knows any more who they were."""

OPEN: Final = frozenset({ASKED, REFUSED})

DECIDED_IN: Final[Mapping[str, Set[str]]] = {
    ACCEPTED: frozenset({ASKED}),
    REFUSED: frozenset({ASKED}),
    WITHDRAWN: OPEN,
}
"""What is decided, and in which states."""
BY_THE_OTHER_SIDE: Final = frozenset({ACCEPTED, REFUSED})
