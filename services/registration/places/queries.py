"""The places there are."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from services.registration.places.placing import Place, PlaceIndex
from services.registration.places.tables import places


def read_place_index(conn: Connection) -> PlaceIndex:
    rows = conn.execute(select(places).where(places.c.removed.is_(False)))
    return PlaceIndex(
        Place(row.place_id, row.parent, row.level, row.name, tuple(row.aliases), row.division) for row in rows
    )
