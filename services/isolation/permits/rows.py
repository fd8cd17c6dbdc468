"""Permits are read from their tables here, each with where it stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Select, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from services.isolation.permits.passages import Course
from services.isolation.permits.rules import REFUSED, Outing, state_of
from services.isolation.permits.tables import outings, permits
from services.isolation.plans import states
from services.isolation.plans.tables import tasks

_P, _K, _O = permits.c, tasks.c, outings.c
COLUMNS: Final = (
    *(_P.permit_id, _P.case_id, _P.people, _P.kind, _P.asked, _P.at, _P.begins, _P.ends, _P.told),
    *(_P.decision, _P.decided_at, _P.said, _P.version, _P.withdrawn_at, _P.source, _P.task_id),
    *(_K.state.label("task_state"), _K.due_by, _K.staff_id),
)
"""Of a permit and of its task."""
SEALED_AS: Final = "person"


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to go out as it stands.

    :param asked: sealed: where, why, how.
    :param said: sealed, of the decision: reason, escort, how; None: nobody decided yet.
    :param outings: in their order.
    :param courses: what became of each; as long as anybody is out, they are out.
    """

    permit_id: str
    case_id: str
    people: tuple[str, ...]
    kind: str
    asked: str
    at: datetime
    outings: tuple[Outing, ...]
    courses: tuple[Course, ...]
    due_by: datetime
    reviewed: bool
    state: str
    staff_id: str | None
    told: tuple[str, ...]
    decided_at: datetime | None
    said: str | None
    version: int
    source: str
    task_id: str

    @property
    def ends(self) -> datetime:
        return self.outings[-1].ends


def permits_with_tasks() -> Select[Any]:
    return select(*COLUMNS).join_from(permits, tasks, _K.task_id == _P.task_id)


def permits_of(conn: Connection, case_ids: Collection[str]) -> list[Permit]:
    """Those of these cases, the newest first."""
    if not case_ids:
        return []
    rows = permits_with_tasks().where(is_in(conn, _P.case_id, case_ids))
    return read(conn, conn.execute(rows.order_by(_P.at.desc(), _P.permit_id)).all())


def read(conn: Connection, rows: Sequence[Row[Any]]) -> list[Permit]:
    of_permit = _outings(conn, [row.permit_id for row in rows])
    return [_permit(row, of_permit[row.permit_id]) for row in rows]


def outings_taken(conn: Connection, case_ids: Collection[str], after: datetime) -> list[Outing]:
    """Outings of these people that end after a moment and were neither refused nor taken back."""
    live = _P.withdrawn_at.is_(None) & (_P.decision.is_(None) | (_P.decision != REFUSED))
    theirs = select(_O.begins, _O.ends).distinct().join(permits, _P.permit_id == _O.permit_id)
    rows = conn.execute(theirs.where(is_in(conn, _O.case_id, case_ids), _O.ends > after, live))
    return [Outing(begins, ends) for begins, ends in rows]


def opened(uow: UnitOfWork, sealed: str | None) -> Mapping[str, Any]:
    """What was written; nothing with a key that is gone."""
    try:
        inside: Mapping[str, Any] = uow.sealer.unseal(sealed, SEALED_AS) if sealed else {}
    except SealBroken:
        return {}
    return inside


def _outings(conn: Connection, permit_ids: Iterable[str]) -> dict[str, dict[Outing, Course]]:
    """Of each, in their order: all who go have the same."""
    ids = list(permit_ids)
    found: dict[str, dict[Outing, Course]] = {id: {} for id in ids}
    if ids:
        columns = (_O.permit_id, _O.begins, _O.ends, _O.left_at, _O.back_at, _O.task_id)
        rows = select(*columns).where(is_in(conn, _O.permit_id, ids)).order_by(_O.permit_id, _O.number)
        for row in conn.execute(rows):
            of_it, outing = found[row.permit_id], Outing(row.begins, row.ends)
            course = Course(row.left_at, row.back_at, row.task_id is not None)
            known = of_it.get(outing)
            of_it[outing] = course if known is None else _together(known, course)
    return found


def _together(one: Course, other: Course) -> Course:
    """Of two people who go together."""
    late = one.late or other.late
    if one.is_out != other.is_out:
        still = one if one.is_out else other
        return Course(still.left_at, None, late)
    left = [at for at in (one.left_at, other.left_at) if at]
    back = [at for at in (one.back_at, other.back_at) if at]
    return Course(min(left, default=None), None if one.is_out else max(back, default=None), late)


def _permit(row: Row[Any], of_it: Mapping[Outing, Course]) -> Permit:
    return Permit(
        permit_id=row.permit_id,
        case_id=row.case_id,
        people=tuple(row.people),
        kind=row.kind,
        asked=row.asked,
        at=row.at,
        outings=tuple(of_it),
        courses=tuple(of_it.values()),
        due_by=row.due_by,
        reviewed=row.decision is not None,
        state=state_of(
            row.kind,
            row.decision,
            withdrawn=row.withdrawn_at is not None,
            dropped=row.task_state == states.CANCELLED,
        ),
        staff_id=row.staff_id,
        told=tuple(row.told),
        decided_at=row.decided_at,
        said=row.said,
        version=row.version,
        source=row.source,
        task_id=row.task_id,
    )
