"""Find likenesses: arrivals of others that may be about the person whom a statement is about.

What a statement tells is kept as keyed digests (see `persons/likeness.py`), and the others are looked up by
them, all statements of a unit of work at once. Replicas take turns from the look-up to the commit: of two
statements that are alike, whichever is written later finds the other, in whatever order they came.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy.engine import Connection

from chassis.database.statements import find_rows, insert_rows
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.open_pairs import drop_pairs, take_turn
from services.registration.arrivals.pairs import Doubt, Pairs, add_pairs, pair_of
from services.registration.arrivals.statement_keys import keys_of_statements
from services.registration.persons.claims import Keys
from services.registration.persons.likeness import KEYS, Traits, are_alike, are_many
from services.registration.persons.tables import likenesses
from services.registration.persons.traits import traits_of
from services.registration.places.placing import PlaceIndex
from services.registration.reports.read_statements import read_statements
from services.registration.reports.statement import Order, Statement, Told

_COLUMNS: Final = ("arrival_id", "at", "who", "name_birth", "phone", "number_head", "number_tail", "beside")

_RARE: Final = ("number_head", "number_tail", "beside")


class _Bearers(NamedTuple):
    """Those who bear one key: kept ones, and those of this unit of work."""

    kept: list[Traits]
    new: list[Traits]

    def were_many(self) -> bool:
        return are_many(self.kept)

    def are_many(self) -> bool:
        return are_many((*self.kept, *self.new))


Found = Mapping[tuple[str, int], _Bearers]
"""(one of KEYS, digest) -> its bearers, where there are several."""

PersonOf = Mapping[str, str]
"""arrival id -> person id, as far as it is known: nobody is asked about two arrivals of one person."""
_NOBODY: Final[PersonOf] = {}


def find_likenesses(
    uow: UnitOfWork,
    places: PlaceIndex,
    drafts: Iterable[Draft],
    keys: Mapping[Order, Keys],
    person_of: PersonOf,
) -> Pairs:
    """Keep what the new statements of these arrivals tell, and find whom it is like.

    :param keys: those of each new statement, by its order.
    """
    return find_alike(uow, places, list(_new(uow, drafts, keys)), person_of)


def find_alike(
    uow: UnitOfWork, places: PlaceIndex, new: Sequence[Traits], person_of: PersonOf = _NOBODY
) -> Pairs:
    """:returns: also pairs of one person that are not in `person_of`, or of one household."""
    if not new:
        return {}
    take_turn(uow.conn)
    found = _look_up(uow.conn, new)
    pairs = _pairs(new, found, person_of)
    _keep(uow.conn, new, {key for key, bearers in found.items() if bearers.were_many()})
    for (name, _), bearers in found.items():
        if bearers.kept and bearers.are_many() and not bearers.were_many():
            ids = sorted({traits.arrival_id for traits in bearers.kept})
            drop_pairs(uow.conn, KEYS[name], ids)
            again = list(told_of(uow, places, ids))  # what else they have in common
            add_pairs(pairs, _pairs(again, _look_up(uow.conn, again)))
    return pairs


def told_of(uow: UnitOfWork, places: PlaceIndex, arrival_ids: Sequence[str]) -> Iterator[Traits]:
    """What all statements about these arrivals tell."""
    for arrival_id, said in sorted(_statements(uow, places, arrival_ids).items()):
        told = {(one.person, one.report.arrived_at): one for one in said.statements}
        for (_, at), one in told.items():
            (keys,) = keys_of_statements(uow.index, [one])
            if traits := traits_of(uow.index, arrival_id, at, keys, _doorstep(one)):
                yield traits


def _statements(uow: UnitOfWork, places: PlaceIndex, arrival_ids: Sequence[str]) -> dict[str, Told]:
    """Without those of arrivals of which a report no longer opens, for its key is lost."""
    try:
        return read_statements(uow, places, arrival_ids)
    except SealBroken:
        if len(arrival_ids) == 1:
            return {}
    return {id: said for one in arrival_ids for id, said in _statements(uow, places, [one]).items()}


def _new(uow: UnitOfWork, drafts: Iterable[Draft], keys: Mapping[Order, Keys]) -> Iterator[Traits]:
    """What the new statements of each arrival tell, unless an earlier one told the same."""
    for draft in drafts:
        known = {(said.person, said.report.arrived_at) for said in draft.earlier} if draft.earlier else set()
        is_only = not known and len(draft.new) == 1
        for said in draft.new:
            person, at = said.person, said.report.arrived_at
            if not is_only:
                if (person, at) in known:
                    continue
                known.add((person, at))
            if traits := traits_of(uow.index, draft.arrival_id, at, keys[said.order], _doorstep(said)):
                yield traits


def _doorstep(said: Statement) -> str:
    """Cheap, for it is made of every statement: addresses are written in many ways, communities in one."""
    return said.placement.community or f"{said.report.division} {said.report.address}"


def _look_up(conn: Connection, new: Collection[Traits]) -> Found:
    bearers: dict[str, dict[int, list[Traits]]] = {}
    for name in KEYS:
        of_name = bearers[name] = {}
        for traits in new:
            value = getattr(traits, name)
            if value is not None:
                of_name.setdefault(value, []).append(traits)
    wanted = {name: set(of_name) for name, of_name in bearers.items()}
    wanted["number_head"] |= {traits.crossed[0] for traits in new if traits.crossed}
    kept = {Traits(*row) for row in find_rows(conn, likenesses, _COLUMNS, wanted)}
    found = {
        (name, value): _Bearers([], told)
        for name, of_name in bearers.items()
        for value, told in of_name.items()
        if len(told) > 1
    }
    for traits in kept:
        for name, values in wanted.items():
            value = getattr(traits, name)
            if value in values:
                key = name, value
                if key not in found:
                    found[key] = _Bearers([], bearers[name].get(value, []))
                found[key].kept.append(traits)
    for traits in new:
        if traits.crossed and traits.crossed[0] in bearers["number_head"]:
            head = traits.crossed[0]
            found.setdefault(("number_head", head), _Bearers([], bearers["number_head"][head]))
    return found


def _pairs(new: Iterable[Traits], found: Found, person_of: PersonOf = _NOBODY) -> Pairs:
    pairs: Pairs = {}
    telling = {key: bearers for key, bearers in found.items() if not bearers.are_many()}
    for (name, _), bearers in telling.items():
        theirs: dict[str | None, list[Traits]] = {}
        for other in (*bearers.kept, *bearers.new):
            theirs.setdefault(person_of.get(other.arrival_id), []).append(other)
        for one in bearers.new:
            own = person_of.get(one.arrival_id)
            for person, others in theirs.items():
                if person is not None and person == own:
                    continue
                for other in others:
                    if are_alike(name, one, other):
                        _add(pairs, one, other, KEYS[name])
    if not telling:
        return pairs
    for one in new:
        head, tail = one.crossed or (None, None)
        across = telling.get(("number_head", head)) if head is not None else None
        for other in (*across.kept, *across.new) if across else ():
            if other.number_tail == tail and are_alike("number_head", one, other):
                _add(pairs, one, other, KEYS["number_head"])
    return pairs


def _add(pairs: Pairs, one: Traits, other: Traits, why: str) -> None:
    add_pairs(pairs, {pair_of(one.arrival_id, other.arrival_id): Doubt(why)})


def _keep(conn: Connection, new: Iterable[Traits], of_many: Collection[tuple[str, int]]) -> None:
    """A key of many is not kept again: the first ones show that there are many."""
    rows: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    for traits in new:
        row = dict(zip(_COLUMNS, traits, strict=False))
        if of_many:
            row |= {name: None for name in KEYS if (name, row[name]) in of_many}
            if all(row[name] is None for name in KEYS):
                continue
        is_rare = traits.number_head is not None or traits.beside is not None
        if not is_rare:  # nearly all; an empty column costs every row
            for name in _RARE:
                del row[name]
        rows[is_rare].append(row)
    for of_kind in rows.values():
        insert_rows(conn, likenesses, of_kind)
