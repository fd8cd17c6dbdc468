"""Import places: a whole file is stored or nothing, and each new or changed place is announced."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.places.place_file import PLACE_COLUMNS, PlaceRow, read_places
from services.registration.places.tables import places
from services.registration.reference.imported_tables import counts
from services.registration.reference.versions import VERSIONS

_SET = [*(name for name in PLACE_COLUMNS if name != "place_id"), "removed", "version"]


def import_places(uow: UnitOfWork, text: str) -> dict[str, int]:
    """Places that the file does not name stay as they are. Raises Refused with every fault of the file."""
    VERSIONS.mark_changed(uow.conn, "places")
    stored = {row.place_id: row for row in uow.conn.execute(select(places))}
    given = read_places(text, {row.place_id: row.level for row in stored.values() if not row.removed})
    rows = [
        _row(place, stored.get(place.place_id))
        for place in given
        if _differs(place, stored.get(place.place_id))
    ]
    upsert_rows(uow.conn, places, rows, key=["place_id"], set=_SET)
    for row in rows:
        data = {name: value for name, value in row.items() if name != "version"}
        uow.record("place.changed", row["place_id"], row["version"], data, cause=None)
    return counts(len(given), (row["version"] for row in rows))


def _differs(place: PlaceRow, stored: Any) -> bool:
    if stored is None or stored.removed:
        return True
    columns = {name: getattr(stored, name) for name in PLACE_COLUMNS}
    return place != PlaceRow(**columns | {"aliases": tuple(stored.aliases)})


def _row(place: PlaceRow, stored: Any) -> dict[str, Any]:
    return asdict(place) | {"removed": False, "version": stored.version + 1 if stored is not None else 1}
