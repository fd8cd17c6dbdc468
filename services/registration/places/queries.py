"""The places of the jurisdiction."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.registration.places.placing import Place, PlaceIndex
from services.registration.places.tables import places


def read_place_index(conn: Connection) -> PlaceIndex:
    rows = conn.execute(select(places).where(places.c.removed.is_(False)))
    return PlaceIndex(
        Place(row.place_id, row.parent, row.level, row.name, tuple(row.aliases), row.division) for row in rows
    )


def place_ids(conn: Connection) -> frozenset[str]:
    return frozenset(conn.execute(select(places.c.place_id).where(places.c.removed.is_(False))).scalars())


def place_names(conn: Connection, ids: Collection[str | None]) -> dict[str, str]:
    wanted = sorted({id for id in ids if id})
    query = select(places.c.place_id, places.c.name).where(is_in(conn, places.c.place_id, wanted))
    return {row.place_id: row.name for row in conn.execute(query)}
