"""Whose word counts where sources disagree: for each field the kinds of source, the best first.

Data, so that a neighbourhood can put another order in its place. Of two words of the same rank the later one
counts. What does not count is not lost: `doorstep trace` shows it beside what does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from field.words import SOURCE_KINDS

Field = Literal["identity", "phone", "destination", "came_at", "will_come", "language"]

_RANKS: Final[Mapping[Field, tuple[str, ...]]] = {
    # Who looks at the document and can look it up; tickets are sold on documents, too.
    "identity": (
        *("police", "transport", "lodging", "gate", "grid"),
        *("self", "school", "employer", "import", "resident_hint"),
    ),
    # People know their own number; whoever met them asked for it; a ticket may bear a travel agent's.
    "phone": (
        *("self", "grid", "gate", "lodging", "school", "employer"),
        *("police", "import", "transport", "resident_hint"),
    ),
    # Who stood at the door, or let them in, outweighs what they say; a ticket knows the station only.
    "destination": (
        *("grid", "gate", "lodging", "self", "police"),
        *("school", "employer", "import", "transport", "resident_hint"),
    ),
    # Who saw them come outweighs what they remember.
    "came_at": (
        *("gate", "grid", "transport", "lodging", "police"),
        *("school", "employer", "self", "import", "resident_hint"),
    ),
    # Nobody knows sooner than they do whether and when they will come; the grid has phoned them.
    "will_come": (
        *("self", "grid", "lodging", "school", "employer"),
        *("transport", "police", "gate", "import", "resident_hint"),
    ),
    "language": (
        *("self", "grid", "lodging", "gate", "school", "employer"),
        *("police", "transport", "import", "resident_hint"),
    ),
}

SEEN_AGAIN: Final = frozenset({"gate", "grid", "resident_hint"})
"""Whoever sees people every time they pass: a later sight corrects no earlier one, and the first counts."""

CALLS_OFF_ITS_OWN: Final = frozenset({"self"})
"""Any publisher may give reports of these kinds, for a kind is what a report says of itself. Such a report
calls off only what one of its kind, or the same publisher, announced."""

RANK: Final[Mapping[Field, Mapping[str, int]]] = {
    field: {kind: kinds.index(kind) for kind in SOURCE_KINDS} for field, kinds in _RANKS.items()
}
"""field -> kind of source -> its rank; 0 is the best."""
