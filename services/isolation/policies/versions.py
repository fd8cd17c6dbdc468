"""Which text of a policy is in force after all that was published and withdrawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


def is_text_before_kept(versions: Sequence[tuple[int, str]]) -> bool:
    """Whether a withdrawal finds what it puts in force: the text before, or else that there was none.

    :param versions: (version, what) in their order, at least one; those before the first were not kept.
    """
    return len(standing_texts(versions)) > 1 or versions[0][0] == 1
