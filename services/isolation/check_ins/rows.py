"""Check-ins are read from their table and written to it here."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select
from sqlalchemy.engine import Connection, Row

from chassis.database.statements import insert_rows, is_in, is_one_of, listed
from chassis.database.types import UtcDateTime
from services.isolation.check_ins.check_in import CheckIn
from services.isolation.check_ins.tables import check_ins as table

_SINCE = (
    select(table)
    .where(is_one_of(table.c.case_id, "case_ids"), table.c.at >= bindparam("since", type_=UtcDateTime))
    .order_by(table.c.at, table.c.version)
)
_KNOWN = select(table.c.check_in_id).where(is_one_of(table.c.check_in_id, "ids"))


def known(conn: Connection, ids: Collection[str]) -> set[str]:
    """Those of these ids that are written down."""
    return set(conn.execute(_KNOWN, {"ids": listed(ids)}).scalars()) if ids else set()


def with_corrections(conn: Connection, ids: Collection[str]) -> dict[str, list[CheckIn]]:
    """By the id of the first one: these check-ins, or those that they correct, with all corrections."""
    if not ids:
        return {}
    c = table.c
    named = conn.execute(select(c.check_in_id, c.corrects).where(is_in(conn, c.check_in_id, ids)))
    originals = {corrects or id for id, corrects in named}
    these = or_(is_in(conn, c.check_in_id, originals), is_in(conn, c.corrects, originals))
    found: dict[str, list[CheckIn]] = {}
    for row in conn.execute(select(table).where(these).order_by(c.version)):
        check_in = _check_in(row)
        found.setdefault(check_in.original, []).append(check_in)
    return found


def check_ins_since(conn: Connection, case_ids: Collection[str], at: datetime) -> list[list[CheckIn]]:
    """Those of these cases taken since then, in order, each with its corrections."""
    if not case_ids:
        return []
    found: dict[str, list[CheckIn]] = {}
    for row in conn.execute(_SINCE, {"case_ids": listed(case_ids), "since": at}):
        check_in = _check_in(row)
        found.setdefault(check_in.original, []).append(check_in)
    return [sorted(one, key=lambda check_in: check_in.version) for one in found.values()]


def insert_check_ins(conn: Connection, check_ins: Sequence[CheckIn]) -> None:
    insert_rows(conn, table, [_row(check_in) for check_in in check_ins])


def _check_in(row: Row[Any]) -> CheckIn:
    return CheckIn(
        check_in_id=row.check_in_id,
        case_id=row.case_id,
        corrects=row.corrects,
        version=row.version,
        at=row.at,
        received_at=row.received_at,
        temperature=row.temperature,
        symptoms=tuple(row.symptoms),
        how_known=row.how_known,
        note=row.note,
        by=row.source,
        event_id=row.event_id,
        task_id=row.task_id,
        late=row.late,
        why_abnormal=tuple(row.abnormal.split(",")) if row.abnormal else (),
        alarm_task_id=row.alarm_task_id,
        told=tuple(row.told),
    )


def _row(check_in: CheckIn) -> dict[str, Any]:
    return {
        "check_in_id": check_in.check_in_id,
        "case_id": check_in.case_id,
        "corrects": check_in.corrects,
        "version": check_in.version,
        "at": check_in.at,
        "received_at": check_in.received_at,
        "temperature": check_in.temperature,
        "symptoms": list(check_in.symptoms),
        "how_known": check_in.how_known,
        "note": check_in.note,
        "source": check_in.by,
        "event_id": check_in.event_id,
        "task_id": check_in.task_id,
        "late": check_in.late,
        "abnormal": ",".join(check_in.why_abnormal),
        "alarm_task_id": check_in.alarm_task_id,
        "told": list(check_in.told),
    }
