"""Rounds of tests and who is missing in them, as officers and whoever knocks at the doors see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column as TableColumn
from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import AROUND, Bounds, bounds, within
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases.lists import PERSON
from services.isolation.cases.tables import cases
from services.isolation.rounds.rules import MISSING
from services.isolation.rounds.tables import MISSING as STILL_MISSING
from services.isolation.rounds.tables import OPEN, round_people, test_rounds
from services.isolation.teams.tables import places

_C, _P, _R = cases.c, round_people.c, test_rounds.c
_LEVELS: Final = ("street", "community", "grid")
_OF_ROUND: Final = ("round_id", *_LEVELS, "begins_at", "ends_at", "version", "opened_at", "closed_at")
_STATE: Final = case((_R.closed_at.is_(None), "open"), else_="closed").label("state")
_OF_PERSON: Final = (
    *("person_id", "round_id", "case_id", "building", "visit", "state", "why", "tested_at", "due_by"),
    *_LEVELS,
)


def rounds_in_scope(conn: Connection, scope: Scope | Bounds) -> ColumnElement[bool]:
    """Rounds of places that somebody answers for."""
    return within(conn, scope, places, {level: _R[level] for level in _LEVELS})


def people_in_scope(conn: Connection, scope: Scope | Bounds) -> ColumnElement[bool]:
    """People where somebody works. Of whom no grid is known, those of all grids of the community knock."""
    columns: dict[str, TableColumn[Any]] = {level: _P[level] for level in _LEVELS}
    found = bounds(conn, scope, places)
    beside = found.one_of(conn, _P.community, AROUND)
    return or_(within(conn, found, places, columns), and_(_P.grid.is_(None), beside))


def people(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    """Those of all rounds, each with what is known of them: by the register, or by their case."""
    columns = [_P[name] for name in _OF_PERSON]
    sealed = func.coalesce(_P.person, _C.person).label("person")
    joined = select(*columns, sealed, _R.begins_at, _R.ends_at, _C.household_id)
    joined = joined.select_from(round_people).join(test_rounds, _R.round_id == _P.round_id)
    return joined.outerjoin(cases, _C.case_id == _P.case_id).where(people_in_scope(conn, scope))


def _rounds(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    return select(*(_R[name] for name in _OF_ROUND), _STATE).where(rounds_in_scope(conn, scope))


def _round(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    rows = _rounds(conn, scope)
    row = conn.execute(rows.where(_R.round_id == id)).mappings().one_or_none()
    return dict(row) if row else None


def _missing(conn: Connection, scope: Bounds) -> Select[Any]:
    # Literals, so that the planner sees that the partial indexes hold all of them.
    return people(conn, scope).where(STILL_MISSING, OPEN)


def _person(conn: Connection, scope: Scope, _asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    rows = people(conn, scope).add_columns(_R.closed_at)
    row = conn.execute(rows.where(_P.person_id == id)).mappings().one_or_none()
    return {**row, "waits": row["state"] == MISSING and row["closed_at"] is None} if row else None


TEST_ROUNDS = ListQuery(
    "test_rounds",
    about="test_round",
    id="round_id",
    definition="rounds of tests that were opened for your places",
    rows=_rounds,
    columns=tuple(Column(name) for name in (*_OF_ROUND, "state")),
    sorts=(Sort("newest", ("opened_at", "round_id"), descending=True),),
    places=("grid", "community", "street"),
)
TEST_ROUND = ThingQuery(
    "test_round",
    find=_round,
    columns=tuple(Column(name) for name in (*_OF_ROUND, "state")),
)
ROUND_MISSING = ListQuery(
    "round_missing",
    about="round_person",
    id="person_id",
    definition="people of your places who should be tested in a round that is open, and are neither tested "
    "nor excused",
    rows=_missing,
    columns=(*(Column(name) for name in (*_OF_PERSON, "ends_at")), *PERSON),
    sorts=(Sort("due", ("due_by", "person_id")),),
    filters=("round_id", "visit", "why", "building"),
    places=("grid", "community", "street"),
)
ROUND_PERSON = ThingQuery(
    "round_person",
    find=_person,
    columns=(*(Column(name) for name in (*_OF_PERSON, "ends_at", "waits")), *PERSON),
)
