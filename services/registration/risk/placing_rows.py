"""A row of a risk list placed: the county or zone that it means, and by which of its words that is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from field.words import RiskLevel
from services.registration.places.divisions import Level, Located, divisions
from services.registration.places.spelling import fold
from services.registration.risk.assessing import RiskArea
from services.registration.risk.place_text import strip_names

PlacedBy = Literal["code", "county", "zone", "street", "city", "province", "nothing"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One area of a list, placed.

    :param placed: as what: in a county or zone, or in a city or province only.
    :param placed_by: by which word of the row that is known.
    """

    area: RiskArea
    placed: Level
    placed_by: PlacedBy

    @property
    def key(self) -> tuple[str, str]:
        """It is the same area in the next list if this is the same: the level is not part of it."""
        return area_key(self.area)


def area_key(area: RiskArea) -> tuple[str, str]:
    where = area.division
    if len(where) < 6:  # a zone without a code is known by its name
        zone = divisions().find(area.province, area.city, area.county).zone
        where = zone.code or where + fold(zone.name) if zone else where + fold(area.county)
    return where, fold(f"{area.street}{area.place}")


def place_area(
    level: RiskLevel, words: Mapping[str, str], place: str, list_id: str, valid_from: datetime
) -> Listed:
    """An area with the code of its county or zone; of a zone without a code, with that of its city.

    :param words: province, city and county as written; `division` where the row has a code.
    """
    located, by = _locate(words, place)
    # In a municipality a street may stand in the county's place: it belongs to the place then.
    street = located.rest if located.level in ("county", "zone") and by != "street" else ""
    area = RiskArea(
        list_id, level, words["province"], words["city"], words["county"], place, located.code, valid_from,
        street=street,
    )  # fmt: skip
    return Listed(area, located.level, by)


def _locate(words: Mapping[str, str], place: str) -> tuple[Located, PlacedBy]:
    """By code, county or zone, then by the street or town that is named within the city."""
    table = divisions()
    code = table.trim(words.get("division", ""))
    if len(code) >= 6:
        zone = table.zone_of(code)
        return Located(code[:6], "zone" if zone else "county", zone=zone), "code"
    province, city, county = words["province"], words["city"], words["county"]
    located = table.find(province, city, county) if province else table.find_in_text(f"{city}{county}")
    if located.level == "county" or located.level == "zone":
        return located, located.level
    if located.level == "nowhere":
        return located, "nothing"
    names = tuple(name for name in (table.name(located.code[:2]), province, city, county) if name)
    for text in (strip_names(fold(place), names), fold(county)):
        if area := table.find_street(located.code, text):
            zone = table.zone_of(area)
            return Located(area, "zone" if zone else "county", zone=zone), "street"
    if located.level == "city" and (zone := table.zones.named(located.code, county)):
        return Located(located.code, "zone", zone=zone), "zone"
    return located, located.level
