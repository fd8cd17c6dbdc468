"""Find likenesses: arrivals of others that may be about the person whom a statement is about.

What a statement tells is kept as keyed digests (see `persons/likeness.py`), and the others are looked up by
them, all statements of a unit of work at once. Replicas take turns from the look-up to the commit: of two
statements that are alike, whichever is written later finds the other, in whatever order they came.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import ColumnElement, select, union_all
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.open_pairs import drop_pairs, take_turn
from services.registration.arrivals.pairs import Doubt, Pairs, add_pairs, pair_of
from services.registration.persons.likeness import (
    KEYS,
    Traits,
    are_near,
    is_borne_by_many,
    says_two_people,
)
from services.registration.persons.tables import likenesses
from services.registration.persons.traits import traits_of

_COLUMNS: Final = (
    "arrival_id", "at", "who", "is_resident", "name_birth", "phone", "number_head", "number_tail",
)  # fmt: skip

Key = tuple[str, int]
"""(one of KEYS, digest)."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What a statement told of an arrival."""

    arrival_id: str
    traits: Traits


@dataclass(slots=True)
class _Bearers:
    """Those who bear a key: kept ones, and those of this unit of work."""

    kept: list[_Told] = field(default_factory=list)
    new: list[_Told] = field(default_factory=list)

    def were_many(self) -> bool:
        return is_borne_by_many(told.traits for told in self.kept)

    def are_many(self) -> bool:
        return is_borne_by_many(told.traits for told in self.all())

    def all(self) -> Iterator[_Told]:
        yield from self.kept
        yield from self.new


def find_likenesses(uow: UnitOfWork, drafts: Iterable[Draft]) -> Pairs:
    """Keep what the new statements of these arrivals tell, and find whom it is like."""
    return find_alike(uow, list(_new(uow, drafts)))


def find_alike(uow: UnitOfWork, told: Iterable[tuple[str, Traits]]) -> Pairs:
    """
    :param told: (arrival id, traits); some may be kept already.
    :returns: also pairs of one person, or of one household.
    """
    new = [_Told(*one) for one in told]
    if not new:
        return {}
    take_turn(uow.conn)
    bearers = _look_up(uow.conn, new)
    pairs = _pairs(new, bearers)
    _keep(uow.conn, new, {key for key, found in bearers.items() if found.were_many()})
    for (name, _), found in bearers.items():
        if found.kept and found.are_many() and not found.were_many():
            ids = {told.arrival_id for told in found.kept}
            drop_pairs(uow.conn, KEYS[name], ids)
            again = _rows(uow.conn, [is_in(uow.conn, likenesses.c.arrival_id, sorted(ids))])
            add_pairs(pairs, _pairs(again, _look_up(uow.conn, again)))  # what else they have in common
    return pairs


def _new(uow: UnitOfWork, drafts: Iterable[Draft]) -> Iterator[tuple[str, Traits]]:
    """What the new statements of each arrival tell, unless an earlier one told the same."""
    for draft in drafts:
        known = {(said.person, said.report.arrived_at) for said in draft.earlier}
        for statement in draft.new:
            facts = statement.person, statement.report.arrived_at
            if facts in known:
                continue
            known.add(facts)
            traits = traits_of(uow.index, *facts)
            if traits is not None:
                yield draft.arrival_id, traits


def _look_up(conn: Connection, new: Collection[_Told]) -> Mapping[Key, _Bearers]:
    bearers: dict[Key, _Bearers] = defaultdict(_Bearers)
    wanted: dict[str, set[int]] = defaultdict(set)
    for told in new:
        for name in KEYS:
            value = told.traits.key(name)
            if value is not None:
                bearers[name, value].new.append(told)
                wanted[name].add(value)
        if told.traits.crossed:
            wanted["number_head"].add(told.traits.crossed[0])
    found = _rows(conn, [is_in(conn, likenesses.c[name], list(values)) for name, values in wanted.items()])
    for told in found:
        for name, values in wanted.items():
            value = told.traits.key(name)
            if value in values and value is not None:
                bearers[name, value].kept.append(told)
    return bearers


def _rows(conn: Connection, wanted: Sequence[ColumnElement[bool]]) -> Collection[_Told]:
    """Each condition is looked up in an index of its own."""
    columns = [likenesses.c[name] for name in _COLUMNS]
    rows = conn.execute(union_all(*(select(*columns).where(these) for these in wanted)))
    return {_Told(row[0], Traits(*row[1:])) for row in rows}


def _pairs(new: Iterable[_Told], bearers: Mapping[Key, _Bearers]) -> Pairs:
    pairs: Pairs = {}
    for (name, _), found in bearers.items():
        if (len(found.new) == 1 and not found.kept) or found.are_many():
            continue
        for one in found.new:
            for other in found.all():
                if are_near(one.traits, other.traits) and not says_two_people(name, one.traits, other.traits):
                    _add(pairs, one, other, KEYS[name])
    for one in new:
        head, tail = one.traits.crossed or (None, None)
        across = bearers.get(("number_head", head)) if head is not None else None
        if across is not None and not across.are_many():
            for other in across.all():
                if other.traits.number_tail == tail and are_near(one.traits, other.traits):
                    _add(pairs, one, other, KEYS["number_head"])
    return pairs


def _add(pairs: Pairs, one: _Told, other: _Told, why: str) -> None:
    if one.arrival_id != other.arrival_id:
        add_pairs(pairs, {pair_of(one.arrival_id, other.arrival_id): Doubt(why)})


def _keep(conn: Connection, new: Iterable[_Told], of_many: Collection[Key]) -> None:
    """A key of many is not kept again: the first ones show that there are many."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for told in new:
        traits = told.traits
        keys = {name: None if (name, traits.key(name)) in of_many else traits.key(name) for name in KEYS}
        if any(key is not None for key in keys.values()):
            rows[told.arrival_id, traits.told] = {
                "arrival_id": told.arrival_id,
                "told": traits.told,
                "at": traits.at,
                "who": traits.who,
                "is_resident": traits.is_resident,
                **keys,
            }
    insert_rows(conn, likenesses, list(rows.values()), ignore_conflicts=True)
