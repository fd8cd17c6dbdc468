"""Needs are read from their table here, each with where it stands by its task."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from services.isolation.needs.rules import state_of
from services.isolation.needs.tables import needs
from services.isolation.plans.acts import DONE, NOT_POSSIBLE, WAIVED
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import MEDICAL_NEED

_N, _K = needs.c, tasks.c
COLUMNS: Final = (
    *(_N.need_id, _N.case_id, _N.people, _N.kind, _N.text, _N.days_left, _N.needs_cold, _N.at, _N.told),
    *(_N.how, _N.withdrawn_at, _N.source, _N.task_id),
    *(_K.state.label("task_state"), _K.kind.label("task_kind"), _K.due_by, _K.staff_id, _K.acts),
)
"""Of a need and of its task."""
SEALED_AS: Final = "note"


@dataclass(frozen=True, slots=True)
class Need:
    """A need as it stands.

    :param text: sealed.
    :param settled_at: when it was met, withdrawn, or when an officer decided that it is not met.
    :param because: why it was not possible.
    """

    need_id: str
    case_id: str
    people: tuple[str, ...]
    kind: str
    text: str | None
    days_left: int | None
    needs_cold: bool
    at: datetime
    due_by: datetime
    urgent: bool
    state: str
    staff_id: str | None
    told: tuple[str, ...]
    seen_at: datetime | None
    settled_at: datetime | None
    how: str | None
    because: str | None
    source: str
    task_id: str


def needs_with_tasks() -> Select[Any]:
    return select(*COLUMNS).join_from(needs, tasks, _K.task_id == _N.task_id)


def needs_of(conn: Connection, case_ids: Collection[str]) -> list[Need]:
    """Those of these cases, the newest first."""
    rows = needs_with_tasks().where(is_in(conn, _N.case_id, case_ids)).order_by(_N.at.desc(), _N.need_id)
    return read(conn.execute(rows)) if case_ids else []


def read(rows: Iterable[Row[Any]]) -> list[Need]:
    return [_need(row) for row in rows]


def text_of(uow: UnitOfWork, need: Need) -> str | None:
    """What was written; None: nothing, or with a key that is gone."""
    try:
        return str(uow.sealer.unseal(need.text, SEALED_AS)) if need.text else None
    except SealBroken:
        return None


def _need(row: Row[Any]) -> Need:
    acts = acts_from(row.acts) if row.acts else None
    seen_at = acts.seen_at if acts else None
    settled = acts.last(DONE) or acts.last(WAIVED) if acts else None
    not_possible = acts.last(NOT_POSSIBLE) if acts else None
    state = state_of(row.task_state, seen=seen_at is not None, withdrawn=row.withdrawn_at is not None)
    return Need(
        need_id=row.need_id,
        case_id=row.case_id,
        people=tuple(row.people),
        kind=row.kind,
        text=row.text,
        days_left=row.days_left,
        needs_cold=row.needs_cold,
        at=row.at,
        due_by=row.due_by,
        urgent=row.task_kind == MEDICAL_NEED,
        state=state,
        staff_id=row.staff_id,
        told=tuple(row.told),
        seen_at=seen_at,
        settled_at=row.withdrawn_at or (settled.at if settled else None),
        how=row.how,
        because=not_possible.because if not_possible else None,
        source=row.source,
        task_id=row.task_id,
    )
