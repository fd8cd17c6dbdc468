"""Listed areas of development zones: which stops they concern.

A zone lies in counties, and people name either. Whoever gives the zone, by code or by name, was in it.
Whoever gives a county in which it lies, or a street that it has, may have been: that is to confirm, and never
safer.
"""

from __future__ import annotations

from enum import IntEnum

from services.registration.places.division_table.read_table import Zone
from services.registration.places.divisions import divisions
from services.registration.places.spelling import plain, stem
from services.registration.risk.place_text import Answer, PlaceText


class Nearness(IntEnum):
    """How a stop with a county's or zone's code lies to a zone."""

    FAR = 0  # in a county of the city in which the zone does not lie
    PERHAPS = 1  # in a county in which it lies, or in a street of its name
    INSIDE = 2


def zone_as_written(division: str, province: str, city: str, county: str) -> Zone | None:
    """The zone of a listed area; None for an area of a county.

    A row of which only the city (or province) is known is a zone too: without a name, where it names no more
    than the city, else one that may lie anywhere in it.
    """
    if len(division) == 6:
        return divisions().zone_of(division)
    table, name = divisions(), plain(county)
    zone = table.zones.find(division, name) or table.find(province, city, county).zone
    return zone or Zone("", division, "" if stem(name) in ("", stem(plain(city)), "市辖区") else county)


def nearness_to(zone: Zone, county: str, address: str) -> Nearness:
    """
    :param county: 6 digits, of a county or a zone.
    :param address: folded, without the names of the county and what is above it.
    """
    if county == zone.code or (address and divisions().zones.is_named_in(zone, address)):
        return Nearness.INSIDE
    if not zone.name and county[:4] == zone.city:
        return Nearness.INSIDE
    if county in zone.counties or (not zone.counties and county[:4] == zone.city):
        return Nearness.PERHAPS
    if address and divisions().zones.has_street_in(zone, address):
        return Nearness.PERHAPS
    return Nearness.FAR


def answer_in_zone(text: PlaceText, address: str, nearness: Nearness) -> Answer | None:
    """The answer of a zone's area to an address; None: it is not concerned."""
    if nearness is Nearness.INSIDE:
        return text.answer(address)
    if nearness is Nearness.PERHAPS:
        return answer_nearby(text, address)
    if text.whole_county:
        return None
    answer = text.answer(address)
    return answer if answer >= Answer.POSSIBLE else None


def answer_nearby(text: PlaceText, address: str) -> Answer:
    """The answer to an address that may lie in the zone or county listed: that it is whole proves nothing."""
    return Answer.UNKNOWN if text.whole_county else text.answer(address)
