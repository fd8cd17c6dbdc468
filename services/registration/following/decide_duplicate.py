"""An officer decides about two arrivals that may be one: they stay two, or one of them goes on for both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
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
_MADE_ONE: Final = "made_one"
"""Of a pair's details: the arrival that goes on and the one that ended with it."""


def decide_duplicate(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """The pair is not asked about again, whatever is reported.

    Whoever reaches one of the two keeps them apart; who makes them one, or two again, reaches both. Where one
    of them turned out to be another arrival before, that one is made one with the other of the pair.
    """
    return each_in_turn(commands, lambda said: _decide(uow, said))


def _decide(uow: UnitOfWork, said: Said) -> Outcome:
    data = said.data
    ids = [data["first"], data["second"]]
    first, second = pair_of(*ids)
    if not all(map(is_id, ids)) or not _reached(uow, said, ids):
        raise Refused.unknown("possible duplicate", data["first"])
    pair = (_P.first == first) & (_P.second == second)
    stored = select(_P.state, _P.details).where(pair)
    seen = uow.conn.execute(stored).one_or_none()
    # Before the pair: as the intake locks them.
    acts = Acts(uow, [*ids, *(_made_one(seen.details) if seen else ())])
    row = uow.conn.execute(stored.with_for_update()).one_or_none()
    if row is None:
        raise Refused.unknown("possible duplicate", data["first"])
    same = data["decision"] == "same"
    if data["expects"] != VERSIONS.get(row.state) or (same and row.state == MERGED):
        raise Refused.conflict("expects", f"the pair is {row.state} by now")
    ends = [acts.followed_as(id) for id in ids]
    details = {name: of for name, of in (row.details or {}).items() if name != _MADE_ONE}
    result = {"first": first, "second": second, "decision": data["decision"]}
    if same:
        result["goes_on"] = ends[0].arrival_id
        if ends[0] is not ends[1]:
            _must_be_known(uow, ends)
            goes_on_as, ended = _make_one(uow, acts, ends, ids, said)
            result["goes_on"], details[_MADE_ONE] = goes_on_as, [goes_on_as, ended]
    elif made_one := _made_one(row.details):
        _make_two(uow, acts, made_one, ids, said)
    elif ends[0] is ends[1]:
        message = "they are one by way of another pair: make that one two first"
        raise Refused("conflict", [Fault("decision", "one_by_others", message)])
    _write(uow, pair, said, MERGED if same else "apart", details or None)
    return Outcome.done(**result)


def _made_one(details: Mapping[str, Any] | None) -> Sequence[str]:
    """The arrivals that became one by this pair; none: nobody has decided so, or they were one already."""
    return (details or {}).get(_MADE_ONE) or ()


def _must_be_known(uow: UnitOfWork, sides: Sequence[Draft]) -> None:
    """Raises Refused: the case of one is stripped, so it cannot go on, and nothing is known that holds."""
    gone = or_(arrivals.c.strip_on.is_not(None), arrivals.c.stripped_at.is_not(None))
    these = arrivals.c.id.in_([side.arrival_id for side in sides])
    if uow.conn.execute(select(arrivals.c.id).where(these, gone).limit(1)).first():
        message = "the term of one of them has passed: it is followed no more, so keep them apart"
        raise Refused("conflict", [Fault("decision", "stripped", message)])


def _write(
    uow: UnitOfWork, pair: ColumnElement[bool], said: Said, state: str, details: Mapping[str, Any] | None
) -> None:
    note = said.data.get("note")
    decided: dict[str, Any] = {
        "state": state,
        "details": details,
        "decided_at": said.at,
        "decided_by": said.author.source,
        "by_command": said.event.id,
        "note": uow.sealer.seal({"note": note}, _PURPOSE) if note else None,
    }
    uow.conn.execute(update(possible_duplicates).where(pair).values(decided))


def _make_one(
    uow: UnitOfWork, acts: Acts, sides: Sequence[Draft], ids: Sequence[str], said: Said
) -> tuple[str, str]:
    """
    :param ids: of the pair.
    Returns (the one that goes on, the one that ends). Raises Refused.
    """
    drafts = {draft.arrival_id: draft for draft in sides}
    _check_reach(uow, said, {*ids, *drafts})
    one, other = sides
    if {said.report_id for said in one.statements} & {said.report_id for said in other.statements}:
        message = "one report names both of them: they are two people"
        raise Refused.invalid([Fault("decision", "named_together", message)])
    kept, ended = goes_on(*(_side(uow, draft) for draft in sides))
    acts.add(drafts[ended], SAME_AS, said, detail={"other": kept})
    acts.add(drafts[kept], ABSORBED, said, detail={"other": ended})
    acts.write()
    return kept, ended


def _make_two(uow: UnitOfWork, acts: Acts, made_one: Sequence[str], ids: Sequence[str], said: Said) -> None:
    """Each with what was told and said of it, also since. Raises Refused."""
    _check_reach(uow, said, {*ids, *made_one})
    for id, other in (made_one, reversed(made_one)):
        draft = acts.find(id)
        if draft is None:
            raise Refused.conflict("expects", "one of them is being decided about just now")
        for act in that_count(draft.acts):
            if act.what in (SAME_AS, ABSORBED) and act.other == other:
                acts.add(draft, TAKEN_BACK, said, detail={"of": act.number, "was": act.what})
    acts.write()


def _check_reach(uow: UnitOfWork, said: Said, ids: Collection[str]) -> None:
    """Raises Refused where the author does not reach all of these."""
    if _reached(uow, said, ids) < len(ids):
        message = "one of them lies at other places: whoever answers for both decides that they are one"
        raise Refused("not_allowed", [Fault("decision", "other_place", message)])


def _reached(uow: UnitOfWork, said: Said, ids: Collection[str]) -> int:
    """How many of these the author reaches."""
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
