"""Few pairs of a person: whoever is reported 3,000 times, always elsewhere, would make millions of them.

Staff compare so many and no more. One further pair says that there are too many; those beyond are not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.registration.arrivals.pairs import Doubt, Pair, Pairs
from services.registration.arrivals.tables import arrivals, possible_duplicates

MOST_OPEN: Final = 20
"""Pairs of a person that are open at a time."""
TOO_MANY: Final = "too_many"


def few_of_each(conn: Connection, new: Mapping[Pair, Doubt], rows: Mapping[str, Any]) -> Pairs:
    """Those of them that are to be opened: the strongest first. The caller has the turn.

    :param new: pairs that are not kept yet.
    :param rows: their arrivals, by id, each with its person.
    """
    people_of = {pair: {rows[id].person_id for id in pair} for pair in new}
    open_of, told = _open_of(conn, sorted(set().union(*people_of.values())))
    kept: Pairs = {}
    for pair in sorted(new, key=lambda pair: (-new[pair].strength, pair)):
        beyond = {person for person in people_of[pair] if open_of[person] >= MOST_OPEN}
        if not beyond:
            kept[pair] = new[pair]
            open_of.update(people_of[pair])
        elif not beyond & told:
            kept[pair] = Doubt(TOO_MANY)
            told |= beyond
    return kept


def _open_of(conn: Connection, people: Collection[str]) -> tuple[Counter[str], set[str]]:
    """How many pairs of each person are open, and of whom it is said that there are too many."""
    p, own, other = possible_duplicates.c, arrivals.alias("own"), arrivals.alias("other")
    open_of: Counter[str] = Counter()
    told: set[str] = set()
    for side, beside in ((p.first, p.second), (p.second, p.first)):
        counted = (
            select(own.c.person_id, p.why, func.count())
            .join(own, own.c.id == side)
            .join(other, other.c.id == beside)
            .where(is_in(conn, own.c.person_id, people), p.state == "open")
            .group_by(own.c.person_id, p.why)
        )
        if side is p.second:  # one of the same person twice is counted by its first
            counted = counted.where(other.c.person_id != own.c.person_id)
        for person, why, count in conn.execute(counted):
            if why == TOO_MANY:
                told.add(person)
            else:
                open_of[person] += count
    return open_of, told
