"""The state of an arrival. It follows from what is known of it, and no state forbids another."""

from __future__ import annotations

from typing import Literal

State = Literal["expected", "reported", "assigned"]
"""Expected: announced, not there yet. Reported: there, and no worker has it. Assigned: a worker has it."""


def state_of(*, expected: bool, worker: str | None) -> State:
    """An announced arrival stays expected, also where a worker has it already."""
    if expected:
        return "expected"
    return "assigned" if worker else "reported"
