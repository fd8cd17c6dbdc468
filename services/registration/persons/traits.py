"""The traits of a person, by which those are found who are like them."""

from __future__ import annotations

from datetime import datetime

from chassis.sealing import BlindIndex
from services.registration.persons.likeness import Traits, crossed, halves
from services.registration.persons.names import HOLE, name_form
from services.registration.persons.numbers import document_of
from services.registration.persons.person import Person
from services.registration.persons.phones import same_phone


def traits_of(index: BlindIndex, person: Person, arrived_at: datetime) -> Traits | None:
    """None: nothing in it can be like anything."""
    number, name = person.identity_number, name_form(person.name) if person.name else ""
    document, phone = document_of(person), same_phone(person.phone) if person.phone else ""
    is_resident = document.kind == "resident_id"
    parts = halves(number) if name and number and not is_resident else None
    # Of a name that a source masked (张*) there are many on each day.
    is_dated = document.born and name and HOLE not in name
    name_birth = index.short("name_birth", f"{name}\0{document.born}") if is_dated else None
    if name_birth is None and not phone and parts is None:
        return None
    head, tail = _number_keys(index, name, *parts) if parts else (None, None)
    return Traits(
        at=int(arrived_at.timestamp()),
        who=index.short("who", number or f"{name}\0{phone}"),
        is_resident=is_resident,
        name_birth=name_birth,
        phone=index.short("phone", phone) if phone else None,
        number_head=head,
        number_tail=tail,
        crossed=_number_keys(index, name, *(halves(crossed(number)) or parts)) if parts and number else None,
    )


def _number_keys(index: BlindIndex, name: str, head: str, tail: str) -> tuple[int, int]:
    return index.short("number_head", f"{name}\0{head}"), index.short("number_tail", f"{name}\0{tail}")
