"""Find the persons that reports name.

Persons are found by blind index and locked, in sorted order, before anything is matched on them, so that two
replicas cannot register one coming twice.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import select

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.ids import new_id
from chassis.sealing import BlindIndex
from chassis.unit_of_work import UnitOfWork
from services.registration.persons.person import Person
from services.registration.persons.phones import same_phone
from services.registration.persons.tables import person_keys


@dataclass(frozen=True, slots=True)
class Keys:
    """Blind indexes of one person: of the identity number, and of name with phone."""

    identity: str | None
    name_phone: str | None


@dataclass(frozen=True, slots=True)
class PersonMatch:
    """The person that a statement names.

    :param merged: the person that name and phone led to until this statement gave them an identity number
        that another person has: nothing leads to `merged` any more, and its arrivals are this person's.
    :param rival: the person with the same name and phone but another identity number.
    """

    person_id: str
    merged: str | None = None
    rival: str | None = None


@dataclass(slots=True)
class _Owners:
    """The person that each key leads to, and for a name-and-phone key the identity that claimed it."""

    person: dict[str, str] = field(default_factory=dict)
    claimed_by: dict[str, str] = field(default_factory=dict)

    def resolve(self, keys: Keys, fallback: str | None) -> PersonMatch:
        by_identity = self.person.get(keys.identity) if keys.identity else None
        by_name = self.person.get(keys.name_phone) if keys.name_phone else None
        claim = self.claimed_by.get(keys.name_phone) if keys.name_phone else None
        if keys.identity is None:
            person = by_name or fallback or new_id()
            assert keys.name_phone is not None
            self.person[keys.name_phone] = person
            return PersonMatch(person)
        is_mine = claim is None or claim == keys.identity
        person = by_identity or (by_name if is_mine else None) or fallback or new_id()
        self.person[keys.identity] = person
        if keys.name_phone is None:
            return PersonMatch(person)
        if not is_mine:
            return PersonMatch(person, rival=by_name)
        self.person[keys.name_phone] = person
        self.claimed_by[keys.name_phone] = keys.identity
        return PersonMatch(person, merged=None if by_name == person else by_name)


def keys_of(index: BlindIndex, person: Person) -> Keys:
    name_phone = None
    if person.name and person.phone:
        name = "".join(unicodedata.normalize("NFKC", person.name).split()).casefold()
        name_phone = _as_id(index("name_phone", f"{name}\0{same_phone(person.phone)}"))
    number = person.identity_number
    return Keys(_as_id(index("identity", number)) if number else None, name_phone)


def _as_id(digest: str) -> str:
    """128 bits in hex, written as the database writes a uuid."""
    return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:]}"


def find_persons(uow: UnitOfWork, wanted: Sequence[Keys]) -> tuple[list[PersonMatch], frozenset[str]]:
    """The person of each set of keys, and those persons that were known before.

    :param wanted: in an order that does not depend on the order in which the reports came.
    """
    proposed = _Owners()
    fallbacks = [proposed.resolve(keys, None) for keys in wanted]
    rows = [
        {"key": key, "person_id": person, "identity_key": proposed.claimed_by.get(key)}
        for key, person in sorted(proposed.person.items())
    ]
    inserted = {
        str(key)
        for (key,) in insert_rows(uow.conn, person_keys, rows, ignore_conflicts=True, returning=("key",))
    }
    if len(inserted) == len(rows):
        return fallbacks, frozenset()
    known = _lock(uow, sorted(proposed.person.keys() - inserted))
    before = _Owners(dict(known.person), dict(known.claimed_by))
    matches = [
        known.resolve(keys, fallback.person_id) for keys, fallback in zip(wanted, fallbacks, strict=True)
    ]
    changed = [
        {"key": key, "person_id": person, "identity_key": known.claimed_by.get(key)}
        for key, person in sorted(known.person.items())
        if (person, known.claimed_by.get(key)) != _stored(key, before, proposed, inserted)
    ]
    update_rows(uow.conn, person_keys, changed, key=["key"], set=["person_id", "identity_key"])
    return matches, frozenset(before.person.values())


def _lock(uow: UnitOfWork, keys: Sequence[str]) -> _Owners:
    columns = person_keys.c
    rows = uow.conn.execute(
        select(columns.key, columns.person_id, columns.identity_key)
        .where(is_in(uow.conn, columns.key, keys))
        .order_by(columns.key)
        .with_for_update()
    ).all()
    return _Owners(
        {row.key: row.person_id for row in rows},
        {row.key: row.identity_key for row in rows if row.identity_key},
    )


def _stored(key: str, before: _Owners, proposed: _Owners, inserted: set[str]) -> tuple[str, str | None]:
    source = proposed if key in inserted else before
    return source.person[key], source.claimed_by.get(key)
