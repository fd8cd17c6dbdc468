"""An officer says what became of somebody whom nobody found, and with that it is settled."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.followed import SETTLED
from services.registration.following.acts import Acts


def settle_arrival(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Decisions, one in a transaction. Nobody is followed any more, as after *not here*, and nothing is left
    to settle. Who is found, or reported again as having come, is an arrival again.
    """
    return each_in_turn(commands, lambda said: _settle(uow, said))


def _settle(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    acts = Acts(uow, [data["arrival_id"]])
    draft = acts.decided(said, data["arrival_id"])
    acts.add(draft, SETTLED, said, detail={"as": data["decision"]}, inside={"note": data.get("note")})
    acts.write()
    return Outcome.done(arrival_id=draft.arrival_id, version=draft.version)
