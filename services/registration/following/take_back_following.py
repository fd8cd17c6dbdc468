"""Somebody takes back, on the same day, what they said of an arrival: it was a mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.words import FOLLOWED
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import TAKEN_BACK, Act
from services.registration.arrivals.tables import arrival_history
from services.registration.following.acts import Acts

REVOCABLE: Final = tuple(outcome for outcome in FOLLOWED if outcome != "this_is_not_me")
"""What staff say who follow an arrival. Others follow what changes of it by this, as by any act."""


def take_back_following(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """The arrival stands as if it had not been said; what was said stays in the history, with this."""
    return each_in_turn(commands, lambda said: _take_back(uow, said))


def _take_back(uow: UnitOfWork, said: Said) -> Outcome:
    id = said.data["arrival_id"]
    acts = Acts(uow, [id])
    draft = acts.find(id)
    before = _own(uow, draft, said) if draft else None
    if draft is None or before is None:
        raise Refused.unknown("act of the author", str(said.data["number"]))
    if before.what not in REVOCABLE:
        message = f"only {', '.join(REVOCABLE)} is taken back: say what is right instead"
        raise Refused.invalid([Fault("number", "not_of_this", message)])
    if before.day != local_day(said.at, uow.zone):
        raise Refused.invalid([Fault("number", "other_day", "it is taken back on its own day")])
    act = acts.add(draft, TAKEN_BACK, said, detail={"of": before.number, "was": before.what})
    acts.write()
    _say_so(uow, draft, before, act, said)
    return Outcome.done(
        arrival_id=id,
        number=act.number,
        attempts=draft.standing.attempts,
        to_settle=sorted(draft.standing.to_settle),
    )


def _own(uow: UnitOfWork, draft: Draft, said: Said) -> Act | None:
    """What this author said, and has not taken back. Whoever said it reached the arrival then, and takes it
    back also where it has left their places with that.
    """
    h, number = arrival_history.c, said.data["number"]
    own = (h.arrival_id == draft.arrival_id) & (h.number == number) & (h.source == said.author.source)
    is_own = uow.conn.execute(select(h.number).where(own)).first() is not None
    back = {act.takes_back for act in draft.acts}
    return next((act for act in draft.acts if is_own and act.number == number and number not in back), None)


def _say_so(uow: UnitOfWork, draft: Draft, before: Act, act: Act, said: Said) -> None:
    data = {
        "arrival_id": draft.arrival_id,
        "arrival_version": draft.version,
        "number": before.number,
        "outcome": before.what,
        "at": act.at,
        "by": said.author.source,
    }
    uow.record("arrival.follow_up_taken_back", draft.arrival_id, act.number, data, cause=said.event)
