"""What would become of the open cases if a proposed policy were published now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from chassis.doors.declared import Asked, Lookup
from chassis.unit_of_work import UnitOfWork
from field.scope import Scope
from services.isolation.cases.try_policy import EFFECTS, Effects, Tried, try_policy
from services.isolation.policies.lookups import proposal_with_id

MOST: Final = 5_000
"""So many cases are worked out within the time in which a door answers; `doorstep policy try` takes all."""


def _find(uow: UnitOfWork, _scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `proposal_id`.

    Returns `at`, the moment for which it is worked out; `followed`: how many cases are open, and `looked_at`:
    how many of them were worked out, chosen by chance; `open_cases` and `newcomers`, each with `all`, by
    effect (EFFECTS), and `places`, those with most people first.
    """
    row = proposal_with_id(uow.conn, data.get("proposal_id"))
    if row is None:
        return None
    tried = try_policy(uow.conn, row.document, now=uow.now, zone=asked.zone, most=MOST)
    return {
        "at": tried.at.astimezone(asked.zone).isoformat(),
        "followed": tried.followed,
        "looked_at": tried.open_cases.places.total(),
        "open_cases": _counted(tried, tried.open_cases),
        "newcomers": _counted(tried, tried.newcomers),
    }


def _counted(tried: Tried, effects: Effects) -> dict[str, Any]:
    ids = {id for id, _ in effects.places}
    places = [
        {"place": id, "name": tried.names.get(id or "")}
        | {effect: effects.places[id, effect] for effect in EFFECTS}
        for id in ids
    ]
    people = {one["place"]: sum(int(str(one[effect])) for effect in EFFECTS) for one in places}
    places.sort(key=lambda one: (-people[one["place"]], one["place"] or ""))
    return {
        "all": {effect: sum(int(str(one[effect])) for one in places) for effect in EFFECTS},
        "places": places,
    }


TRY_POLICY_AT_DOOR: Final = Lookup("try_policy", _find)
