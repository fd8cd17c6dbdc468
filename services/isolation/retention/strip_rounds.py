"""Rounds of tests that are closed lose what is known of their people; where they stood is counted on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import or_, select, text, update
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.unit_of_work import UnitOfWork
from field.days import day_begins
from services.isolation.reference import current
from services.isolation.retention.rules import AT_LEAST
from services.isolation.rounds.tables import round_acts, round_people, test_rounds
from services.isolation.tests.tables import awaited_people

_A, _P, _R = round_acts.c, round_people.c, test_rounds.c


def strip_in_rounds(conn: Connection, case_ids: Collection[str]) -> None:
    """Of people whose case is stripped, also while a round is open."""
    if not case_ids:
        return
    of_cases = is_in(conn, _P.case_id, case_ids)
    a = awaited_people.c
    awaited = update(awaited_people).where(a.person_id.in_(select(_P.person_id).where(of_cases)))
    conn.execute(awaited.values(identity=None))
    conn.execute(update(round_people).where(of_cases).values(person=None, building=""))


def strip_rounds(uow: UnitOfWork, today: date) -> int:
    """One a turn, after the longest term of all policies: a register has people without a case. Returns how
    many.
    """
    policies = current(uow).policies.by_id.values()
    longest = max((timedelta(days=policy.retention_days) for policy in policies), default=AT_LEAST)
    before = day_begins(today, uow.zone) - max(longest, AT_LEAST)
    # A literal, so that the planner sees that the partial index holds all of them.
    closed = text("closed_at IS NOT NULL AND stripped_at IS NULL")
    old = select(_R.round_id).where(closed, _R.closed_at < before).order_by(_R.closed_at)
    rows = uow.take(old, _R.round_id, 1)
    for row in rows:
        held = or_(_P.person.is_not(None), _P.building != "")
        people = update(round_people).where(_P.round_id == row.round_id, held)
        uow.conn.execute(people.values(person=None, building=""))
        these = select(_P.person_id).where(_P.round_id == row.round_id)
        awaited = update(awaited_people).where(awaited_people.c.person_id.in_(these))
        uow.conn.execute(awaited.values(identity=None))
        acts = update(round_acts).where(_A.round_id == row.round_id, _A.note.is_not(None))
        uow.conn.execute(acts.values(note=None))
        of_it = update(test_rounds).where(_R.round_id == row.round_id)
        uow.conn.execute(of_it.values(closed_because=None, stripped_at=uow.now))
    return len(rows)
