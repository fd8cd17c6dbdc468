"""Import places: a whole file is stored or nothing, and each new or changed place is announced."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.imported_tables import counts
from services.registration.places.place_file import ENDING_COLUMNS, PLACE_COLUMNS, PlaceRow, read_places
from services.registration.places.tables import places
from services.registration.reference.versions import VERSIONS

_SET = [
    *(name for name in PLACE_COLUMNS if name != "place_id"),
    "removed", "successor", "ended_at", "look_at", "version",
]  # fmt: skip
_OWN = ("version", "ended_at", "look_at")


def import_places(uow: UnitOfWork, text: str) -> dict[str, int]:
    """Places that the file does not name stay as they are. Raises Refused with every fault of the file.

    The arrivals of a place that ends are placed anew by a timer (`assign_waiting`), page by page.
    """
    VERSIONS.mark_changed(uow.conn, "places")
    stored = {row.place_id: row for row in uow.conn.execute(select(places))}
    given = read_places(text, {row.place_id: row.level for row in stored.values() if not row.removed})
    wanted = [_as_stored(place, stored.get(place.place_id)) for place in given]
    rows = [
        _row(uow, place, stored.get(place.place_id))
        for place in wanted
        if _differs(place, stored.get(place.place_id))
    ]
    upsert_rows(uow.conn, places, rows, key=["place_id"], set=_SET)
    for row in rows:
        data = {name: value for name, value in row.items() if name not in _OWN}
        uow.record("place.changed", row["place_id"], row["version"], data, cause=None)
    return counts(len(given), (row["version"] for row in rows))


def _as_stored(place: PlaceRow, stored: Any) -> PlaceRow:
    """Where the file does not say whether the place has ended, it stays as it was."""
    if place.removed is None:
        ended = stored is not None and stored.removed
        return replace(place, removed=ended, successor=stored.successor if ended else None)
    return place


def _differs(place: PlaceRow, stored: Any) -> bool:
    if stored is None:
        return True
    columns = {name: getattr(stored, name) for name in (*PLACE_COLUMNS, *ENDING_COLUMNS)}
    return place != PlaceRow(**columns | {"aliases": tuple(stored.aliases)})


def _row(uow: UnitOfWork, place: PlaceRow, stored: Any) -> dict[str, Any]:
    ended_at = (stored.ended_at if stored is not None else None) or uow.now
    return asdict(place) | {
        "version": stored.version + 1 if stored is not None else 1,
        "ended_at": ended_at if place.removed else None,
        "look_at": uow.now if place.removed else None,
    }
