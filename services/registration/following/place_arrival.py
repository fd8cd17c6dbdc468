"""An officer says in which place an arrival lies, where its address says so to nobody."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.registration.arrivals.followed import PLACED
from services.registration.following.acts import Acts


def place_arrival(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Decisions, one in a transaction. The place counts over all reports, until a door is mended that lies
    elsewhere, or another place is named; whoever works there gets the arrival.
    """
    return each_in_turn(commands, lambda said: _place(uow, said))


def _place(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    acts = Acts(uow, [data["arrival_id"]])
    draft = acts.decided(said, data["arrival_id"])
    _check(acts, said)
    acts.add(
        draft,
        PLACED,
        said,
        detail={"place": data["place"]},
        inside={"note": data.get("note")},
    )
    acts.write()
    return Outcome.done(arrival_id=draft.arrival_id, version=draft.version)


def _check(acts: Acts, said: Said) -> None:
    """Raises Refused for a place at which the author answers for nobody, or that is none of a street."""
    place, places = said.data["place"], acts.catalogue.places
    levels = places.level_ids(place)
    if not levels or not places.is_within(said.scope, place):
        raise Refused.invalid([Fault("place", "unknown", "is no place of yours or below")])
    if "street" not in levels:
        raise Refused.invalid([Fault("place", "too_wide", "name a street, a community or a grid")])
