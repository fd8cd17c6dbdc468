"""Claims as the table `person_keys` holds them: read and locked, inserted, changed, many keys at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.persons.claims import NUMBER, Claim, Facts, Keys
from services.registration.persons.keys import FORM
from services.registration.persons.tables import person_keys

Claims = dict[str, tuple[Claim, ...]]
"""The people under each key."""


def insert_claims(uow: UnitOfWork, claims: Claims) -> set[str]:
    """Those of the keys that were new; the others stay as they are."""
    rows = [_as_row(key, of_key) for key, of_key in sorted(claims.items())]
    if all(row["others"] is None for row in rows):  # nearly always; an empty column costs every row
        for row in rows:
            del row["others"]
    return {
        str(key)
        for (key,) in insert_rows(uow.conn, person_keys, rows, ignore_conflicts=True, returning=("key",))
    }


def lock_claims(uow: UnitOfWork, keys: Collection[str]) -> Claims:
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


def lock_keys(uow: UnitOfWork, wanted: Iterable[Keys]) -> None:
    """Lock those of the keys that are there, for whoever finds the persons only after other locks."""
    lock_claims(uow, {key for keys in wanted for key in (keys.identity, keys.by_name) if key})


def update_claims(uow: UnitOfWork, claims: Claims) -> None:
    """The caller has locked the rows, or inserted them."""
    rows = [_as_row(key, of_key) for key, of_key in sorted(claims.items())]
    changing = ("person_id", "identity_key", "facts", "others")
    update_rows(uow.conn, person_keys, rows, key=["key"], set=changing)


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
