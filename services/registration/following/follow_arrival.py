"""When somebody has followed an arrival: keep what came of it, end or move the arrival, and say so."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.moments import CLOCK_SKEW
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import Act
from services.registration.following.acts import Acts, door_of

_FOUND: Final = ("contacted", "verified")
_MAY_COME: Final = ("contacted", "no_answer", "not_yet_come")
_FOR_RESIDENTS: Final = ("this_is_not_me",)


def follow_arrival(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Facts, which carry no version: what was said first stays said, and the fold decides what counts."""
    acts = Acts(uow, (said.data["arrival_id"] for said in commands))
    outcomes = each_in_turn(commands, lambda said: _follow(acts, said))
    for draft, act, said in acts.write():
        _say_so(uow, draft, act, said)
    return outcomes


def _follow(acts: Acts, said: Said) -> Outcome:
    data = said.data
    draft = acts.arrival(said, data["arrival_id"])
    if said.author.kind == "link" and data["outcome"] not in _FOR_RESIDENTS:
        message = f"a resident says only {' or '.join(_FOR_RESIDENTS)} of an arrival"
        raise Refused("not_allowed", [Fault("outcome", "not_allowed", message)])
    door = _checked_door(said)
    act = acts.add(
        draft,
        data["outcome"],
        said,
        moment=_moment(said),
        detail={"how": data.get("how"), "try_again_at": _text(data.get("try_again_at"))},
        inside={"note": data.get("note"), "wrong_phone": _wrong_phone(draft, said), **door},
    )
    standing = draft.standing
    return Outcome.done(
        arrival_id=draft.arrival_id,
        number=act.number,
        attempts=standing.attempts,
        to_settle=sorted(standing.to_settle),
    )


def _checked_door(said: Said) -> dict[str, str]:
    """The door where they live, if one is named. Raises Refused for all that contradicts itself."""
    data, faults = said.data, []
    outcome, came, coming = data["outcome"], data.get("arrived_at"), data.get("coming_at")
    if came is not None and outcome not in _FOUND:
        faults.append(Fault("arrived_at", "not_of_this", f"is said with {' or '.join(_FOUND)} only"))
    elif came is not None and came > said.at + CLOCK_SKEW:
        faults.append(Fault("arrived_at", "in_the_future", "is later than it was said"))
    if coming is not None and (outcome not in _MAY_COME or came is not None):
        faults.append(Fault("coming_at", "not_of_this", f"is said with {', '.join(_MAY_COME)} only"))
    elif coming is not None and coming <= said.at:
        faults.append(Fault("coming_at", "in_the_past", "is no later than it was said"))
    where = data.get("destination")
    if where is not None and outcome != "lives_elsewhere":
        faults.append(Fault("destination", "not_of_this", "is said with lives_elsewhere only"))
    door = door_of(where, faults) if where is not None else {}
    if faults:
        raise Refused.invalid(faults)
    return door


def _moment(said: Said) -> datetime | None:
    moment: datetime | None = said.data.get("arrived_at") or said.data.get("coming_at")
    return moment


def _wrong_phone(draft: Draft, said: Said) -> str | None:
    """The number by which they are reached so far is not theirs."""
    if said.data["outcome"] != "wrong_number":
        return None
    coming = draft.coming()
    return coming.person.phone or (coming.contact.phone if coming.contact else None)


def _say_so(uow: UnitOfWork, draft: Draft, act: Act, said: Said) -> None:
    assert draft.stored is not None
    data: dict[str, Any] = {
        "arrival_id": draft.arrival_id,
        "arrival_version": draft.version,
        "household_id": draft.stored.household_id,
        "outcome": act.what,
        "state": draft.state,
        "at": act.at,
        "by": said.author.source,
        "how": said.data.get("how"),
        "attempts": draft.standing.attempts,
        "try_again_at": said.data.get("try_again_at"),
        "to_settle": sorted(draft.standing.to_settle),
    }
    uow.record("arrival.followed_up", draft.arrival_id, act.number, data, cause=said.event)


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
