"""Each statement goes to its arrival: one that is known, one of this batch, or a new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import nsmallest

from chassis.sealing import BlindIndex
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.few_pairs import MOST_OPEN
from services.registration.arrivals.known_arrivals import KnownArrivals
from services.registration.arrivals.pairs import Doubt, Pairs, add_pairs, pair_of
from services.registration.arrivals.same_coming import Known, choose, doubt
from services.registration.persons.claims import PersonMatch, Rival
from services.registration.persons.rivals import Rivals
from services.registration.places.placing import Placement
from services.registration.places.spelling import fold
from services.registration.reports.statement import Order, Statement


@dataclass(slots=True)
class Joined:
    """
    :param drafts: the arrivals that a statement was joined to, by id.
    :param arrival_of: the arrival that each statement, by its order, belongs to.
    :param first_report: of each new arrival, the report that registered it.
    :param doubts: pairs that may be one arrival, and why staff are asked.
    """

    drafts: dict[str, Draft] = field(default_factory=dict)
    arrival_of: dict[Order, str] = field(default_factory=dict)
    first_report: dict[str, str] = field(default_factory=dict)
    doubts: Pairs = field(default_factory=dict)

    def is_first(self, report_id: str, arrival_id: str) -> bool:
        return self.first_report.get(arrival_id) == report_id


def join_statements(
    index: BlindIndex,
    known: KnownArrivals,
    statements: Sequence[Statement],
    persons: Sequence[PersonMatch],
    rivals: Rivals,
    ids: Mapping[Order, str],
) -> Joined:
    """
    :param statements: in their order, and `persons` the person of each.
    :param rivals: of the persons.
    :param ids: the id of the arrival where the statement is the first to report it.
    """
    joined = Joined()
    for statement, person in zip(statements, persons, strict=True):
        draft, is_new = _arrival_of(index, known, statement, person, ids[statement.order])
        draft.add(statement)
        if not is_new and _place_key(index, statement) != draft.place_key:
            _place(index, draft)
        joined.drafts[draft.arrival_id] = draft
        joined.arrival_of[statement.order] = draft.arrival_id
        if is_new:
            joined.first_report[draft.arrival_id] = statement.report_id
    for person_id, others in rivals.items():
        _doubt_rivals(joined, known, person_id, others)
    for draft in (joined.drafts | known.moved).values():
        _doubt_own(joined, draft, known.by_person[draft.person_id])
    return joined


def _arrival_of(
    index: BlindIndex, known: KnownArrivals, statement: Statement, person: PersonMatch, new_id: str
) -> tuple[Draft, bool]:
    """The arrival of a statement, and whether it is new."""
    if statement.belongs_to is not None:
        return known.corrected(statement.belongs_to, person), False
    place_key = _place_key(index, statement)
    own = known.of(person)
    if (told_again := _told_again(statement, own)) is not None:
        return told_again, False
    chosen = choose(statement.report.arrived_at, place_key, [draft.known for draft in own])
    if chosen is not None:
        return next(draft for draft in own if draft.arrival_id == chosen.arrival_id), False
    if new_id in known.by_id:
        return known.by_id[new_id], False
    draft = Draft(new_id, person.person_id, place_key, placed=statement.placement.community is not None)
    own.append(draft)
    return draft, True


def _told_again(statement: Statement, own: Sequence[Draft]) -> Draft | None:
    """The arrival, the earliest of several, that the statement's source reported before."""
    if not own:
        return None
    again = [draft for draft in own if draft.is_told_again(statement)]
    return min(again, key=lambda d: (d.known.arrived_at, d.arrival_id), default=None)


def _place_key(index: BlindIndex, said: Statement) -> str:
    return _key_of(index, said.placement, said.report.division, said.report.address)


def _key_of(index: BlindIndex, placement: Placement, division: str, address: str) -> str:
    """Two destinations are the same if they are in one community, or in none and written alike."""
    if placement.community is not None:
        return placement.community
    return index("destination", f"{division}|{fold(address)}")


def _place(index: BlindIndex, draft: Draft) -> None:
    """Where an arrival goes whose statements name several places: a source may correct the place, too."""
    coming = draft.coming()
    draft.place_key = _key_of(index, coming.placement, coming.division, coming.address)
    draft.placed = coming.placement.community is not None


def _doubt_rivals(joined: Joined, known: KnownArrivals, person_id: str, rivals: Mapping[str, Rival]) -> None:
    """Staff are asked about all arrivals of two rivals that are near each other, wherever they went."""
    own = [(draft, draft.known) for draft in known.by_person.get(person_id, ())]
    for rival in rivals.values() if own else ():
        why = Doubt(rival.why, rival.contradicts)
        for other in known.by_person.get(rival.person_id, ()):
            times = other.known.times
            near = [(arrival, why) for _, arrival in own if any(map(arrival.is_near, times))]
            add_pairs(joined.doubts, _nearest(other.known, near))


def _doubt_own(joined: Joined, draft: Draft, own: Sequence[Draft]) -> None:
    arrival, found = draft.known, []
    for other in own:
        if other is draft:
            continue
        known = other.known
        if why := doubt(arrival, known):
            found.append((known, Doubt(why)))
        elif draft.is_reported_with(other):
            found.append((known, Doubt("moved_or_another")))
    add_pairs(joined.doubts, _nearest(arrival, found))


def _nearest(arrival: Known, others: Sequence[tuple[Known, Doubt]]) -> Pairs:
    """One pair more than staff compare, so that it is said that there are more."""

    def distance(other: tuple[Known, Doubt]) -> tuple[timedelta, str]:
        return abs(other[0].arrived_at - arrival.arrived_at), other[0].arrival_id

    nearest = nsmallest(MOST_OPEN + 1, others, key=distance)
    return {pair_of(arrival.arrival_id, known.arrival_id): why for known, why in nearest}
