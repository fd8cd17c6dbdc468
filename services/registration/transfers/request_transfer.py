"""An officer asks another community to take somebody over. Until it does, they belong where they are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select, update

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import day_begins, local_day
from field.words import PLACE_LEVELS
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import TRANSFER_REQUESTED
from services.registration.arrivals.states import ENDED
from services.registration.arrivals.tables import arrivals
from services.registration.following.acts import Acts
from services.registration.places.placing import Placement
from services.registration.places.queries import division_of
from services.registration.policies.terms import answer_within
from services.registration.transfers.states import ASKED, ASKED_ANEW, REFUSED
from services.registration.transfers.tables import transfers as table
from services.registration.transfers.tell import SEALED_AS, tell_asked

_LONGEST_AHEAD: Final = timedelta(days=30)
"""No measure runs longer; a year that is mistyped would hold the request for as long."""
_TRANSFERS: Final = UUID("5c6f1a77-3d0e-4f0b-9a55-2f9f6f0f6b21")
_T, _A = table.c, arrivals.c


def request_transfer(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Whoever is named, or their household, stands on both sides' lists with a clock, and the officers of the
    other place are told. Nothing else changes for anybody.
    """
    return each_in_turn(commands, lambda said: _request(uow, said))


def _request(uow: UnitOfWork, said: Said) -> Outcome:
    id = str(uuid5(_TRANSFERS, f"{said.author.source}\n{said.event.id}"))
    if uow.conn.execute(select(_T.transfer_id).where(_T.transfer_id == id).limit(1)).first():
        return Outcome.done(transfer_id=id, state=ASKED)  # said again when nobody remembers the outcome
    acts = Acts(uow, _who(uow, said))
    named = acts.arrival(said, said.data["arrival_id"])
    people = [draft for one in acts.ids if (draft := acts.find(one)) and _goes_along(draft, named)]
    if not people:
        message = "nobody is followed there: it has ended, or is followed as another one"
        raise Refused("conflict", [Fault("arrival_id", "nobody_followed", message)])
    put = acts.catalogue.places.at(said.data["place"])
    if faults := list(_faults(uow, said, named, put)):
        raise Refused.invalid(faults)
    assert put is not None
    _ask_no_more(uow, said, people)
    rows = _rows(uow, acts, said, id, people, put)
    for draft in people:
        detail = {"towards": said.data["place"], "transfer": id}
        acts.add(draft, TRANSFER_REQUESTED, said, detail=detail, inside={"note": said.data["note"]})
    acts.write()
    insert_rows(uow.conn, table, rows)
    tell_asked(uow, said, rows)
    return Outcome.done(
        transfer_id=id, state=ASKED, arrivals=[draft.arrival_id for draft in people], version=0
    )


def _who(uow: UnitOfWork, said: Said) -> Sequence[str]:
    """Looked for before they are locked: whoever is of the household by then and not among them is not asked
    for. Raises Refused.
    """
    id: str = said.data["arrival_id"]
    named = Acts(uow, [id], lock=False).arrival(said, id)
    if not said.data["with_household"] or named.stored is None:
        return [id]
    theirs = select(_A.id).where(_A.household_id == named.stored.household_id, _A.state.not_in(ENDED))
    return [id, *uow.conn.execute(theirs).scalars()]


def _goes_along(draft: Draft, named: Draft) -> bool:
    """Whether they are followed, in the community of the one who is named."""
    stored, of_named = draft.stored, named.stored
    assert stored is not None and of_named is not None
    same = (stored.household_id, stored.community) == (of_named.household_id, of_named.community)
    return same and stored.state not in ENDED and stored.stripped_at is None


def _faults(uow: UnitOfWork, said: Said, named: Draft, put: Placement | None) -> Iterator[Fault]:
    assert named.stored is not None
    if put is None or put.community is None:
        yield Fault("place", "unknown", "name a community, or a grid of one")
    elif put.community == named.stored.community:
        yield Fault("place", "same_place", "they are there already: to move them within it, place them anew")
    for name in ("address", "note"):
        if not said.data[name].strip():
            yield Fault(name, "empty", "is empty")
    moves_on, today = said.data["moves_on"], local_day(said.at, uow.zone)
    if moves_on and moves_on < today:
        yield Fault("moves_on", "in_the_past", "leave it out where they live there already")
    elif moves_on and moves_on > today + _LONGEST_AHEAD:
        yield Fault("moves_on", "too_far", f"ask at most {_LONGEST_AHEAD.days} days before they move")


def _ask_no_more(uow: UnitOfWork, said: Said, people: Sequence[Draft]) -> None:
    """What was refused before is asked anew with this. Raises Refused where somebody has still to answer."""
    theirs = is_in(uow.conn, _T.arrival_id, [draft.arrival_id for draft in people])
    if uow.conn.execute(select(_T.transfer_id).where(theirs, _T.state == ASKED).limit(1)).first():
        message = "another community is asked already: wait for its answer, or withdraw that first"
        raise Refused("conflict", [Fault("arrival_id", "already_asked", message)])
    anew = {"state": ASKED_ANEW, "decided_at": said.at, "decided_by": said.author.source}
    uow.conn.execute(update(table).where(theirs, _T.state == REFUSED).values(anew))


def _rows(
    uow: UnitOfWork, acts: Acts, said: Said, id: str, people: Sequence[Draft], put: Placement
) -> list[dict[str, Any]]:
    data, policies = said.data, acts.catalogue.policies
    asked = {"address": data["address"].strip(), "note": data["note"]}
    levels = acts.catalogue.places.level_ids(data["place"])
    upward = [levels[level] for level in reversed(PLACE_LEVELS) if level in levels]
    if division := division_of(uow.conn, upward):
        asked["division"] = division
    # Before they live there nobody takes them over, and no clock runs.
    runs_from = max(uow.now, day_begins(data["moves_on"], uow.zone)) if data["moves_on"] else uow.now
    rows = []
    for draft in people:
        stored = draft.stored
        assert stored is not None
        within = answer_within(policies, draft.coming().division or None, local_day(uow.now, uow.zone))
        rows.append(
            {
                "transfer_id": id,
                "arrival_id": draft.arrival_id,
                "state": ASKED,
                "version": 0,
                "place": data["place"],
                "street": put.street,
                "community": put.community,
                "grid": put.grid,
                "from_street": stored.street,
                "from_community": stored.community,
                "moves_on": data["moves_on"],
                "asked": uow.sealer.seal(asked, SEALED_AS),
                "asked_at": said.at,
                "answer_by": runs_from + within,
                "asked_by": said.author.source,
                "by_command": said.event.id,
            }
        )
    return rows
