"""Find the persons that reports name.

Persons are found by blind index and locked, in sorted order, before anything is matched on them, so that two
replicas cannot register one coming twice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.registration.persons.claims import NUMBER, Book, Claim, Facts, Keys, PersonMatch
from services.registration.persons.keys import FORM, as_id
from services.registration.persons.tables import person_keys

Claims = dict[str, tuple[Claim, ...]]


def find_persons(uow: UnitOfWork, wanted: Sequence[Keys]) -> tuple[list[PersonMatch], frozenset[str]]:
    """The person of each set of keys, and those persons that were known before.

    :param wanted: in an order that does not depend on the order in which the reports came.
    """
    proposed = _book(uow, {})
    fallbacks = [proposed.enter(keys) for keys in wanted]
    inserted = _insert(uow, proposed.claims)
    if len(inserted) == len(proposed.claims):
        return fallbacks, frozenset()
    before = _lock(uow, proposed.claims.keys() - inserted)
    stored = {**{key: proposed.claims[key] for key in inserted}, **before}
    while True:
        known = _book(uow, before)
        matches = [known.enter(keys, last.person_id) for keys, last in zip(wanted, fallbacks, strict=True)]
        narrower = {key: known.claims[key] for key in known.claims.keys() - stored.keys()}
        if not narrower:
            break
        inserted = _insert(uow, narrower)
        there = _lock(uow, narrower.keys() - inserted)
        before, stored = {**before, **there}, {**stored, **narrower, **there}
    changed = [_as_row(key, claims) for key, claims in sorted(known.claims.items()) if claims != stored[key]]
    update_rows(uow.conn, person_keys, changed, key=["key"], set=_CHANGING)
    return matches, frozenset(claim.person_id for claims in before.values() for claim in claims)


_CHANGING = ("person_id", "identity_key", "facts", "others")


def _book(uow: UnitOfWork, claims: Claims) -> Book:
    return Book(new_id, lambda text: as_id(uow.index("narrower", text)), dict(claims))


def _insert(uow: UnitOfWork, claims: Claims) -> set[str]:
    """Those of the keys that were new."""
    rows = [_as_row(key, of_key) for key, of_key in sorted(claims.items())]
    return {
        str(key)
        for (key,) in insert_rows(uow.conn, person_keys, rows, ignore_conflicts=True, returning=("key",))
    }


def _lock(uow: UnitOfWork, keys: Collection[str]) -> Claims:
    if not keys:
        return {}
    columns = person_keys.c
    rows = uow.conn.execute(
        select(columns.key, columns.person_id, columns.identity_key, columns.facts, columns.others)
        .where(is_in(uow.conn, columns.key, sorted(keys)))
        .order_by(columns.key)
        .with_for_update()
    )
    return {key: _claims(*row) for key, *row in rows}


def _as_row(key: str, claims: Sequence[Claim]) -> dict[str, Any]:
    first, others = claims[0], claims[1:]
    facts = dict(first.facts)
    return {
        "key": key,
        "person_id": first.person_id,
        "identity_key": facts.pop(NUMBER, None),
        "form": FORM,
        "facts": facts,
        "others": [[claim.person_id, claim.facts] for claim in others] or None,
    }


def _claims(
    person_id: str,
    identity_key: str | None,
    facts: Facts | None,
    others: Sequence[tuple[str, Mapping[str, str]]] | None,
) -> tuple[Claim, ...]:
    of_first = {**(facts or {}), NUMBER: identity_key} if identity_key else facts or {}
    return (Claim(person_id, of_first), *(Claim(person, known) for person, known in others or ()))
