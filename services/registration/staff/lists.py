"""The staff who work at the places of whoever asks, and below."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, select, true
from sqlalchemy.engine import Connection

from chassis.doors.declared import Column, Condition, ListQuery, Sort
from chassis.doors.within import Bounds
from services.registration.places.lists import INSIDE, at_or_below, inside
from services.registration.staff.tables import staff

_S = staff.c
_FACTS = ("staff_id", "role", "place", "language", "active", "replaced_by", "version")
_TIMES = ("away_from", "away_to", "deputy", "duty_from", "duty_to")


def _staff(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = [_S[name] for name in (*_FACTS, *_TIMES, "sealed")]
    return select(*columns).where(at_or_below(conn, scope, _S.place))


def _at_place(place: str | None) -> ColumnElement[bool]:
    return true() if place is None else inside(_S.place)


STAFF = ListQuery(
    "staff",
    about="staff",
    id="staff_id",
    definition="members of staff at your places and below, those who have left among them",
    rows=_staff,
    columns=(
        *(Column(name) for name in (*_FACTS, *_TIMES)),
        Column("name", "name", sealed="sealed"),
        Column("phone", "phone", sealed="sealed"),
    ),
    sorts=(Sort("id", ("staff_id",)),),
    filters=("staff_id", "role"),
    conditions={"place": Condition(_at_place, lambda _asked, place: {INSIDE.key: place})},
)
