"""How long people try again where a door, the broker or a database is away: all come back after a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE_S = 120.0
AGAIN_S = 0.3
Answer = TypeVar("Answer")


def until_it_answers(ask: Callable[[], Answer], is_away: Callable[[Exception], bool]) -> Answer:
    """:param is_away: whether the error says that it may be back soon. Raises what `ask` raises else."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return ask()
        except Exception as error:
            if not is_away(error) or time.monotonic() > deadline:
                raise
        time.sleep(AGAIN_S)
