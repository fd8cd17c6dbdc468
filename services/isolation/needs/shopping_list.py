"""What is to be bought or fetched for households, and where it is to be left."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Column, Lookup
from chassis.doors.showing import shown
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import day_begins, local_day
from field.scope import Scope
from services.isolation.cases.tables import cases
from services.isolation.contacts.tables import contacts
from services.isolation.needs.lists import open_needs
from services.isolation.needs.rows import COLUMNS, read
from services.isolation.needs.rules import MOST_DAYS, NOT_POSSIBLE, OPEN
from services.isolation.needs.shown import shown_need
from services.isolation.needs.tables import needs
from services.isolation.plans.tables import tasks

BOUGHT: Final = ("food", "medicine", "other")
"""Kinds of need that somebody carries to a door."""
MOST: Final = 300
_C = cases.c
_ADDRESS: Final = (Column("address", "address", sealed="person"),)


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """:param data: `day`: what is to be there by the end of that day, with what is overdue; left out, today.

    Returns `needs` with the `address` and the `marks` of their households, by their clocks; no name. `more`:
    whether there are others beyond these.
    """
    day = _day(data.get("day"), asked)
    ends = day_begins(day + timedelta(days=1), asked.zone)
    wanted = open_needs(uow.conn, scope, *COLUMNS, _C.person, _C.household_id).where(
        needs.c.kind.in_(BOUGHT), tasks.c.state != NOT_POSSIBLE, tasks.c.due_by < ends
    )
    rows = uow.conn.execute(wanted.order_by(tasks.c.due_by, needs.c.need_id).limit(MOST + 1)).all()
    told = _marks(uow, {row.household_id or row.case_id for row in rows})
    listed = []
    for need, row in zip(read(rows[:MOST]), rows, strict=False):
        household = row.household_id or row.case_id
        door = shown({"person": row.person}, _ADDRESS, uow.sealer, asked.zone, purpose="person", in_full=True)
        one = shown_need(uow, asked, need, own=True) | door
        listed.append(one | {"household": household, "marks": told.get(household, [])})
    return {
        "as_of": asked.now.astimezone(asked.zone).isoformat(),
        "day": day.isoformat(),
        "more": len(rows) > MOST,
        "needs": [one for one in listed if one["state"] in OPEN],
    }


def _day(said: object, asked: Asked) -> date:
    today = local_day(asked.now, asked.zone)
    if said is None:
        return today
    try:
        day = date.fromisoformat(str(said))
    except ValueError:
        raise Refused.invalid([Fault("day", "no_day", "must be a day as in 2022-10-01")]) from None
    if abs(day - today).days > MOST_DAYS:
        message = f"must be at most {MOST_DAYS} days from today"
        raise Refused.invalid([Fault("day", "out_of_range", message)])
    return day


def _marks(uow: UnitOfWork, households: set[str]) -> dict[str, list[str]]:
    """What whoever goes to their doors must know."""
    c = contacts.c
    rows = uow.conn.execute(select(c.household, c.marks).where(is_in(uow.conn, c.household, households)))
    return {household: marks or [] for household, marks in rows}


def _people(document: Mapping[str, Any]) -> set[str]:
    return {case_id for one in document["needs"] for case_id in one["people"]}


SHOPPING_LIST = Lookup("shopping_list", _find, own=_people, about="case")
