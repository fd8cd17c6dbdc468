"""The keys under which a person is found, and the facts that are compared there."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from chassis.sealing import BlindIndex
from services.registration.persons.claims import Facts, Keys
from services.registration.persons.compared import compared
from services.registration.persons.names import script_of
from services.registration.persons.numbers import Document
from services.registration.persons.person import Person

FORM: Final = 2
"""The number of the form of keys and facts. Whoever changes what `keys_of` makes of a person raises it, and
sees that keys of before are made anew (arrivals/renew_keys.py).

1: the number alone; name and phone, the name in NFKC, without spaces, in small letters.
2: with facts beside each key; the name as `name_form` writes it.
"""


def keys_of(index: BlindIndex, person: Person, leading: Keys | None = None) -> Keys:
    """
    :param leading: of a companion, the keys of the person of the report: who has no phone is found by name
        beside that person.
    """
    own = compared(person)
    name, document = own.name, own.document
    facts = _facts_of_person(index, document)
    by_name = _by_name(index, name, own.phone, leading)
    if not own.number:
        return Keys(None, by_name, {}, facts, own)
    identity = as_id(index("identity", own.number))
    under_number = {} if document.kind == "resident_id" else _facts_of_document(document, facts)
    if name and (script := script_of(name)):
        under_number[f"name.{script}"] = index("name", f"{identity}\0{name}")[:_SHORT]
    return Keys(identity, by_name, under_number, facts, own)


def keys_beside(index: BlindIndex, person: Person, leading: Keys, alike: int) -> Keys:
    """The keys of somebody with neither a number nor a phone: an infant, an old parent.

    They are the same person wherever the same leader names them, by either of the leader's keys.

    :param alike: how many of the same name before them in the report lean on the leader too: twins.
    """
    own = compared(person)
    name = own.name or own.document.born or ""
    facts = _facts_of_person(index, own.document)
    identity = _beside(index, leading.identity, name, alike)
    by_name = _beside(index, leading.by_name, name, alike)
    return Keys(identity, by_name, facts, facts, own, beside=f"{name}\0{alike}")


def _by_name(index: BlindIndex, name: str, phone: str | None, leading: Keys | None) -> str | None:
    if not name:
        return None
    if phone:
        return as_id(index("name_phone", f"{name}\0{phone}"))
    return _beside(index, leading.by_name or leading.identity, name, 0) if leading else None


def _beside(index: BlindIndex, leader: str | None, name: str, alike: int) -> str | None:
    return as_id(index("companion", f"{leader}\0{name}\0{alike}")) if leader else None


def _facts_of_person(index: BlindIndex, document: Document) -> dict[str, str]:
    facts = {"birth_date": _birth_date(index, document.born)} if document.born else {}
    if document.sex:
        facts["sex"] = document.sex
    return facts


def _facts_of_document(document: Document, facts: Facts) -> dict[str, str]:
    of_document = dict(facts)
    if document.kind:
        of_document["identity_type"] = document.kind
    if document.issuer:
        of_document["issuing_country"] = document.issuer
    return of_document


# 48 bits: enough to tell the few people apart who are compared, too few to look anybody up.
_SHORT: Final = 12


@lru_cache(maxsize=50_000)
def _birth_date(index: BlindIndex, born: str) -> str:
    """A digest; a neighbourhood has few birth dates and many people."""
    return index("birth_date", born)[:_SHORT]


def as_id(digest: str) -> str:
    """128 bits in hex, written as the database writes a uuid."""
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"
