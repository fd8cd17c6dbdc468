"""An officer decides about a pair of arrivals that may be one: two people, or two comings, are kept apart."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select, update

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Refused
from field.ids import is_id
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.pairs import pair_of
from services.registration.arrivals.tables import arrivals, possible_duplicates

VERSION = 1
"""Of a pair that nobody has decided about."""
_P = possible_duplicates.c
_PURPOSE = "act"


def decide_duplicate(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Whoever reaches one of the two decides. The pair is not asked about again, whatever is reported."""
    return each_in_turn(commands, lambda said: _decide(uow, said))


def _decide(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    ids = [data["first"], data["second"]]
    first, second = pair_of(*ids)
    if not all(map(is_id, ids)) or not _reaches(uow, said, ids):
        raise Refused.unknown("possible duplicate", data["first"])
    pair = (_P.first == first) & (_P.second == second)
    state = uow.conn.execute(select(_P.state).where(pair).with_for_update()).scalar_one_or_none()
    if state is None:
        raise Refused.unknown("possible duplicate", data["first"])
    if data["expects"] != VERSION or state != "open":
        raise Refused.conflict("expects", f"the pair is {state} by now")
    note = data.get("note")
    decided = {
        "state": data["decision"],
        "decided_at": said.at,
        "decided_by": said.author.source,
        "by_command": said.event.id,
        "note": uow.sealer.seal({"note": note}, _PURPOSE) if note else None,
    }
    uow.conn.execute(update(possible_duplicates).where(pair).values(decided))
    return Outcome.done(first=first, second=second, decision=data["decision"])


def _reaches(uow: UnitOfWork, said: Said, ids: Sequence[str]) -> bool:
    a = arrivals.c
    one = or_(*(a.id == id for id in ids))
    return bool(uow.conn.execute(select(a.id).where(one, in_scope(uow.conn, said.scope, a)).limit(1)).first())
