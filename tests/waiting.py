"""How tests wait: until something is so, and never for a time that a busy machine could need longer for."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")

# A wait ends as soon as its condition holds, so that only a test that fails takes this long.
PATIENCE_S = 90.0


def eventually(
    condition: Callable[[], Found | None],
    seconds: float = PATIENCE_S,
    *,
    every: float = 0.05,
    show: Callable[[], object] = lambda: "",
) -> Found:
    """The first true value of the condition; fails if there is none within `seconds`.

    A test that looks at more than the condition takes the value that is returned: a second reading is of
    another moment. `show`: what the failure says beside the condition.
    """
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not so after {seconds:.0f} s: {show()}"
        time.sleep(every)
    return found
