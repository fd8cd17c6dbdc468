"""The state of an arrival. It follows from what is known of it, and no state forbids another."""

from __future__ import annotations

from typing import Final, Literal

from services.registration.arrivals.followed import Reached

State = Literal[
    "expected",
    "reported",
    "assigned",
    "contacted",
    "verified",
    "unreachable",
    "not_here",
    "merged",
    "not_coming",
]
"""Expected: announced, not there yet. Reported: there, and no worker has it. Assigned: a worker has it.
Contacted, verified, unreachable, not here: by what people said who followed it (`Reached`). Not coming:
announced, and called off; a report that they come or came makes it an arrival again. Merged: it is followed
as another one.
"""
MERGED: Final = "merged"
ENDED: Final = ("not_here", "merged", "not_coming")
"""Nobody is followed."""


def state_of(
    *, expected: bool, worker: str | None, not_coming: bool = False, reached: Reached | None = None
) -> State:
    """An announced arrival stays expected, also where a worker has it already, or has phoned them."""
    if not_coming:
        return reached if reached in ("not_here", "merged") else "not_coming"
    if expected:
        return "expected"
    if reached:
        return reached
    return "assigned" if worker else "reported"
