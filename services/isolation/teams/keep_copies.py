"""Places and staff are registration's; isolation keeps what it needs of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Table, select

from chassis.database.statements import insert_rows, is_in, upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.reference import PLACES, STAFF, changed


def keep_places(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """The newest version of each place wins, whatever came first."""
    rows = {e.data["place_id"]: _place(e.data, e.version) for e in sorted(events, key=lambda e: e.version)}
    if _keep(uow, t.places, "place_id", rows):
        changed(uow.conn, PLACES)


def keep_staff(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """The newest version of each staff member wins. Cases that wait for somebody are assigned by a timer."""
    rows = {e.data["staff_id"]: _member(e.data, e.version) for e in sorted(events, key=lambda e: e.version)}
    newer = _keep(uow, t.staff, "staff_id", rows)
    if newer:
        loads = [{"staff_id": staff_id, "cases": 0} for staff_id in newer]
        insert_rows(uow.conn, t.staff_load, loads, ignore_conflicts=True)
        changed(uow.conn, STAFF)


def _keep(uow: UnitOfWork, table: Table, key: str, rows: Mapping[str, dict[str, Any]]) -> list[str]:
    """Write what is newer than what is there. Returns its keys, sorted."""
    conn = uow.conn
    column = table.c[key]
    blank = [rows[name] for name in sorted(rows)]
    # Rows are there before they are compared, so two replicas with two versions meet on the lock.
    fresh = {name for (name,) in insert_rows(conn, table, blank, ignore_conflicts=True, returning=[key])}
    others = [name for name in sorted(rows) if name not in fresh]
    known = conn.execute(
        select(column, table.c.version).where(is_in(conn, column, others)).order_by(column).with_for_update()
    )
    older = {name for name, version in known if version < rows[name]["version"]}
    columns = [c.name for c in table.c if c.name != key]
    upsert_rows(conn, table, [rows[name] for name in sorted(older)], key=[key], set=columns)
    return sorted(fresh | older)


def _place(data: Mapping[str, Any], version: int) -> dict[str, Any]:
    names = ("place_id", "parent", "level", "name", "division", "removed")
    return {**{name: data[name] for name in names}, "version": version}


def _member(data: Mapping[str, Any], version: int) -> dict[str, Any]:
    names = ("staff_id", "role", "place", "active", "person", "language")
    return {**{name: data[name] for name in names}, "version": version}
