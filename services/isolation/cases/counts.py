"""How many cases and tasks there are, by measure and by kind."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import count_by
from services.isolation.cases.tables import case_history, cases
from services.isolation.plans.tables import tasks

_HELD = ("held", "climbs")


@dataclass(frozen=True, slots=True)
class Counts:
    """:param cases: by measure; `tasks` by kind."""

    cases: dict[str, int]
    tasks: dict[str, int]


def acts(conn: Connection) -> dict[str, int]:
    """Lines of the cases' histories, by what they say; and how many tasks acknowledgements have held."""
    found = count_by(conn, case_history.c.what)
    told = select(case_history.c.detail).where(case_history.c.what == "overdue_acknowledged")
    tasks = [task for (detail,) in conn.execute(told) for task in detail["tasks"]]
    return found | {"tasks_acknowledged": sum(task["became"] in _HELD for task in tasks)}


def how_many_cases(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(cases)).scalar_one()


def counts(conn: Connection) -> Counts:
    return Counts(count_by(conn, cases.c.measure), count_by(conn, tasks.c.kind))
