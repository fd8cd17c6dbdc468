"""Find the persons that reports name.

Persons are found by blind index and locked, in sorted order, before anything is matched on them, so that two
replicas cannot register one coming twice.
"""

from __future__ import annotations

from collections.abc import Sequence

from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.registration.persons.claims import Book, Keys, PersonMatch
from services.registration.persons.keys import as_id
from services.registration.persons.stored_claims import Claims, insert_claims, lock_claims, update_claims


def find_persons(uow: UnitOfWork, wanted: Sequence[Keys]) -> tuple[list[PersonMatch], frozenset[str]]:
    """The person of each set of keys, and those persons that were known before.

    :param wanted: in an order that does not depend on the order in which the reports came.
    """
    proposed = _book(uow, {})
    fallbacks = [proposed.enter(keys) for keys in wanted]
    inserted = insert_claims(uow, proposed.claims)
    if len(inserted) == len(proposed.claims):
        return fallbacks, frozenset()
    before = lock_claims(uow, proposed.claims.keys() - inserted)
    stored = {**{key: proposed.claims[key] for key in inserted}, **before}
    while True:
        known = _book(uow, before)
        matches = [known.enter(keys, last.person_id) for keys, last in zip(wanted, fallbacks, strict=True)]
        narrower = {key: known.claims[key] for key in known.claims.keys() - stored.keys()}
        if not narrower:
            break
        inserted = insert_claims(uow, narrower)
        there = lock_claims(uow, narrower.keys() - inserted)
        before, stored = {**before, **there}, {**stored, **narrower, **there}
    update_claims(uow, {key: claims for key, claims in known.claims.items() if claims != stored[key]})
    return matches, frozenset(claim.person_id for claims in before.values() for claim in claims)


def _book(uow: UnitOfWork, claims: Claims) -> Book:
    return Book(new_id, lambda text: as_id(uow.index("narrower", text)), dict(claims))
