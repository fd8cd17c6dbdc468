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
    """Choices of one unit of work.

    :param case_ids: of the cases that choose; they are locked.
    """

    def __init__(self, uow: UnitOfWork, case_ids: Collection[str]) -> None:
        self._conn = uow.conn
        self._chosen_at = _chosen_at(uow.conn, case_ids) if case_ids else {}
        self._new: dict[str, tuple[str, datetime]] = {}

    def choose(self, case_id: str, language: str, at: datetime) -> bool:
        """Whether it is the last choice of the case: a later one may have come before."""
        before = self._chosen_at.get(case_id)
        if before is not None and before > at:
            return False
        self._chosen_at[case_id] = at
        self._new[case_id] = (language, at)
        return True

    def write(self) -> None:
        rows = [
            {"case_id": case_id, "language": language, "at": at}
            for case_id, (language, at) in sorted(self._new.items())
        ]
        upsert_rows(self._conn, table, rows, key=["case_id"], set=["language", "at"])


def _chosen_at(conn: Connection, case_ids: Collection[str]) -> dict[str, datetime]:
    """When those of these cases chose that chose before."""
    stored = select(table.c.case_id, table.c.at).where(is_in(conn, table.c.case_id, case_ids))
    return {case_id: at for case_id, at in conn.execute(stored)}
