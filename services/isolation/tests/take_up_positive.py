"""An officer of the district takes up a positive of nobody here: says what came of it, once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select, update

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.doors.within import in_district
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.isolation.teams.tables import places
from services.isolation.tests.tables import results_of_nobody

NEEDS_NOTE: Final = ("passed_on",)
"""To whom it was passed on stands in the note."""
_R = results_of_nobody.c


def take_up_positive(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """A positive is taken up once; it names who did so, and is on no list from then on."""
    return each_in_turn(commands, lambda said: _take_up(uow, said))


def _take_up(uow: UnitOfWork, said: Said) -> Outcome:
    data, id = said.data, said.data["result_id"]
    found = select(_R.taken_up_at, in_district(uow.conn, said.scope, places).label("reached"))
    waiting = found.where(_R.result_id == id, _R.due_by.is_not(None)).with_for_update()
    row = uow.conn.execute(waiting).first() if is_id(id) else None
    if row is None or not row.reached:
        raise Refused.unknown("positive result of nobody here", id)
    if data["outcome"] in NEEDS_NOTE and not data.get("note"):
        raise Refused.invalid([Fault("note", "missing", "say to whom it was passed on")])
    if row.taken_up_at is not None:
        raise Refused.conflict("result_id", "somebody took it up already")
    note = data.get("note")
    taken_up = {
        "taken_up_at": said.at,
        "taken_up_as": data["outcome"],
        "taken_up_by": said.author.source,
        "taken_up_event": said.event.id,
        "taken_up_note": uow.sealer.seal(note, "note") if note else None,
    }
    uow.conn.execute(update(results_of_nobody).where(_R.result_id == id).values(taken_up))
    return Outcome.done(result_id=id, outcome=data["outcome"])
