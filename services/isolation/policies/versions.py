"""Which text of a policy is in force after all that was published and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Literal

What = Literal["published", "withdrawn"]
PUBLISHED: Final = "published"
WITHDRAWN: Final = "withdrawn"


def standing_texts(versions: Iterable[tuple[int, str]]) -> list[int]:
    """The versions whose texts stand, in their order; the last is in force, none: it is withdrawn whole.

    A withdrawal takes the newest that stands away: the text that this one corrected is in force again.

    :param versions: (version, what) in their order.
    """
    standing: list[int] = []
    for version, what in versions:
        if what == PUBLISHED:
            standing.append(version)
        elif standing:
            standing.pop()
    return standing
