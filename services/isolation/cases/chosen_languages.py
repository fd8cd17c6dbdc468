"""The language that people chose for messages: it counts whatever a report says of them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.cases.tables import chosen_languages as table


def chosen(conn: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """The languages of those of these cases that chose one."""
    if not case_ids:
        return {}
    rows = conn.execute(
        select(table.c.case_id, table.c.language).where(is_in(conn, table.c.case_id, case_ids))
    )
    return {case_id: language for case_id, language in rows}


class ChosenLanguages:
    """Choices of one unit of work; the cases are locked."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._conn = uow.conn
        self._new: dict[str, tuple[str, datetime]] = {}

    def choose(self, case_id: str, language: str, at: datetime) -> bool:
        """Whether it is the last choice of the case: a later one may have come before."""
        before = self._new.get(case_id)
        if before is None:
            stored = select(table.c.language, table.c.at).where(table.c.case_id == case_id)
            row = self._conn.execute(stored).one_or_none()
            before = (row.language, row.at) if row else None
        if before is not None and before[1] > at:
            return False
        self._new[case_id] = (language, at)
        return True

    def write(self) -> None:
        rows = [
            {"case_id": case_id, "language": language, "at": at}
            for case_id, (language, at) in sorted(self._new.items())
        ]
        upsert_rows(self._conn, table, rows, key=["case_id"], set=["language", "at"])
