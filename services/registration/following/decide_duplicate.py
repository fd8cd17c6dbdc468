"""An officer decides about two arrivals that may be one: they stay two, or one of them goes on for both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select, update

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.ids import is_id
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import ABSORBED, SAME_AS, TAKEN_BACK, that_count
from services.registration.arrivals.lists import in_scope
from services.registration.arrivals.merging import Side, goes_on
from services.registration.arrivals.pairs import pair_of
from services.registration.arrivals.states import ENDED, MERGED
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.following.acts import Acts

VERSIONS: Final = {"open": 1, MERGED: 2}
"""State of a pair about which something can be decided -> its version."""
_P = possible_duplicates.c
_PURPOSE = "act"


def decide_duplicate(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """The pair is not asked about again, whatever is reported.

    Whoever reaches one of the two keeps them apart; who makes them one, or two again, reaches both.
    """
    return each_in_turn(commands, lambda said: _decide(uow, said))


def _decide(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    ids = [data["first"], data["second"]]
    first, second = pair_of(*ids)
    if not all(map(is_id, ids)) or not _reached(uow, said, ids):
        raise Refused.unknown("possible duplicate", data["first"])
    # Before the pair: as the intake locks them.
    acts = Acts(uow, ids)
    pair = (_P.first == first) & (_P.second == second)
    state = uow.conn.execute(select(_P.state).where(pair).with_for_update()).scalar_one_or_none()
    if state is None:
        raise Refused.unknown("possible duplicate", data["first"])
    same = data["decision"] == "same"
    if data["expects"] != VERSIONS.get(state) or (same and state == MERGED):
        raise Refused.conflict("expects", f"the pair is {state} by now")
    goes_on_as = None
    if same:
        goes_on_as = _make_one(uow, acts, ids, said)
    elif state == MERGED:
        _make_two(uow, acts, ids, said)
    _write(uow, pair, said, MERGED if same else "apart")
    return Outcome.done(
        first=first, second=second, decision=data["decision"], **({"goes_on": goes_on_as} if same else {})
    )


def _write(uow: UnitOfWork, pair: ColumnElement[bool], said: Said, state: str) -> None:
    note = said.data.get("note")
    decided: dict[str, Any] = {
        "state": state,
        "decided_at": said.at,
        "decided_by": said.author.source,
        "by_command": said.event.id,
        "note": uow.sealer.seal({"note": note}, _PURPOSE) if note else None,
    }
    uow.conn.execute(update(possible_duplicates).where(pair).values(decided))


def _make_one(uow: UnitOfWork, acts: Acts, ids: Sequence[str], said: Said) -> str:
    """Returns the one that goes on. Raises Refused."""
    drafts = _both(uow, acts, ids, said)
    if any(draft.stored and draft.stored.state == MERGED for draft in drafts.values()):
        raise Refused.conflict("expects", "one of them is the same as another arrival already")
    one, other = drafts.values()
    if {said.report_id for said in one.statements} & {said.report_id for said in other.statements}:
        message = "one report names both of them: they are two people"
        raise Refused.invalid([Fault("decision", "named_together", message)])
    kept, ended = goes_on(*(_side(uow, draft) for draft in (one, other)))
    acts.add(drafts[ended], SAME_AS, said, detail={"other": kept})
    acts.add(drafts[kept], ABSORBED, said, detail={"other": ended})
    acts.write()
    return kept


def _make_two(uow: UnitOfWork, acts: Acts, ids: Sequence[str], said: Said) -> None:
    """Each with what was told and said of it, also since. Raises Refused."""
    drafts = _both(uow, acts, ids, said)
    for id, draft in drafts.items():
        (other,) = (one for one in drafts if one != id)
        for act in that_count(draft.acts):
            if act.what in (SAME_AS, ABSORBED) and act.other == other:
                acts.add(draft, TAKEN_BACK, said, detail={"of": act.number, "was": act.what})
    acts.write()


def _both(uow: UnitOfWork, acts: Acts, ids: Sequence[str], said: Said) -> dict[str, Draft]:
    """Raises Refused where the author does not reach both, or one of them is in no hand of ours."""
    if _reached(uow, said, ids) < len(ids):
        message = "one of them lies at other places: whoever answers for both decides that they are one"
        raise Refused("not_allowed", [Fault("decision", "other_place", message)])
    found = {id: draft for id in sorted(ids) if (draft := acts.find(id)) is not None}
    if len(found) < len(ids):
        raise Refused.unknown("possible duplicate", ids[0])
    return found


def _reached(uow: UnitOfWork, said: Said, ids: Sequence[str]) -> int:
    """How many of the two the author reaches."""
    a = arrivals.c
    these = or_(*(a.id == id for id in ids))
    count = select(func.count()).where(these, in_scope(uow.conn, said.scope, a))
    return uow.conn.execute(count).scalar_one()


def _side(uow: UnitOfWork, draft: Draft) -> Side:
    stored = draft.stored
    assert stored is not None
    a = arrivals.c
    others = select(func.count()).where(
        a.household_id == stored.household_id, a.id != stored.id, a.state.not_in(ENDED)
    )
    living_with = uow.conn.execute(others).scalar_one()
    return Side(stored.id, stored.state, living_with, stored.created_at)
