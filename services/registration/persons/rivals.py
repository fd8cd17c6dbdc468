"""Rivals: two persons under one key, who may be one person of whom something wrong was said.

They are kept, because each of them may be found by another key next time, and staff are asked about all
their arrivals that are near each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import select

from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.persons.claims import PersonMatch, Rival
from services.registration.persons.tables import person_rivals

Rivals = Mapping[str, Mapping[str, Rival]]
"""Of each person, the rivals by id."""


def keep_rivals(uow: UnitOfWork, matches: Sequence[PersonMatch], known: Collection[str]) -> Rivals:
    """The rivals of the persons in hand, those of before and new ones, which are kept.

    :param known: those of the persons that were known before.
    """
    later = {match.merged: match.person_id for match in matches if match.merged}
    named = {id for match in matches for id in (match.person_id, match.merged) if id is not None}
    stored = _read(uow, named & set(known))
    said = [(match.person_id, rival) for match in matches for rival in match.rivals]
    found: dict[str, dict[str, Rival]] = defaultdict(dict)
    for person, rival in (*stored, *said):
        one, other = _now(later, person), _now(later, rival.person_id)
        if one != other:
            found[one].setdefault(other, Rival(other, rival.why, rival.contradicts))
            found[other].setdefault(one, Rival(one, rival.why, rival.contradicts))
    there = {(person, rival.person_id) for person, rival in stored}
    insert_rivals(uow, (pair for pair in _pairs(found) if (pair[0], pair[1].person_id) not in there))
    return found


def _now(later: Mapping[str, str], person: str) -> str:
    while person in later:
        person = later[person]
    return person


def _pairs(found: Rivals) -> Iterable[tuple[str, Rival]]:
    return ((person, rival) for person, rivals in found.items() for rival in rivals.values())


def _read(uow: UnitOfWork, persons: Collection[str]) -> list[tuple[str, Rival]]:
    if not persons:
        return []
    pair = person_rivals.c
    rows = uow.conn.execute(
        select(pair.person_id, pair.rival_id, pair.why, pair.contradicts)
        .where(is_in(uow.conn, pair.person_id, sorted(persons)))
        .order_by(pair.person_id, pair.rival_id)
    )
    return [(person, Rival(rival, why, tuple(contradicts))) for person, rival, why, contradicts in rows]


def insert_rivals(uow: UnitOfWork, pairs: Iterable[tuple[str, Rival]]) -> None:
    """:param pairs: each from both sides; those that are there stay as they are."""
    rows = [
        {"person_id": person, "rival_id": rival.person_id, "why": rival.why, "contradicts": rival.contradicts}
        for person, rival in pairs
    ]
    rows.sort(key=lambda row: (row["person_id"], row["rival_id"]))
    insert_rows(uow.conn, person_rivals, rows, ignore_conflicts=True)
