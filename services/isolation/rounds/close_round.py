"""An officer closes a round: each in it has an outcome, or the officer says why it is closed without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Row, func, select, update

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from field.ids import is_id
from services.isolation.reference import current
from services.isolation.rounds.enrol import enrol, places_of
from services.isolation.rounds.look import look, rounds_of
from services.isolation.rounds.rules import MISSING, faults_at_its_end
from services.isolation.rounds.tables import round_people, test_rounds

_P, _R = round_people.c, test_rounds.c
_PIECE: Final = 500


def close_round(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """A decision. Of whom a result comes afterwards of a sample that was taken before, it counts still."""
    return each_in_turn(commands, lambda said: _close(uow, said))


def _close(uow: UnitOfWork, said: Said) -> Outcome:
    data, id = said.data, said.data["round_id"]
    these = select(test_rounds).where(_R.round_id == id).with_for_update()
    round = uow.conn.execute(these).first() if is_id(id) else None
    if round is None or not said.scope.covers(round.grid, round.community, round.street):
        raise Refused.unknown("round", id)
    if round.closed_at is not None or data["expects"] != round.version:
        raise Refused.conflict("round_id", "it was closed meanwhile")
    missing = _missing(uow, round)
    if faults := faults_at_its_end(missing, data["because"], round.ends_at, uow.now):
        raise Refused("conflict", faults)  # by and by it may be closed
    because = data["because"]
    closed: dict[str, Any] = {
        "closed_at": uow.now,
        "closed_by": said.author.source,
        "closed_event": said.event.id,
        "closed_because": uow.sealer.seal(because, "note") if because else None,
        "version": round.version + 1,
    }
    uow.conn.execute(update(test_rounds).where(_R.round_id == id).values(closed))
    return Outcome.done(round_id=id, version=closed["version"], missing=missing)


def _missing(uow: UnitOfWork, round: Row[Any]) -> int:
    """How many are missing by now, with those whom the clock has not put into it, or looked at, yet."""
    while enrol(uow, round, places_of(current(uow).places, round.place)):
        pass
    of_it = select(round_people).where(_P.round_id == round.round_id, _P.state == MISSING)
    people = uow.conn.execute(of_it.order_by(_P.person_id).with_for_update()).all()
    known = rounds_of(uow.conn, [round.round_id])
    for at in range(0, len(people), _PIECE):
        look(uow, people[at : at + _PIECE], known)
    missing = select(func.count()).where(_P.round_id == round.round_id, _P.state == MISSING)
    return int(uow.conn.execute(missing).scalar_one())
