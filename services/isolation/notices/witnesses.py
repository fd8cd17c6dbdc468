"""A witness is a second member of staff, by name."""

from __future__ import annotations

from contracts.faults import Fault
from services.isolation.teams.rules import Staff

_WHERE = "witness"


def faults_of(witness: str | None, author: str | None, staff: Staff, *, needed: bool) -> list[Fault]:
    """What is wrong with the witness; none is fine where none is needed.

    :param author: staff_id of who says it, if they are of the staff.
    """
    if not witness:
        missing = Fault(_WHERE, "missing", "a second member of staff must have seen it: give their staff_id")
        return [missing] if needed else []
    if witness == author:
        return [Fault(_WHERE, "own_witness", "nobody witnesses what they say themselves")]
    if staff.active(witness) is None:
        return [Fault(_WHERE, "unknown_staff", "there is no such member of staff")]
    return []
