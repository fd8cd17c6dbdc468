"""The arrivals that statements of a batch may belong to, locked for this unit of work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.arrival import StoredArrival
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.draft import Draft, Lent
from services.registration.arrivals.followed import Act, absorbed, lent
from services.registration.arrivals.history import read_acts
from services.registration.arrivals.same_report import ANNOUNCED
from services.registration.arrivals.tables import arrivals
from services.registration.persons.claims import PersonMatch
from services.registration.reports.read_statements import read_statements

# Reports of one coming are near its time, which each of them may move: some may lie further off.
_NEAR = timedelta(days=14)
_MOST_READ = 50


@dataclass(slots=True)
class KnownArrivals:
    """
    :param by_person: arrivals of each person; those that the batch adds come in, too.
    :param by_id: stored arrivals whose id a statement would give to a new one: it reported them before.
    :param moved: arrivals of persons who turned out to be somebody who has an id already.
    """

    by_person: dict[str, list[Draft]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, Draft] = field(default_factory=dict)
    moved: dict[str, Draft] = field(default_factory=dict)

    def of(self, person: PersonMatch) -> list[Draft]:
        """A person's arrivals. From now on, those of whoever was merged into the person are among them."""
        own = self.by_person[person.person_id]
        for draft in self.by_person.pop(person.merged, ()) if person.merged else ():
            draft.person_id = person.person_id
            own.append(draft)
            self.moved[draft.arrival_id] = draft
        return own

    def corrected(self, arrival_id: str, person: PersonMatch) -> Draft:
        """The arrival that a corrected report led to; it is of whoever the correction names."""
        draft = self.by_id[arrival_id]
        if draft.person_id != person.person_id:
            self.by_person[draft.person_id].remove(draft)
            draft.person_id = person.person_id
            self.by_person[draft.person_id].append(draft)
            self.moved[arrival_id] = draft
        return draft

    def write_moved(self, conn: Connection) -> None:
        stored = [draft for _, draft in sorted(self.moved.items()) if draft.stored is not None]
        rows = [{"id": draft.arrival_id, "person_id": draft.person_id} for draft in stored]
        update_rows(conn, arrivals, rows, key=["id"], set=["person_id"])


def lock_known_arrivals(
    uow: UnitOfWork,
    catalogue: Catalogue,
    persons: Sequence[PersonMatch],
    known_persons: Collection[str],
    ids: Collection[str],
    moments: Collection[datetime],
) -> KnownArrivals:
    """
    :param known_persons: those of the persons and their rivals that had an id before this batch.
    :param ids: the ids that the statements would give to new arrivals.
    :param moments: the arrival times that the statements give.
    """
    known = KnownArrivals()
    _lock_by_person(uow, catalogue, persons, known_persons, moments, known.by_person)
    _lock_by_id(uow, catalogue, ids, known)
    return known


def stored_arrivals(wanted: ColumnElement[bool]) -> Select[Any]:
    """The query for rows that `StoredArrival` is made of, not yet ordered or locked."""
    return select(*_COLUMNS).where(wanted)


_COLUMNS = tuple(arrivals.c[column.name] for column in fields(StoredArrival))


def lock_drafts(conn: Connection, wanted: ColumnElement[bool]) -> list[Draft]:
    rows = conn.execute(stored_arrivals(wanted).order_by(arrivals.c.id).with_for_update())
    return [Draft.of(StoredArrival(*row)) for row in rows]


def read_drafts(conn: Connection, wanted: ColumnElement[bool]) -> list[Draft]:
    """Not locked: to look at, not to write."""
    return [Draft.of(StoredArrival(*row)) for row in conn.execute(stored_arrivals(wanted))]


def read_earlier_statements(uow: UnitOfWork, catalogue: Catalogue, drafts: Iterable[Draft]) -> None:
    """Give each draft of a stored arrival the statements of the reports kept so far."""
    wanted = {draft.arrival_id: draft for draft in drafts}
    followed = [id for id, draft in wanted.items() if draft.stored and draft.stored.acts]
    acts = read_acts(uow, catalogue.places, followed)
    lenders = _lenders(uow, catalogue, acts)
    others = {other for of_it in lenders.values() for other in of_it} - wanted.keys()
    stored = read_statements(uow, catalogue.places, [*wanted, *sorted(others)])
    for arrival_id, draft in wanted.items():
        if told := stored.get(arrival_id):
            lent_to_it = {
                other: Lent(stored[other].statements, lent(said))
                for other, said in lenders.get(arrival_id, {}).items()
                if other in stored
            }
            draft.read_earlier(told, acts.get(arrival_id, ()), lent_to_it)


