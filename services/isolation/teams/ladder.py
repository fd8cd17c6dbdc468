"""Who is told at a rung of the ladder: the staff that the level has for a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from services.isolation.policies.rules import Policy, Rung
from services.isolation.reference import Reference

Whom = dict[str, Any]


def whom(reference: Reference, row: Mapping[str, Any], policy: Policy, step: Rung) -> Whom | None:
    """The level of this step and its staff; where it has none, the next one up that has, or else the highest
    one below. None: no level has anybody.

    :param row: where a task or a case is, and who does it.
    """
    at = policy.ladder.index(step)
    return first_with_staff(reference, row, (*policy.ladder[at:], *reversed(policy.ladder[:at])))


def first_with_staff(reference: Reference, row: Mapping[str, Any], rungs: Iterable[Rung]) -> Whom | None:
    """The first of the rungs that has anybody, as task.overdue tells it."""
    chain = reference.places.upward(row["grid"], row["community"], row["street"])
    roster = reference.staff.roster
    for rung in rungs:
        if rung.level == "worker":
            place, who = row["grid"], [w for w in (row["staff_id"] or row["owner"],) if w]
        else:
            place = reference.places.at_level(rung.level, chain) or row.get(rung.level)
            who = [w for role in rung.roles for w in roster.get((role, place or ""), ())]
        staff = [s for w in who if (s := reference.staff.by_id.get(w)) and s.active]
        if staff:
            told = [
                {"staff_id": s.staff_id, "role": s.role, "contact": s.person, "language": s.language}
                for s in staff
            ]
            return {"level": rung.level, "place": place, "staff": told}
    return None
