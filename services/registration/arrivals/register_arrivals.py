"""Register arrivals: statements about people become new arrivals, or more about those already known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.arrivals.arrival_ids import arrival_ids
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.find_likenesses import find_likenesses
from services.registration.arrivals.households import join_households
from services.registration.arrivals.join_statements import Joined, join_statements
from services.registration.arrivals.known_arrivals import lock_known_arrivals, read_earlier_statements
from services.registration.arrivals.lending import lend_anew
from services.registration.arrivals.open_pairs import drop_housemates, open_pairs
from services.registration.arrivals.pairs import Pairs, add_pairs
from services.registration.arrivals.renew_keys import renew_touched
from services.registration.arrivals.statement_keys import keys_of_statements
from services.registration.arrivals.write_arrivals import write_arrivals
from services.registration.persons.find_persons import find_persons
from services.registration.persons.rivals import keep_rivals
from services.registration.reports.statement import Statement


def register_arrivals(
    uow: UnitOfWork, catalogue: Catalogue, statements: Sequence[Statement], causes: Mapping[str, Event]
) -> Joined:
    """
    :param statements: in their order.
    :param causes: the event of each report, by report id.
    """
    keys = keys_of_statements(uow.index, statements)
    if catalogue.has_old_keys:
        renew_touched(uow, statements, keys)
    persons, known_persons = find_persons(uow, keys)
    rivals = keep_rivals(uow, persons, known_persons)
    in_hand = {id for match in persons for id in (match.person_id, match.merged) if id} & known_persons
    in_hand |= {id for others in rivals.values() for id in others}
    ids = arrival_ids(uow.index, statements)
    moments = {said.report.arrived_at for said in statements}
    known = lock_known_arrivals(uow, catalogue, persons, in_hand, ids.values(), moments)
    joined = join_statements(uow.index, known, statements, persons, rivals, ids)
    known.write_moved(uow.conn)
    join_households(uow, joined, statements)
    drafts = list(joined.drafts.values())
    read_earlier_statements(uow, catalogue, [d for d in drafts if d.stored and d.before is None])
    borrowers = lend_anew(uow, catalogue, drafts, [draft for draft in drafts if draft.new])
    write_arrivals(uow, catalogue, [*drafts, *borrowers], causes)
    # Last, for replicas take turns from here on.
    of_statement = {said.order: own for said, own in zip(statements, keys, strict=True)}
    person_of = {draft.arrival_id: person for person, own in known.by_person.items() for draft in own}
    pairs = find_likenesses(uow, catalogue.places, drafts, of_statement, person_of)
    add_pairs(pairs, joined.doubts)
    _ask_staff(uow, drafts, pairs, causes)
    return joined


def _ask_staff(uow: UnitOfWork, drafts: Sequence[Draft], pairs: Pairs, causes: Mapping[str, Event]) -> None:
    """Pairs that may be one are kept, so that staff decide."""
    cause_of = {draft.arrival_id: causes[draft.new[-1].report_id] for draft in drafts if draft.new}
    open_pairs(uow, pairs, cause_of, tell=True)
    grown = {
        draft.household for draft in drafts if draft.stored and draft.household != draft.stored.household_id
    }
    if grown:
        drop_housemates(uow.conn, grown)
