"""Staff as a household's own page names them: those who were told of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from services.isolation.reference import Reference


def told(uow: UnitOfWork, reference: Reference, staff_ids: Iterable[str]) -> list[dict[str, Any]]:
    """Role and name of each; who is no longer known is left out."""
    staff = reference.staff.by_id
    known = [staff[id] for id in staff_ids if id in staff]
    return [{"role": who.role, "name": opened(uow, who.person).get("name")} for who in known]


def opened(uow: UnitOfWork, person: str) -> Mapping[str, Any]:
    """What is sealed of a person; nothing where the key is gone."""
    try:
        inside: Mapping[str, Any] = uow.sealer.unseal(person)
    except SealBroken:
        return {}
    return inside
