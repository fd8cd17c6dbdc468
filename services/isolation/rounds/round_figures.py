"""How a round stands, by building: who should be tested, who is, and who is missing or excused, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import func, select

from chassis.doors.declared import Asked, Lookup
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from field.scope import Scope
from services.isolation.rounds.lists import rounds_in_scope
from services.isolation.rounds.rules import EXCUSED, MISSING, TESTED
from services.isolation.rounds.tables import round_people, test_rounds

MOST_BUILDINGS: Final = 500
_P, _R = round_people.c, test_rounds.c


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `round_id`.

    Returns `as_of`, `all` and `buildings`, those with most missing first, each with how many `should` be
    tested, are `tested`, `missing` (of these `with_reason`) and `excused`, and whom somebody must `visit`;
    `why`: how many there are for each reason. `more`: whether there are other buildings.
    """
    id = data.get("round_id")
    if not isinstance(id, str) or not is_id(id):
        raise Refused.invalid([Fault("round_id", "no_id", "must be the id of a round")])
    there = select(_R.round_id).where(_R.round_id == id, rounds_in_scope(uow.conn, scope))
    if uow.conn.execute(there).first() is None:
        return None
    kinds = (_P.building, _P.state, _P.why, _P.visit)
    rows = uow.conn.execute(select(*kinds, func.count()).where(_P.round_id == id).group_by(*kinds)).all()
    whole: Counter[str] = Counter()
    buildings: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = {MISSING: Counter(), EXCUSED: Counter()}
    for building, state, why, visit, number in rows:
        for counted in (whole, buildings[building]):
            counted["should"] += number
            counted[state] += number
            if state == MISSING:
                counted["with_reason"] += number if why else 0
                counted["visit"] += number if visit else 0
        if why and state in reasons:
            reasons[state][why] += number
    ordered = sorted(buildings, key=lambda name: (not name, -buildings[name][MISSING], name))
    return {
        "as_of": asked.now.astimezone(asked.zone).isoformat(),
        "all": _figures(whole),
        "buildings": [{"building": name, **_figures(buildings[name])} for name in ordered[:MOST_BUILDINGS]],
        "why": {state: dict(counted.most_common()) for state, counted in reasons.items()},
        "more": len(ordered) > MOST_BUILDINGS,
    }


def _figures(counted: Mapping[str, int]) -> dict[str, int]:
    return {name: counted[name] for name in ("should", TESTED, MISSING, "with_reason", EXCUSED, "visit")}


ROUND_FIGURES = Lookup("round_figures", _find)
