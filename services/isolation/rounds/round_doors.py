"""The doors at which somebody knocks in rounds of tests: who is missing there, where, and whom to visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Column, Lookup
from chassis.doors.showing import shown
from chassis.unit_of_work import UnitOfWork
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.lists import PERSON
from services.isolation.contacts.tables import contacts
from services.isolation.rounds.lists import people
from services.isolation.rounds.tables import MISSING, OPEN, round_people, test_rounds

MOST: Final = 600
_P, _R = round_people.c, test_rounds.c


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `person_id`, where one of them alone is asked for.

    Returns `people` who are missing in rounds that have begun, where whoever asks works, in full; `more`:
    whether there are others beyond these.
    """
    wanted = people(uow.conn, scope).where(MISSING, OPEN, _R.begins_at <= asked.now)
    if (id := data.get("person_id")) is not None:
        wanted = wanted.where(_P.person_id == (id if isinstance(id, str) and is_id(id) else None))
    rows = uow.conn.execute(wanted.order_by(_P.due_by, _P.person_id).limit(MOST + 1)).mappings().all()
    households = {row["household_id"] or row["case_id"] for row in rows if row["case_id"]}
    marks = _marks(uow, households)
    return {
        "as_of": asked.now.astimezone(asked.zone).isoformat(),
        "more": len(rows) > MOST,
        "people": [_person(uow, asked, row, marks) for row in rows[:MOST]],
    }


def _person(
    uow: UnitOfWork, asked: Asked, row: Mapping[Any, Any], marks: Mapping[str, list[str]]
) -> dict[str, Any]:
    columns = (*(Column(name) for name in _SHOWN), *PERSON)
    told = shown(row, columns, uow.sealer, asked.zone, purpose="person", in_full=True)
    return told | {"marks": marks.get(row["household_id"] or row["case_id"] or "", [])}


_SHOWN: Final = ("person_id", "round_id", "case_id", "building", "visit", "why", "ends_at")


def _marks(uow: UnitOfWork, households: set[str]) -> dict[str, list[str]]:
    """What whoever goes to their doors must know."""
    c = contacts.c
    known = select(c.household, c.marks).where(is_in(uow.conn, c.household, households))
    return {household: told or [] for household, told in uow.conn.execute(known)} if households else {}


def _seen(document: Mapping[str, Any]) -> set[str]:
    return {one["person_id"] for one in document["people"]}


ROUND_DOORS = Lookup("round_doors", _find, own=_seen, about="round_person")
