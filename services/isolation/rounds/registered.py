"""Lines of a register of residents: what is wrong with one, and by what it is known. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from contracts.faults import Fault
from field.documents import (
    birth_date_in,
    check_character_fits,
    compact_number,
    in_a_lifetime,
    looks_like_resident_number,
)


def faults_of_line(line: Mapping[str, Any], number: int, today: date) -> list[Fault]:
    """:param number: of the line among those that were given, from 0."""
    at, faults = f"people[{number}]", []
    if not line["building"] and not line["room"]:
        faults.append(Fault(f"{at}.building", "no_door", "say the building, or the room"))
    identity = compact_number(line["identity_number"] or "")
    if looks_like_resident_number(identity):
        born = birth_date_in(identity)
        if not check_character_fits(identity) or born is None or not in_a_lifetime(born, today):
            message = "is no number of a resident identity card: look at the card"
            faults.append(Fault(f"{at}.identity_number", "identity_checksum", message))
    if line["birth_date"] and not in_a_lifetime(line["birth_date"], today):
        faults.append(Fault(f"{at}.birth_date", "no_birth_date", "nobody alive was born then"))
    return faults


def address_of(line: Mapping[str, Any]) -> str:
    """As it is read again by field/addresses.py."""
    building, unit, floor, room = (line[name] or "" for name in ("building", "unit", "floor", "room"))
    parts = (
        f"{building}号楼" if building.isdecimal() else building,
        f"{unit}单元" if unit and unit[-1].isalnum() and unit.isascii() else unit,
        f"{floor}层" if floor.lstrip("-").isdecimal() else floor,
        f"{room}室" if room and room.isascii() else room,
    )
    return "".join(parts)


def born_of(line: Mapping[str, Any]) -> date | None:
    """By the number, or else as it is said."""
    number = compact_number(line["identity_number"] or "")
    found = birth_date_in(number) if looks_like_resident_number(number) else None
    said: date | None = line["birth_date"]
    return found or said
