"""What people who followed an arrival said of it, over all that reports say: their acts, folded.

The order of the acts decides (when each happened), never the order in which they came in. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final, Literal

from services.registration.arrivals.coming import Coming, when
from services.registration.arrivals.voices import ComingWords, best, voices_of
from services.registration.persons.person import Person
from services.registration.persons.phones import same_phone
from services.registration.places.placing import Placement
from services.registration.reports.statement import Statement

Reached = Literal["contacted", "verified", "unreachable", "not_here", "merged"]
"""Contacted: reached. Verified: seen in person. Unreachable: after three attempts on two days. Not here: it
has ended, until somebody reports again that they came, or finds them. Merged: it is the same as another.
"""

ATTEMPTS: Final = 3
ON_DAYS: Final = 2

MENDED: Final = "mended"
"""The act that says what is right in place of what reports say."""
TAKEN_BACK: Final = "taken_back"
"""The act that takes another of the same author back: both count for nothing."""
SETTLED: Final = "settled"
"""The act of an officer who says what became of somebody whom nobody found."""
PLACED: Final = "placed"
"""The act of an officer who says in which place the arrival lies."""
SAME_AS: Final = "same_as"
"""The act of an officer who says that this arrival is another one: it is followed as that one alone."""
ABSORBED: Final = "absorbed"
"""Said of that other one: what was told and said of the first counts for it, too."""
TRANSFER_REQUESTED: Final = "transfer_requested"
"""The act of an officer who asks another community to take somebody over: nothing follows from it yet."""
TRANSFER_ACCEPTED: Final = "transfer_accepted"
"""The act of an officer of that other one: they belong there from now on, at the door that was named."""
TRANSFER_REFUSED: Final = "transfer_refused"
TRANSFER_WITHDRAWN: Final = "transfer_withdrawn"
NOT_HERE: Final = "not_here"
"""It ends the following at once. That somebody is missing stays a matter until an officer has settled it."""
_OF_ONE_DOOR: Final = frozenset({NOT_HERE, SETTLED, PLACED, "no_answer", "not_yet_come", "no_such_door"})
"""What is true of the door or the phone at which it was said, and of no other one of the same person."""
_FOUND: Final = ("contacted", "verified")
_TO_SETTLE: Final = ("no_such_door", "lives_elsewhere", "wrong_number", "this_is_not_me")
"""Outcomes that somebody must settle: they open a matter, which stands on a list with a clock."""
_SETTLED_BY: Final[Mapping[str, frozenset[str]]] = {
    "contacted": frozenset({"unreachable", NOT_HERE}),
    "verified": frozenset({"unreachable", "no_such_door", "lives_elsewhere", "this_is_not_me", NOT_HERE}),
    "not_yet_come": frozenset({"unreachable", "no_such_door", "lives_elsewhere", NOT_HERE}),
    "phone": frozenset({"unreachable", "wrong_number"}),
    "door": frozenset({"unreachable", "no_such_door", "lives_elsewhere"}),
    "name": frozenset({"this_is_not_me"}),
    PLACED: frozenset({"lives_elsewhere"}),
}


def _nowhere(division: str, address: str) -> Placement:
    return Placement()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that somebody said of an arrival.

    :param what: an outcome of `arrival.followed`, `mended`, `placed`, `settled`, `same_as`, `absorbed`,
        `taken_back`, or what became of a transfer.
    :param at: when it happened, and `day` that day in the jurisdiction's time zone.
    :param moment: when they came, or by their own word will come.
    :param mended: what is right from now on: name, phone, language, division, address.
    :param place: finds the doorstep of a division and an address, by the place table as it is now.
    :param wrong_phone: a number that is not the person's.
    :param put: of `placed` and `transfer_accepted`: where the place lies by the place table as it is now;
        None: it is there no more.
    :param takes_back: of `taken_back`: the number of the other.
    :param other: of `same_as` and `absorbed`: the other arrival. Of `transfer_accepted`: the one as which
        they were followed by then, and with which they moved.
    :param leaves: of `transfer_accepted`: the community that they leave, or where they lie in none, the
        street, by the place table as it is now; None: nobody knows, or it is there no more.
    """

    number: int
    what: str
    at: datetime
    day: date
    moment: datetime | None = None
    mended: Mapping[str, str] = field(default_factory=dict)
    place: Callable[[str, str], Placement] = _nowhere
    wrong_phone: str | None = None
    put: Placement | None = None
    takes_back: int | None = None
    other: str | None = None
    leaves: Placement | None = None

    @property
    def is_lent(self) -> bool:
        """It was said of an arrival that turned out to be this one."""
        return self.number < 0

    @property
    def settles(self) -> Iterable[str]:
        """The matters that somebody need not settle any more."""
        yield from _SETTLED_BY.get(self.what, ())
        for name, matters in (("phone", "phone"), ("address", "door"), ("name", "name")):
            if name in self.mended:
                yield from _SETTLED_BY[matters]

    @property
    def says_they_came(self) -> bool:
        return self.what == "verified" or (
            self.what == "contacted" and self.moment is not None and self.moment <= self.at
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """
    :param attempts: to reach them, since they were reached last.
    :param to_settle: the matters that somebody must settle, each with the time since when.
    """

    reached: Reached | None = None
    attempts: int = 0
    to_settle: Mapping[str, datetime] = field(default_factory=dict)


def in_order(acts: Iterable[Act]) -> tuple[Act, ...]:
    return tuple(sorted(acts, key=lambda act: (act.at, act.number)))


def that_count(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Without those that were taken back."""
    acts = tuple(acts)
    back = {act.takes_back for act in acts} - {None}
    return tuple(act for act in acts if act.what != TAKEN_BACK and act.number not in back) if back else acts


def same_as(acts: Iterable[Act]) -> str | None:
    """The arrival that this one is; None: it is one of its own."""
    return next((act.other for act in that_count(acts) if act.what == SAME_AS), None)


def absorbed(acts: Iterable[Act]) -> list[str]:
    """The arrivals that turned out to be this one."""
    return [act.other for act in that_count(acts) if act.what == ABSORBED and act.other]


def lent(acts: Iterable[Act]) -> tuple[Act, ...]:
    """Of an arrival that turned out to be another one: what counts for that one. Numbers are its own.

    That nobody is found at the wrong door does not end whoever is followed at the right one.
    """
    return tuple(replace(act, number=-act.number) for act in that_count(acts) if not _stays(act))


def that_lead_on(acts: Sequence[Act], coming: Coming, arrival_id: str) -> tuple[Act, ...]:
    """Without the transfers of another arrival by which nobody moves who is where this one is: it was another
    community that they left, and nobody has looked whether they go on from here.

    :param acts: in order, with those that are lent.
    :param coming: as the statements say, folded.
    :param arrival_id: of this one. With whom it moved, it stays.
    """
    left_out: list[Act] = []
    for act in that_count(acts):
        moves = act.other == arrival_id or _leads_on(act, coming.placement)
        if act.is_lent and act.what == TRANSFER_ACCEPTED and not moves:
            left_out.append(act)
        else:
            coming = _door_after(coming, act)
    return tuple(act for act in acts if not any(act is one for one in left_out))


def _leads_on(act: Act, here: Placement) -> bool:
    return any(lies_at(here, place) for place in (act.leaves, act.put) if place)


def lies_at(here: Placement, place: Placement) -> bool:
    """Whether it is of the place's community; of a street alone, whether it is known of both to lie there."""
    if place.community is None:
        return here.community is None and here.street is not None and here.street == place.street
    return here.community == place.community


def _stays(act: Act) -> bool:
    if act.what == "lives_elsewhere":
        return "address" not in act.mended
    return act.what in _OF_ONE_DOOR or act.what in (SAME_AS, ABSORBED)


def standing_of(acts: Sequence[Act], statements: Sequence[Statement]) -> Standing:
    """
    :param acts: in order.
    :param statements: of the arrival's reports. That they came, said after they were not found, counts.
    """
    acts = that_count(acts)
    if any(act.what == SAME_AS for act in acts):
        return Standing("merged")
    reached: Literal["contacted", "verified"] | None = None
    ended: datetime | None = None
    attempts: list[date] = []
    open_since: dict[str, datetime] = {}
    for place, act in enumerate(acts):
        for matter in act.settles:
            open_since.pop(matter, None)
        if act.what in ("contacted", "no_answer") and _before_they_came(act, acts[:place], statements):
            continue  # whoever was phoned before they came is still to be met when they have come
        if act.what in _FOUND:
            reached = "verified" if "verified" in (act.what, reached) else "contacted"
            ended, attempts = None, []
        elif act.what in (NOT_HERE, SETTLED):
            since = open_since.get(NOT_HERE, act.at)  # said twice, the clock runs on
            reached, ended, attempts = None, act.at, []
            open_since = {NOT_HERE: since} if act.what == NOT_HERE else {}
        elif act.what == "not_yet_come":
            reached, ended, attempts = None, None, []
        elif act.what == "no_answer" and reached is None:
            attempts.append(act.day)
            if len(attempts) >= ATTEMPTS and len(set(attempts)) >= ON_DAYS:
                open_since.setdefault("unreachable", act.at)
        elif act.what in _TO_SETTLE and not (act.what == "lives_elsewhere" and "address" in act.mended):
            open_since.setdefault(act.what, act.at)
        if "phone" in act.mended or "address" in act.mended:
            attempts = []
    if ended is not None and not _came_since(ended, statements):
        return Standing("not_here", 0, open_since)
    if "unreachable" in open_since:
        return Standing("unreachable", len(attempts), open_since)
    return Standing(reached, len(attempts), open_since)


def _before_they_came(act: Act, earlier: Sequence[Act], statements: Sequence[Statement]) -> bool:
    """Whether they were only expected when it was done, by what had been said until then.

    :param earlier: the acts before it, in order.
    """
    if act.says_they_came:
        return False
    known = [said for said in statements if said.order[0] <= act.at]
    expected = all(said.report.expected for said in known or statements)
    for one in earlier:
        if one.what == "not_yet_come":
            expected = not _came_since(one.at, known)
        elif one.says_they_came:
            expected = False
    return expected


def _came_since(moment: datetime, statements: Iterable[Statement]) -> list[Statement]:
    return [said for said in statements if not said.report.expected and said.order[0] > moment]


def amended(coming: Coming, acts: Sequence[Act], statements: Sequence[Statement]) -> Coming:
    """
    :param coming: as the statements say, folded.
    :param acts: in order.
    """
    acts = that_count(acts)
    coming = _person_amended(coming, acts, statements)
    coming = _time_amended(coming, acts, statements)
    if standing_of(acts, statements).reached in ("not_here", "merged"):
        return replace(coming, not_coming=True)
    return coming


def wrong_phones(acts: Iterable[Act]) -> frozenset[str]:
    """The numbers that are not the person's, in one form; one that was mended to since is."""
    wrong: set[str] = set()
    for act in acts:
        if act.wrong_phone:
            wrong.add(same_phone(act.wrong_phone))
        if phone := act.mended.get("phone"):
            wrong.discard(same_phone(phone))
    return frozenset(wrong)


def _person_amended(coming: Coming, acts: Sequence[Act], statements: Sequence[Statement]) -> Coming:
    coming = _door_amended(coming, acts)
    right: dict[str, str] = {}
    for act in acts:
        right |= act.mended
    wrong = wrong_phones(acts)
    voices = voices_of(statements) if wrong else ()

    def phone_of(person: Person | None) -> str | None:
        phone = person.phone if person else None
        return phone if phone and same_phone(phone) not in wrong else None

    phone, contact = coming.person.phone, coming.contact
    if wrong:
        phone = best("phone", voices, lambda said: phone_of(said.person))
        contact = best("phone", voices, lambda said: _reachable(said.report.contact_of(said.position), wrong))
    phone = right.get("phone") or phone
    return replace(
        coming,
        person=replace(coming.person, name=right.get("name") or coming.person.name, phone=phone),
        contact=None if phone else contact,
        language=right.get("language") or coming.language,
    )


def _door_amended(coming: Coming, acts: Sequence[Act]) -> Coming:
    """A division or an address that is not named again is that of before.

    An address that says of no community leaves them in the one of before, where no division is named with it.
    The address of before says nothing of a division elsewhere.
    """
    for act in acts:
        coming = _door_after(coming, act)
    return coming


def _door_after(coming: Coming, act: Act) -> Coming:
    if act.what == TRANSFER_ACCEPTED:
        return _taken_over(coming, act)
    if act.put is not None:
        coming = replace(coming, placement=act.put)
    if not act.mended.keys() & {"division", "address"}:
        return coming
    division = act.mended.get("division") or coming.division
    address = act.mended.get("address") or coming.address
    elsewhere = "address" not in act.mended and not _one_in_other(division, coming.division)
    found, before = act.place(division, "" if elsewhere else address), coming.placement
    if not (found.community or "division" in act.mended) and found.street in (None, before.street):
        found = before
    return replace(coming, division=division, address=address, placement=found)


def _taken_over(coming: Coming, act: Act) -> Coming:
    """At the new door, in the grid that its address names, where that lies in the place that took over."""
    division = act.mended.get("division") or coming.division
    address = act.mended.get("address") or coming.address
    found, put = act.place(division, address), act.put or coming.placement
    inside = [one for one in (found, coming.placement) if _lies_in(one, put)]
    placement = next((one for one in inside if one.grid), inside[0] if inside else put)
    return replace(coming, division=division, address=address, placement=placement)


def _lies_in(one: Placement, place: Placement) -> bool:
    same = (one.street, one.community) == (place.street, place.community)
    return same and place.grid in (None, one.grid)


def _one_in_other(division: str, other: str) -> bool:
    return division.startswith(other) or other.startswith(division)


def _reachable(person: Person | None, wrong: frozenset[str]) -> Person | None:
    return person if person and person.phone and same_phone(person.phone) not in wrong else None


def _time_amended(coming: Coming, acts: Sequence[Act], statements: Sequence[Statement]) -> Coming:
    """Whoever was at the door, or phoned them, knows best whether and when they come or came."""
    for act in acts:
        if act.what == "not_yet_come":
            came = _came_since(act.at, statements)
            if came:
                coming = replace(coming, expected=False, arrived_at=when(ComingWords(came)).report.arrived_at)
            else:
                coming = replace(coming, expected=True, arrived_at=act.moment or coming.arrived_at)
        elif act.says_they_came:
            if coming.expected:
                coming = replace(coming, expected=False, arrived_at=act.moment or act.at)
            elif act.moment:
                coming = replace(coming, arrived_at=act.moment)
        elif coming.expected and act.moment and not _announced_since(act.at, statements):
            coming = replace(coming, arrived_at=act.moment)
    return coming


def _announced_since(moment: datetime, statements: Iterable[Statement]) -> bool:
    return any(said.report.expected and said.order[0] > moment for said in statements)
