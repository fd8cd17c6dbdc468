"""Whoever is released is stopped at gates until their health code is set back: somebody is to say so."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.release.tables import codes_to_set_back as table


def await_codes(uow: UnitOfWork, released: Collection[str]) -> None:
    """Their codes are to be set back, from now on; a row that an earlier release left counts anew, too."""
    rows = [{"case_id": case_id, "since": uow.now} for case_id in sorted(released)]
    upsert_rows(uow.conn, table, rows, key=["case_id"], set=["since"])


def awaited_codes(conn: Connection, case_ids: Collection[str]) -> set[str]:
    """Those of these cases whose code nobody has said to be set back."""
    waiting = select(table.c.case_id).where(is_in(conn, table.c.case_id, case_ids))
    return set(conn.execute(waiting).scalars())


def await_codes_no_more(conn: Connection, case_ids: Collection[str]) -> None:
    """Somebody said that the codes of these are set back, or nothing is known of the people any more."""
    delete_rows(conn, table, [{"case_id": case_id} for case_id in sorted(case_ids)], key=["case_id"])
