"""A shopping list as its page shows it: by building, and there in the order in which somebody walks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from field.addresses import building_of
from services.console.pages.shown.doors_in_order import in_order
from services.console.pages.shown.needs import Need, read_needs


@dataclass(frozen=True, slots=True)
class Errand:
    """What one household needs.

    :param address: of its door; "" where none is known.
    :param marks: what whoever goes there must know.
    """

    household: str
    address: str
    need: Need
    marks: Sequence[str]


@dataclass(frozen=True, slots=True)
class Building:
    """:param name: "" of doors whose building cannot be read: they stand last."""

    name: str
    errands: Sequence[Errand]


def by_building(documents: Sequence[Mapping[str, Any]]) -> list[Building]:
    errands = [
        Errand(one["household"], one["address"] or "", need, one["marks"])
        for one, need in zip(documents, read_needs(documents), strict=True)
    ]
    found: dict[str, list[Errand]] = {}
    for errand in in_order(errands, lambda one: one.address):
        found.setdefault(building_of(errand.address) or "", []).append(errand)
    unread = found.pop("", None)
    named = [Building(name, rows) for name, rows in found.items()]
    return [*named, Building("", unread)] if unread else named
