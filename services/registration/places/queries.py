"""The places of the jurisdiction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.registration.places.placing import Ended, Place, PlaceIndex
from services.registration.places.tables import places


def read_place_index(conn: Connection) -> PlaceIndex:
    rows = conn.execute(select(places).order_by(places.c.place_id)).all()
    return PlaceIndex(
        (_place(row) for row in rows if not row.removed),
        [Ended(_place(row), row.successor) for row in rows if row.removed],
    )


def _place(row: Row[Any]) -> Place:
    return Place(row.place_id, row.parent, row.level, row.name, tuple(row.aliases), row.division)


def place_ids(conn: Connection) -> frozenset[str]:
    """The places where somebody may work: those that go on, and those for which a successor answers."""
    wanted = places.c.removed.is_(False) | places.c.successor.is_not(None)
    return frozenset(conn.execute(select(places.c.place_id).where(wanted)).scalars())


def place_names(conn: Connection, ids: Collection[str | None]) -> dict[str, str]:
    wanted = sorted({id for id in ids if id})
    query = select(places.c.place_id, places.c.name).where(is_in(conn, places.c.place_id, wanted))
    return {row.place_id: row.name for row in conn.execute(query)}


def division_of(conn: Connection, place_ids: Sequence[str]) -> str | None:
    """The code of the first of these places that has one.

    :param place_ids: the nearest first.
    """
    columns = select(places.c.place_id, places.c.division).where(places.c.division.is_not(None))
    codes = {id: code for id, code in conn.execute(columns.where(is_in(conn, places.c.place_id, place_ids)))}
    return next((codes[id] for id in place_ids if id in codes), None)