def _lenders(
    uow: UnitOfWork, catalogue: Catalogue, acts: Mapping[str, Sequence[Act]]
) -> dict[str, dict[str, Sequence[Act]]]:
    """The arrivals that turned out to be each of these, also by way of another one, with their acts."""
    found: dict[str, dict[str, Sequence[Act]]] = {}
    asked = {id: others for id, said in acts.items() if (others := absorbed(said))}
    while asked:
        theirs = read_acts(
            uow, catalogue.places, sorted({one for others in asked.values() for one in others})
        )
        further: dict[str, list[str]] = {}
        for id, others in asked.items():
            lenders = found.setdefault(id, {})
            lenders.update({other: theirs.get(other, ()) for other in others})
            deeper = [one for other in others for one in absorbed(theirs.get(other, ()))]
            if new := [one for one in deeper if one not in lenders]:
                further[id] = new
        asked = further
    return found


def _lock_by_person(
    uow: UnitOfWork,
    catalogue: Catalogue,
    persons: Sequence[PersonMatch],
    known_persons: Collection[str],
    moments: Collection[datetime],
    by_person: Mapping[str, list[Draft]],
) -> None:
    if not known_persons:
        return
    merged = {id for match in persons if match.merged for id in (match.person_id, match.merged)}
    first, last = min(moments), max(moments)
    theirs = is_in(uow.conn, arrivals.c.person_id, sorted(known_persons)) & arrivals.c.stripped_at.is_(None)
    drafts = lock_drafts(uow.conn, theirs & _may_be_meant(uow.conn, sorted(merged), first, last))
    for draft in drafts:
        by_person[draft.person_id].append(draft)
    near = [draft for own in by_person.values() for draft in _nearest(own, first, last)]
    read_earlier_statements(uow, catalogue, near)
    for draft in near:
        draft.place_as_now()


def _may_be_meant(
    conn: Connection, merged: Sequence[str], first: datetime, last: datetime
) -> ColumnElement[bool]:
    """Arrivals to which a statement may belong: near in time, or announced, for those may be moved far.

    :param first: of the arrival times that the statements give, as `last`.
    :param merged: persons just found to be the same, whose arrivals are all compared with each other.
    """
    a = arrivals.c
    near = a.arrived_at.between(first - _NEAR, last + _NEAR)
    announced = a.expected & a.arrived_at.between(first - ANNOUNCED, last + ANNOUNCED)
    return or_(near, announced, *([is_in(conn, a.person_id, merged)] if merged else []))


def _nearest(own: Sequence[Draft], first: datetime, last: datetime) -> Sequence[Draft]:
    """The arrivals of a person whose statements are read to decide whether a statement belongs to them.

    The row lacks the sources of its reports, their other times and its present community. Of somebody with
    hundreds of arrivals the others are known by their rows.
    """
    if len(own) <= _MOST_READ:
        return own

    def distance(draft: Draft) -> tuple[timedelta, str]:
        assert draft.stored is not None
        at = draft.stored.arrived_at
        return max(first - at, at - last, timedelta()), draft.arrival_id

    return nsmallest(_MOST_READ, own, key=distance)


def _lock_by_id(uow: UnitOfWork, catalogue: Catalogue, ids: Collection[str], known: KnownArrivals) -> None:
    in_hand = {draft.arrival_id: draft for drafts in known.by_person.values() for draft in drafts}
    known.by_id.update((id, in_hand[id]) for id in ids if id in in_hand)
    others = sorted(set(ids) - known.by_id.keys())
    found = lock_drafts(uow.conn, is_in(uow.conn, arrivals.c.id, others))
    read_earlier_statements(uow, catalogue, found)
    for draft in found:
        known.by_id[draft.arrival_id] = draft
        known.by_person[draft.person_id].append(draft)
