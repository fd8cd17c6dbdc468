"""Whose home does not suit, who may be moved to central isolation with whom, and into which room. Pure.

A child is never moved without a named carer, nor is anybody else who cannot be alone; and no adult without
saying who minds those who depend on them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from contracts.faults import Fault
from field.words import NOT_KEPT_IN

DECIDED: Final = "decided"
"""A bed is held, and they are fetched."""
ADMITTED: Final = "admitted"
"""They are there: the bed is taken."""
LEFT: Final = "left"
"""They were there, and have gone: home, to hospital, or released."""
TAKEN_BACK: Final = "taken_back"
"""The decision was taken back: an officer decides anew."""
LET_GO: Final = "let_go"
"""Their case ended otherwise before they came, or its next stage began: the bed was given back."""

_CENTRAL: Final = "central_isolation"

ADULT: Final = "adult"
CHILD: Final = "child"
CANNOT_BE_ALONE: Final = "cannot_be_alone"

NONE: Final = "none"
COME_ALONG: Final = "come_along"
MINDED: Final = "minded"


@dataclass(frozen=True, slots=True)
class OfHome:
    """What follows for one person of how their home is.

    :param settle: an officer decides where they are.
    :param stays: by the policy they stay at home under guidance.
    """

    settle: bool
    stays: bool


def of_home(
    measure: str, lacks: Collection[str], group: str | None, stays_at_home: Collection[str]
) -> OfHome:
    """Whoever stays in where the home does not suit goes to central isolation or another home, unless the
    policy lets their group stay. Somebody of such a group who is to go to central isolation may stay, too: an
    officer sees to it.

    :param lacks: of HOME_LACKS.
    :param group: of SPECIAL_GROUPS.
    :param stays_at_home: groups that the policy names.
    """
    if measure in NOT_KEPT_IN:
        return OfHome(settle=False, stays=False)
    is_central = measure == _CENTRAL
    stays = group in stays_at_home and (is_central or bool(lacks))
    return OfHome(settle=stays if is_central else bool(lacks) and not stays, stays=stays)


@dataclass(frozen=True, slots=True)
class Mover:
    """One person as an officer means to move them.

    :param carer: the case of the adult who is with them there.
    :param carer_named: an adult who has no case here goes along, named in words.
    :param dependants: of an adult, what becomes of those who depend on them; None: not said.
    :param minded_by: whether it is said in words who minds those who stay.
    :param apart: another room than that of a carer who is there already, on purpose.
    """

    case_id: str
    who: str
    carer: str | None = None
    carer_named: bool = False
    dependants: str | None = None
    minded_by: bool = False
    apart: bool = False

    @property
    def beds(self) -> int:
        return 2 if self.carer_named else 1


def faults_of(movers: Sequence[Mover], adults_there: Set[str] = frozenset()) -> list[Fault]:
    """What stands against moving these people together, each with what is possible instead.

    :param adults_there: cases of adults of the household who are at that centre, or on their way there.
    """
    wards = {one.case_id for one in movers if one.who != ADULT}
    adults = ({one.case_id for one in movers} | adults_there) - wards
    cared_for = {one.carer for one in movers if one.who != ADULT}
    faults: list[Fault] = []
    for number, one in enumerate(movers):
        where = f"people[{number}]"
        if one.who == ADULT:
            faults += (fault.within(where) for fault in _faults_of_adult(one, cared_for))
        else:
            faults += (fault.within(where) for fault in _faults_of_ward(one, adults))
    return faults


def _faults_of_ward(one: Mover, adults: Set[str]) -> Iterable[Fault]:
    """Of a child, or of somebody who cannot be alone."""
    if one.dependants or one.minded_by:
        yield Fault("dependants", "not_of_this", "nobody depends on somebody who cannot be alone")
    if one.carer and one.carer_named:
        yield Fault("carer_named", "not_of_this", "name one carer: somebody who is moved too, or another")
    elif one.carer and one.carer not in adults:
        message = "the carer must be an adult who is moved with them now, or who is at that centre already"
        yield Fault("carer", "no_such_carer", message)
    elif not one.carer and not one.carer_named:
        message = (
            "nobody who cannot be alone is moved without a carer: move an adult of theirs with them, name "
            "one who goes along, or let them stay at home under guidance"
        )
        yield Fault("carer", "needs_carer", message)


def _faults_of_adult(one: Mover, cared_for: Set[str | None]) -> Iterable[Fault]:
    if one.carer or one.carer_named:
        yield Fault("carer", "not_of_this", "an adult who cannot be alone is moved as such")
    if one.dependants is None:
        message = "say who minds the children, and who else cannot be alone: nobody, they come along, or who"
        yield Fault("dependants", "missing", message)
    elif one.dependants == COME_ALONG and one.case_id not in cared_for:
        message = "nobody of these is in their care: name them as carer of whoever comes along"
        yield Fault("dependants", "nobody_comes_along", message)
    elif one.dependants == NONE and one.case_id in cared_for:
        yield Fault("dependants", "comes_along", "somebody of these is in their care: they come along")
    if one.dependants == MINDED and not one.minded_by:
        message = "name who minds those who stay, or move them too, or keep this adult at home"
        yield Fault("minded_by", "missing", message)
    elif one.minded_by and one.dependants != MINDED:
        yield Fault("minded_by", "not_of_this", "it is said that nobody stays behind who must be minded")


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its beds, and the households that are in it or on their way."""

    room_id: str
    beds: int
    families: bool
    held: int = 0
    taken: int = 0
    households: frozenset[str] = frozenset()

    @property
    def free(self) -> int:
        return max(0, self.beds - self.held - self.taken)

    def with_held(self, beds: int, household: str) -> Room:
        return replace(self, held=self.held + beds, households=self.households | {household})

    def with_taken(self, beds: int, household: str) -> Room:
        return replace(self, taken=self.taken + beds, households=self.households | {household})


