"""How timers take cases: a bounded number by their state, without those another replica holds.

Rows are taken as the index gives them: thousands fall due at the same moment, and sorting them for each
thousand would be slow. Nothing depends on how often or when a timer runs.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, select

from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.cases.arrival import chapter_in
from services.isolation.cases.casebook import Case, Casebook

CHUNK = 1000
"""How many cases or tasks one unit of work of a timer takes."""


def take(uow: UnitOfWork, wanted: ColumnElement[bool], order: ColumnElement[Any]) -> list[Case]:
    c = t.cases
    found = uow.conn.execute(
        select(c).where(wanted).order_by(order).limit(CHUNK).with_for_update(skip_locked=True)
    )
    return [t.as_dict(row) for row in found.mappings()]


def wanted(book: Casebook, cases: list[Case]) -> Any:
    for case in cases:
        stands = book.standing([chapter_in(stored) for stored in case["chapters"]], case["arrived_at"])
        yield book.roles_of(stands), book.places_of(case)
