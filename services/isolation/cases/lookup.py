"""Finding cases by an id of theirs or of a task, and telling how long they are followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Select, Table, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.cases.tables import cases
from services.isolation.plans.tables import tasks


@dataclass(frozen=True, slots=True)
class Followed:
    """How a case is followed."""

    has_owner: bool
    days: int
    release_on: date | None


def case_with_id(conn: Connection, id: str) -> str | None:
    """The case's id, which is its arrival's, from the id of the case or of one of its tasks."""
    for column, answer in ((cases.c.case_id, cases.c.case_id), (tasks.c.task_id, tasks.c.case_id)):
        found = conn.execute(select(answer).where(column == id)).scalar_one_or_none()
        if found:
            return str(found)
    return None


def due_cases(beside: Table, due: Column[Any], now: datetime, *columns: Any) -> Select[Any]:
    """Cases of which a row beside them says that it is time to look, the longest due first, locked, without
    those that another replica holds. For `UnitOfWork.take`.

    :param due: of that table: the time of the field from which on it is looked.
    :param columns: of both.
    """
    rows = select(*columns).join(beside, beside.c.case_id == cases.c.case_id)
    return rows.where(due <= now).order_by(due).with_for_update(of=cases, skip_locked=True)


def followed(conn: Connection, case_ids: Sequence[str]) -> dict[str, Followed]:
    """Of those that have a case."""
    c = cases.c
    rows = conn.execute(
        select(c.case_id, c.owner, c.days, c.release_on).where(is_in(conn, c.case_id, case_ids))
    )
    return {row.case_id: Followed(row.owner is not None, row.days, row.release_on) for row in rows}
