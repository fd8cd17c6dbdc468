"""An officer opens a round of tests for a place and a term."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.isolation.reference import current
from services.isolation.rounds.enrol import places_of
from services.isolation.rounds.rules import LEVELS, faults_of_term
from services.isolation.rounds.tables import test_rounds

_ROUNDS: Final = UUID("6f7a0c9e-1f5c-4c0e-8b06-8c2a9d7e1b52")
_R: Final = test_rounds.c


def open_round(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Who is followed there is put into it by a clock (see_to_rounds.py), and whoever comes meanwhile."""
    return each_in_turn(commands, lambda said: _open(uow, said))


def round_id_of(said: Said) -> str:
    """It follows from the command, so that the same one opens no second round."""
    return str(uuid5(_ROUNDS, f"{said.author.source}\n{said.event.id}"))


def _open(uow: UnitOfWork, said: Said) -> Outcome:
    id, data, tree = round_id_of(said), said.data, current(uow).places
    place = data["place"]
    known = tree.by_id.get(place)
    if known is None or not said.scope.covers(*tree.upward(place)):
        raise Refused.unknown("place", place)
    if uow.conn.execute(select(_R.round_id).where(_R.round_id == id)).first():
        return Outcome.done(round_id=id, version=1)
    faults = faults_of_term(data["begins_at"], data["ends_at"], uow.now)
    if known.level not in LEVELS:
        faults.append(Fault("place", "no_such_level", f"must be a {', '.join(LEVELS)}"))
    if faults:
        raise Refused.invalid(faults)
    open_there = select(_R.round_id).where(
        _R.closed_at.is_(None), _R.place.in_(sorted(places_of(tree, place)))
    )
    if uow.conn.execute(open_there.limit(1)).first():
        raise Refused("conflict", [Fault("place", "round_is_open", "a round is open there: close it first")])
    levels = tree.by_level(place)
    row: dict[str, Any] = {
        "round_id": id,
        "place": place,
        **{level: levels.get(level) for level in LEVELS},
        "begins_at": data["begins_at"],
        "ends_at": data["ends_at"],
        "version": 1,
        "opened_at": uow.now,
        "source": said.author.source,
        "event_id": said.event.id,
    }
    insert_rows(uow.conn, test_rounds, [row])
    return Outcome.done(round_id=id, version=1)
