"""Open cases as officers and workers see them in lists, and one case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Date, Select, String, and_, bindparam, func, select, true
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, Condition, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds, within
from contracts.faults import Fault, Refused
from field.days import local_day
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.at_home import CARER_SEALED_AS, home_carers
from services.isolation.cases.tables import cases
from services.isolation.teams.tables import places

_C = cases.c
LIVING: Final = func.coalesce(_C.household_id, _C.case_id.cast(String))
"""The household a case is of; whoever is named alone is one."""
_DAY: Final = re.compile("[0-9]{1,3}", re.ASCII)
_DAY_ZERO: Final[BindParameter[date]] = bindparam("day_zero", type_=Date)
PERSON = (
    Column("name", "name", sealed="person"),
    Column("phone", "phone", sealed="person"),
    Column("address", "address", sealed="person"),
)
"""What is shown of whom a case is about; sealed in the column `person`."""

FACTS = (
    "case_id",
    "version",
    "state",
    "measure",
    "days",
    "counted_from",
    "release_on",
    "risk_level",
    "household_id",
    "district",
    "street",
    "community",
    "grid",
    "owner",
    "unassigned_since",
    "opened_at",
    "closed_at",
)
"""Columns of a case that stand in every list of cases."""


def in_scope(conn: Connection, scope: Scope | Bounds) -> ColumnElement[bool]:
    """Cases that somebody may see: of their places, or of their own household."""
    levels = {"street": _C.street, "community": _C.community, "grid": _C.grid}
    return within(conn, scope, places, levels, households=(_C.household_id, _C.case_id))


def _open_cases(conn: Connection, scope: Bounds) -> Select[Any]:
    columns = [_C[name] for name in (*FACTS, "person")]
    return select(*columns).where(_C.closed_at.is_(None), in_scope(conn, scope))


def _on_day(value: str | None) -> ColumnElement[bool]:
    """Those of which today is day n of the measure, as `policies/counting.py` counts."""
    return true() if value is None else and_(_C.counted_from == _DAY_ZERO, _C.days > 0)


def _day_zero(asked: Asked, value: str) -> dict[str, date]:
    if not _DAY.fullmatch(value):
        raise Refused.invalid([Fault("day", "no_number", "must be a number of days")])
    return {_DAY_ZERO.key: local_day(asked.now, asked.zone) - timedelta(days=int(value))}


def _case(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    """One that the author reaches, or that is given to them, or to whoever they go for."""
    if not is_id(id):
        return None
    columns = [_C[name] for name in (*FACTS, "person", "team")]
    reached = in_scope(conn, scope).label("reached")
    row = conn.execute(select(*columns, reached).where(_C.case_id == id)).mappings().one_or_none()
    if row is None:
        return None
    found = dict(row) | {"home_carer": home_carers(conn, [id]).get(id)}
    team = {staff_id for _, staff_id in found.pop("team")}
    return found if found.pop("reached") or not team.isdisjoint(scope.staff) else None


OPEN_CASES = ListQuery(
    "open_cases",
    about="case",
    id="case_id",
    definition="people whose case is open, at the places where you may see cases; households are those that "
    "a report names together, and whoever is named alone",
    rows=_open_cases,
    columns=(*(Column(name) for name in FACTS), *PERSON),
    sorts=(
        Sort("newest", ("case_id",), descending=True),
        Sort("release", ("release_on", "case_id"), few=True),
    ),
    filters=("state", "measure", "risk_level", "owner", "district"),
    conditions={"day": Condition(_on_day, _day_zero)},
    places=("grid", "community", "street"),
    households="household_id",
)
CASE = ThingQuery(
    "case",
    find=_case,
    columns=(
        *(Column(name) for name in FACTS),
        *PERSON,
        Column("identity_number", "number", sealed="person"),
        Column("home_carer", "contact", sealed="home_carer", purpose=CARER_SEALED_AS),
    ),
)
