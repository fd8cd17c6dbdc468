"""What may be read of check-ins."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from field.scope import Scope
from services.isolation.cases.lists import in_scope
from services.isolation.cases.tables import cases
from services.isolation.check_ins.rules import seen_at
from services.isolation.check_ins.tables import check_ins as table
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks


@dataclass(frozen=True, slots=True)
class CheckInRead:
    """A check-in or a correction of one, as it was said.

    :param corrects: of a correction, the check-in whose values no longer count.
    :param temperature: in degrees Celsius.
    :param abnormal: why it is; empty: it is not.
    :param seen_at: of an abnormal one, when somebody took its task or had done it.
    """

    check_in_id: str
    corrects: str | None
    at: datetime
    received_at: datetime
    temperature: float | None
    symptoms: tuple[str, ...]
    how_known: str
    late: bool
    abnormal: tuple[str, ...]
    seen_at: datetime | None


def check_ins_of(conn: Connection, scope: Scope, case_id: str, most: int = 100) -> list[CheckInRead]:
    """Those of a case within the scope, the newest first. :param case_id: an id of ours."""
    c = table.c
    rows = conn.execute(
        select(table, tasks.c.acts)
        .join_from(table, cases, cases.c.case_id == c.case_id)
        .outerjoin(tasks, tasks.c.task_id == c.alarm_task_id)
        .where(c.case_id == case_id, in_scope(conn, scope))
        .order_by(c.at.desc(), c.version.desc())
        .limit(most)
    )
    return [
        CheckInRead(
            check_in_id=row.check_in_id,
            corrects=row.corrects,
            at=row.at,
            received_at=row.received_at,
            temperature=None if row.temperature is None else row.temperature / 10,
            symptoms=tuple(row.symptoms),
            how_known=row.how_known,
            late=row.late,
            abnormal=tuple(row.abnormal.split(",")) if row.abnormal else (),
            seen_at=seen_at(acts_from(row.acts) if row.acts else None),
        )
        for row in rows
    ]
