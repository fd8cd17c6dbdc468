"""Every place is said again, for services whose copy is new."""

from typing import Any, Final

from sqlalchemy import Row

from chassis.copies import Announcement
from contracts.reference.schemas import PlaceChanged
from services.registration.places.tables import places

_FIELDS = [name for name in PlaceChanged().fields if name in places.c]


def _as_said(row: Row[Any]) -> dict[str, Any]:
    return {name: row._mapping[name] for name in _FIELDS}


PLACES: Final = Announcement("place.changed", places, _as_said)
