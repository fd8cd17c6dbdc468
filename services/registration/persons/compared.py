"""What of a person is compared: in one form, however it was written."""

from __future__ import annotations

from dataclasses import dataclass

from services.registration.persons.names import name_form
from services.registration.persons.numbers import Document, document_of
from services.registration.persons.person import Person
from services.registration.persons.phones import same_phone


@dataclass(slots=True)
class Compared:
    """Worked out once a statement. Not frozen: see claims.py.

    :param name: as `name_form` writes it; empty where there is none.
    :param phone: as `same_phone` writes it.
    """

    name: str
    phone: str | None
    number: str | None
    document: Document


def compared(person: Person) -> Compared:
    name, phone = person.name, person.phone
    return Compared(
        name_form(name) if name else "",
        same_phone(phone) if phone else None,
        person.identity_number,
        document_of(person),
    )
