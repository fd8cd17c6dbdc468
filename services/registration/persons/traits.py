"""The traits of a person, by which those are found who are like them."""

from __future__ import annotations

from datetime import datetime

from chassis.sealing import BlindIndex
from services.registration.persons.claims import Keys
from services.registration.persons.likeness import Traits, crossed, halves
from services.registration.persons.names import HOLE


def traits_of(
    index: BlindIndex, arrival_id: str, arrived_at: datetime, keys: Keys, doorstep: str
) -> Traits | None:
    """None: nothing in it can be like anything.

    :param doorstep: one text for all ways to name the destination, as far as that is known.
    """
    own = keys.compared
    name, number, document = own.name, own.number, own.document
    is_resident, born = document.kind == "resident_id", document.born
    # Of a name that a source masked (张*) there are many on each day.
    name_birth = None
    if born and name and HOLE not in name:
        name_birth = index.short("name_birth", f"{name}\0{born.replace('-', '')}")
    phone = index.short("phone", own.phone) if own.phone else None
    who, at = _who(keys, is_resident), int(arrived_at.timestamp())
    parts = halves(number) if name and number and not is_resident else None
    if parts and number:
        head, tail = _number_keys(index, name, parts)
        across = _number_keys(index, name, halves(crossed(number)) or parts)
        return Traits(arrival_id, at, who, name_birth, phone, head, tail, crossed=across)
    if keys.beside is not None:
        beside = index.short("beside", f"{keys.beside}\0{doorstep}")
        return Traits(arrival_id, at, who, name_birth, phone, beside=beside)
    if name_birth is None and phone is None:
        return None
    return Traits(arrival_id, at, who, name_birth, phone)


def _who(keys: Keys, is_resident: bool) -> int:
    """48 bits of the key: enough to tell the few people apart who are compared."""
    key = keys.identity or keys.by_name or ""
    return int(f"0{key[-12:]}", 16) * 2 + is_resident


def _number_keys(index: BlindIndex, name: str, parts: tuple[str, str]) -> tuple[int, int]:
    head, tail = parts
    return index.short("number_head", f"{name}\0{head}"), index.short("number_tail", f"{name}\0{tail}")
