"""Import places."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from chassis.database.statements import upsert_rows
from chassis.unit_of_work import UnitOfWork
from services.registration.places.place_file import PlaceRow, read_places
from services.registration.places.tables import places
from services.registration.reference.counts import counts
from services.registration.reference.versions import VERSIONS

_PLACE_FIELDS = ("parent", "level", "name", "aliases", "division", "kind", "removed")


def import_places(uow: UnitOfWork, text: str) -> dict[str, int]:
    """A whole places.csv, or BadInput and nothing. Places that the file does not name stay as they are."""
    VERSIONS.mark_changed(uow.conn, "places")
    stored = {row.place_id: row for row in uow.conn.execute(select(places))}
    given = read_places(text, {row.place_id: row.level for row in stored.values() if not row.removed})
    changed = [
        {**fields, "place_id": one.place_id, "version": old.version + 1 if old is not None else 1}
        for one in given
        for old, fields in [(stored.get(one.place_id), _place_fields(one))]
        if old is None or any(_plain(getattr(old, name)) != _plain(fields[name]) for name in _PLACE_FIELDS)
    ]
    upsert_rows(uow.conn, places, changed, key=["place_id"], set=[*_PLACE_FIELDS, "version"])
    for row in changed:
        data = {name: value for name, value in row.items() if name != "version"}
        uow.record("place.changed", row["place_id"], row["version"], data, cause=None)
    return counts(len(given), changed)


def _place_fields(one: PlaceRow) -> dict[str, Any]:
    return {
        "parent": one.parent,
        "level": one.level,
        "name": one.name,
        "aliases": list(one.aliases),
        "division": one.division,
        "kind": one.kind,
        "removed": False,
    }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
