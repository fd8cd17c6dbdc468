"""The state of an arrival. It follows from what is known of it, and no state forbids another."""

from __future__ import annotations

from typing import Literal

State = Literal["expected", "reported", "assigned", "not_coming"]
"""Expected: announced, not there yet. Reported: there, and no worker has it. Assigned: a worker has it.
Not coming: announced, and called off; a report that they come or came makes it an arrival again.
"""


def state_of(*, expected: bool, worker: str | None, not_coming: bool = False) -> State:
    """An announced arrival stays expected, also where a worker has it already."""
    if not_coming:
        return "not_coming"
    if expected:
        return "expected"
    return "assigned" if worker else "reported"
