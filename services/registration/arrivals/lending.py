"""What is told and said of an arrival that turned out to be another one counts for that one, and so on up."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import same_as
from services.registration.arrivals.history import read_acts
from services.registration.arrivals.known_arrivals import lock_drafts, read_earlier_statements
from services.registration.arrivals.states import MERGED
from services.registration.arrivals.tables import arrivals


def followed_as(uow: UnitOfWork, catalogue: Catalogue, arrival_ids: Collection[str]) -> set[str]:
    """The arrivals as which the merged ones of these are followed, each step up. Nothing is locked."""
    a = arrivals.c
    merged = is_in(uow.conn, a.id, sorted(arrival_ids)) & (a.state == MERGED)
    asked = set(uow.conn.execute(select(a.id).where(merged)).scalars())
    found: set[str] = set()
    while asked:
        acts = read_acts(uow, catalogue.places, sorted(asked)).values()
        asked = {other for said in acts if (other := same_as(said)) is not None} - found
        found |= asked
    return found


def lend_anew(
    uow: UnitOfWork, catalogue: Catalogue, drafts: Sequence[Draft], changed: Sequence[Draft]
) -> list[Draft]:
    """Of each that has changed and is merged, what counts now for those up the chain; of each that is merged
    no more, that it does not.

    Before the changes are stored. Those up the chain that are not in hand are locked after the others: two
    units of work that wait for each other so are taken again.

    :param drafts: those in hand, the earlier statements of all `changed` among them read.
    Returns those for which other things count now and that are not among `changed`.
    """
    in_hand = {draft.arrival_id: draft for draft in drafts}
    while missing := {id for draft in (*changed, *in_hand.values()) for id in _links(draft)} - in_hand.keys():
        locked = lock_drafts(uow.conn, is_in(uow.conn, arrivals.c.id, sorted(missing)))
        read_earlier_statements(uow, catalogue, locked)
        in_hand |= {draft.arrival_id: draft for draft in locked}
    lent_to: dict[str, Draft] = {}
    for draft in changed:
        lent_to |= {borrower.arrival_id: borrower for borrower in _lend(draft, in_hand)}
    others = lent_to.keys() - {draft.arrival_id for draft in changed}
    return [lent_to[id] for id in sorted(others)]


def _links(draft: Draft) -> set[str]:
    """As which it was followed, and as which it is by now."""
    return {id for id in (same_as(draft.acts), same_as(draft.own_acts)) if id} if draft.own_acts else set()


def _lend(draft: Draft, in_hand: Mapping[str, Draft]) -> Iterator[Draft]:
    before = same_as(draft.acts)
    if before is not None and before != same_as(draft.own_acts):
        draft.take_from(in_hand[before])
        yield in_hand[before]
        yield from _lend_up(in_hand[before], in_hand)
    yield from _lend_up(draft, in_hand)


def _lend_up(draft: Draft, in_hand: Mapping[str, Draft]) -> Iterator[Draft]:
    while (other := same_as(draft.own_acts)) is not None:
        draft.lend_to(in_hand[other])
        draft = in_hand[other]
        yield draft