def left_apart(movers: Sequence[Mover], rooms: Sequence[Room], carers: Mapping[str, str]) -> list[int]:
    """Numbers of those for whom no bed is free in the room in which their carer is already.

    :param carers: case of a carer who is there, or on the way -> room.
    """
    beside = [(n, carers[one.carer or ""]) for n, one in enumerate(movers) if _stays_with(one, carers)]
    free = {room.room_id: room.free for room in rooms}
    found = []
    for number, room_id in beside:
        free[room_id] = free.get(room_id, 0) - 1
        if free[room_id] < 0:
            found.append(number)
    return found


def _stays_with(one: Mover, carers: Mapping[str, str]) -> bool:
    return one.who != ADULT and one.carer in carers and not one.apart


def place(
    movers: Sequence[Mover], household: str, rooms: Sequence[Room], carers: Mapping[str, str]
) -> dict[str, str] | None:
    """Case -> room: with the carer who is there already; all others in one where possible, else each carer
    with whom they care for.

    :param carers: case of a carer who is there, or on the way -> room; none of `left_apart` is among them.
    None: there is no bed for each of them so. Where they go to several rooms it is the largest group first,
    which finds a way in all but contrived houses; an officer who sees one names the room.
    """
    beside = {one.case_id: carers[one.carer or ""] for one in movers if _stays_with(one, carers)}
    for room_id in beside.values():
        rooms = [room.with_held(1, household) if room.room_id == room_id else room for room in rooms]
    others = [one for one in movers if one.case_id not in beside]
    found = _place(others, household, rooms) if others else {}
    return None if found is None else beside | found


def _place(movers: Sequence[Mover], household: str, rooms: Sequence[Room]) -> dict[str, str] | None:
    if room_id := _best(sum(one.beds for one in movers), household, rooms):
        return {one.case_id: room_id for one in movers}
    placed: dict[str, str] = {}
    left = list(rooms)
    for group in sorted(
        _groups(movers), key=lambda group: (-sum(one.beds for one in group), group[0].case_id)
    ):
        beds = sum(one.beds for one in group)
        room_id = _best(beds, household, left)
        if room_id is None:
            return None
        placed |= {one.case_id: room_id for one in group}
        left = [room.with_held(beds, household) if room.room_id == room_id else room for room in left]
    return placed


