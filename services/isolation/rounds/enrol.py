"""Whoever is followed at the place of a round belongs to it, whoever comes later too, and stays in it.

A clock looks who is there: opening a case writes nothing of rounds, and asks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import Row, Select, or_, select, text
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.addresses import building_of
from field.days import local_day
from field.documents import born_by
from field.places import PlaceTree
from field.scope import Scope
from services.isolation.cases.lists import in_scope
from services.isolation.cases.tables import cases
from services.isolation.contacts.tables import contacts
from services.isolation.rounds.rules import ANSWERED_WITHIN, MISSING, visited_as
from services.isolation.rounds.tables import round_people, test_rounds
from services.isolation.teams.rules import Place
from services.isolation.tests.tables import awaited_people

AT_ONCE: Final = 500
_PEOPLE: Final = UUID("0d0f5f6e-7d5e-4a35-9f0b-5b0a3f0f9f11")
_C, _P, _R = cases.c, round_people.c, test_rounds.c


def places_of(tree: PlaceTree[Place], place: str) -> frozenset[str]:
    """The place of a round, and those that go with it where places have ended."""
    now = tree.now(place) or place
    return frozenset({place, now, *(gone for gone in tree.ended if tree.now(gone) == now)})


def enrol(uow: UnitOfWork, round: Row[Any], places: frozenset[str]) -> int:
    """Some of those who were followed there since the round was opened, and do not stand in it yet.

    :param round: a row of `test_rounds` that is open. Returns how many it found.
    """
    found = 0
    for wanted in _who_is_not_in(uow.conn, round, places):
        rows = uow.take(wanted, _C.case_id, AT_ONCE - found)
        _insert(uow, round, rows)
        found += len(rows)
    return found


def _who_is_not_in(conn: Connection, round: Row[Any], places: frozenset[str]) -> Sequence[Select[Any]]:
    """First those who are followed, then those whose case ended before anybody looked."""
    names = ("case_id", "person", "identity", "household_id", "street", "community", "grid")
    columns = [_C[name] for name in names]
    of_it = select(_P.person_id).where(_P.case_id == _C.case_id, _P.round_id == round.round_id)
    in_time = (_C.opened_at <= round.ends_at) & or_(_C.moved_at.is_(None), _C.moved_at <= round.ends_at)
    there = select(*columns).where(in_scope(conn, Scope(places)), ~of_it.exists(), in_time)
    # Literals, so that the planner sees that the partial index holds all of them.
    has_ended = text("cases.closed_at IS NOT NULL AND cases.version > 0")
    ended = there.where(has_ended, _C.closed_at >= max(round.opened_at, round.begins_at))
    return there.where(_C.closed_at.is_(None)).order_by(_C.case_id), ended.order_by(_C.closed_at)


def _insert(uow: UnitOfWork, round: Row[Any], rows: Sequence[Row[Any]]) -> None:
    rows = _without_registered(uow, round, rows)
    marks = _marks(uow.conn, [row.household_id or row.case_id for row in rows])
    today = local_day(uow.now, uow.zone)
    people = []
    for row in sorted(rows, key=lambda row: row.case_id):
        building, born = _door_and_birth(uow, row.person)
        people.append(
            {
                "person_id": str(uuid5(_PEOPLE, f"{round.round_id}\n{row.case_id}")),
                "round_id": round.round_id,
                "case_id": row.case_id,
                "person": None,
                "building": building,
                "visit": visited_as(born, marks.get(row.household_id or row.case_id, ()), today),
                "street": row.street,
                "community": row.community,
                "grid": row.grid,
                "state": MISSING,
                "why": None,
                "tested_at": None,
                "due_by": round.ends_at + ANSWERED_WITHIN,
                "look_at": uow.now,
            }
        )
    insert_rows(uow.conn, round_people, people, ignore_conflicts=True)


def _without_registered(uow: UnitOfWork, round: Row[Any], rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Who stands there by a register, under the same number, has a case now, and is there once."""
    numbers = {row.identity for row in rows if row.identity}
    a, of_round = awaited_people.c, (_P.round_id == round.round_id) & _P.case_id.is_(None)
    known = select(a.identity, a.person_id).join(round_people, _P.person_id == a.person_id)
    found = known.where(is_in(uow.conn, a.identity, numbers), of_round)
    registered = {row.identity: row.person_id for row in uow.conn.execute(found)} if numbers else {}
    left, linked = [], []
    for row in rows:
        if person_id := registered.pop(row.identity, None):
            linked.append({"person_id": person_id, "case_id": row.case_id, "look_at": uow.now})
        else:
            left.append(row)
    update_rows(uow.conn, round_people, linked, key=["person_id"], set=["case_id", "look_at"])
    return left


def _marks(conn: Connection, households: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """What whoever goes to a door must know, of the households of which something was said."""
    known = select(contacts.c.household, contacts.c.marks)
    rows = conn.execute(known.where(is_in(conn, contacts.c.household, set(households))))
    return {household: marks or () for household, marks in rows} if households else {}


def _door_and_birth(uow: UnitOfWork, sealed: str) -> tuple[str, date | None]:
    """The building, "" where it cannot be read, and the day of birth, where it is known."""
    try:
        person = uow.sealer.unseal(sealed)
    except SealBroken:  # of a key that is gone
        return "", None
    born = born_by(person.get("identity_type"), person.get("identity_number"))
    said = person.get("birth_date")
    if born is None and said:
        born = date.fromisoformat(said)
    return building_of(person.get("address") or "") or "", born
