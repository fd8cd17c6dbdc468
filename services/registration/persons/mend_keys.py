"""Whose name or phone was mended is found by the right ones from now on, and still by those of before."""

from __future__ import annotations

from chassis.unit_of_work import UnitOfWork
from services.registration.persons.claims import MOST_CLAIMS, NUMBER, Claim, Rival, contradictions
from services.registration.persons.keys import keys_of
from services.registration.persons.person import Person
from services.registration.persons.rivals import insert_rivals
from services.registration.persons.stored_claims import insert_claims, lock_claims, update_claims

_WHY = "same_name_and_phone"


def mend_keys(uow: UnitOfWork, person_id: str, person: Person) -> None:
    """:param person: as they are now.

    Where somebody else is known by the same name and phone, both stay who they are: they become rivals, so
    that staff are asked about their arrivals.
    """
    keys = keys_of(uow.index, person)
    if keys.by_name is None:
        return
    facts = dict(keys.name_facts) | ({NUMBER: keys.identity} if keys.identity else {})
    own = Claim(person_id, facts)
    if keys.by_name in insert_claims(uow, {keys.by_name: (own,)}):
        return
    there = lock_claims(uow, [keys.by_name])[keys.by_name]
    if any(claim.person_id == person_id for claim in there):
        return
    if len(there) < MOST_CLAIMS:
        update_claims(uow, {keys.by_name: (*there, own)})
    insert_rivals(
        uow,
        (
            (one, Rival(other, _WHY, contradictions(claim.facts, facts)))
            for claim in there
            for one, other in ((person_id, claim.person_id), (claim.person_id, person_id))
        ),
    )