def _groups(movers: Sequence[Mover]) -> list[list[Mover]]:
    """Each adult of these with whom they care for; whoever's carer is not among these alone."""
    groups = {one.case_id: [one] for one in movers if one.who == ADULT}
    for one in movers:
        if one.who != ADULT:
            groups.setdefault(one.carer if one.carer in groups else one.case_id, []).append(one)
    return list(groups.values())


def _best(beds: int, household: str, rooms: Sequence[Room]) -> str | None:
    """The room for so many: where their own are, where no others are, suited, and the smallest that fits."""
    fitting = [room for room in rooms if room.free >= beds]
    if not fitting:
        return None
    best = min(
        fitting,
        key=lambda room: (
            household not in room.households,
            bool(room.households - {household}),
            room.families != (beds > 1),
            room.free,
            room.room_id,
        ),
    )
    return best.room_id


@dataclass(frozen=True, slots=True)
class Naming:
    """Another carer of somebody who is there, or on the way, as an officer names them.

    :param carer: the case of an adult who is there.
    :param carer_named: an adult who has no case comes to them, named in words.
    :param takes_bed: whether that one needs a bed.
    :param dependants: of that one, what becomes of those who depend on them; None: not said.
    :param minded_by: whether it is said in words who minds those who stay.
    """

    carer: str | None = None
    carer_named: bool = False
    takes_bed: bool = True
    dependants: str | None = None
    minded_by: bool = False


def faults_of_naming(named: Naming, adults: Set[str]) -> list[Fault]:
    """What stands against this carer, each with what is possible instead.

    :param adults: cases of adults of the household who are there; of who is on the way, also who is, too.
    """
    if named.carer and named.carer_named:
        return [Fault("carer_named", "not_of_this", "name one carer: somebody who is there, or another")]
    if named.carer:
        return list(_faults_of_who_is_there(named, adults))
    if not named.carer_named:
        message = "name an adult of theirs who is in that centre, or one who comes to them"
        return [Fault("carer", "needs_carer", message)]
    if named.dependants is None:
        message = "say who minds those who depend on the carer: nobody does, or who minds them"
        return [Fault("dependants", "missing", message)]
    if named.dependants == MINDED and not named.minded_by:
        return [Fault("minded_by", "missing", "name who minds those who stay, or name another carer")]
    if named.minded_by and named.dependants != MINDED:
        return [Fault("minded_by", "not_of_this", "it is said that nobody stays behind who must be minded")]
    return []


def _faults_of_who_is_there(named: Naming, adults: Set[str]) -> Iterable[Fault]:
    if named.carer not in adults:
        message = (
            "the carer must be an adult of their household who is in that centre: or move one there first"
        )
        yield Fault("carer", "no_such_carer", message)
    if named.dependants or named.minded_by:
        yield Fault("dependants", "not_of_this", "of an adult who is there that was said as they were moved")


def beside(
    own: Room, beds: int, household: str, rooms: Sequence[Room], with_room: str | None, *, takes_bed: bool
) -> tuple[str, int] | None:
    """The room of whoever has another carer now, and how many beds are theirs in it; None: there is none.

    :param own: the room in which they are, with these `beds`.
    :param with_room: that of the carer; None: the carer comes to them, with or without a bed.
    """
    if with_room == own.room_id:
        return own.room_id, 1
    if with_room is not None:
        return next(((with_room, 1) for room in rooms if room.room_id == with_room and room.free), None)
    wanted = 2 if takes_bed else 1
    if own.free + beds >= wanted:
        return own.room_id, wanted
    best = _best(wanted, household, rooms)
    return (best, wanted) if best else None


def may_be_admitted(who: str, carer: str | None, adults_there: Set[str]) -> bool:
    """Nobody who cannot be alone is admitted before their carer, unless one goes along who has no case.

    :param adults_there: cases of who is admitted, or is being admitted with them.
    """
    return who == ADULT or carer is None or carer in adults_there


def free_beds(centres: Iterable[tuple[str, Sequence[Room]]]) -> str:
    """By name of the centre, in words: what is possible."""
    free = [
        f"{name}: room {room.room_id} has {room.free}"
        for name, of_it in sorted(centres, key=lambda centre: centre[0])
        for room in of_it
        if room.free
    ]
    return "; ".join(free[:10]) or "no bed is free anywhere"
