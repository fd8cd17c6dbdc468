"""How many cases and tasks there are, by measure and by kind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import count_by
from services.isolation.cases.tables import cases
from services.isolation.plans.tables import tasks


@dataclass(frozen=True, slots=True)
class Counts:
    """:param cases: by measure; `tasks` by kind."""

    cases: dict[str, int]
    tasks: dict[str, int]


def how_many_cases(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(cases)).scalar_one()


def counts(conn: Connection) -> Counts:
    return Counts(count_by(conn, cases.c.measure), count_by(conn, tasks.c.kind))
