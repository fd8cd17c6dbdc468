"""Whom an officer can release, who is held past the term, and whose code is to be set back after release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, or_, select, text
from sqlalchemy.engine import Connection

from chassis.database.statements import bytewise
from chassis.doors.declared import Asked, Column, ListQuery, Sort, ThingQuery
from chassis.doors.within import Bounds
from field.ids import is_id
from field.scope import Scope
from services.isolation.cases import states
from services.isolation.cases.lists import FACTS, LIVING, PERSON, in_scope
from services.isolation.cases.tables import cases, release_checks
from services.isolation.cases.waiting import OF_CASE
from services.isolation.release.tables import codes_to_set_back

_C, _R, _B = cases.c, release_checks.c, codes_to_set_back.c
_OF_RELEASE = ("lacks", "proposed_at", "past_since")
_HAS_ENDED: Final = text("cases.closed_at IS NOT NULL AND cases.version > 0")
"""As whoever is released; so the planner sees that a partial index holds them."""


def _rows(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    columns = (*(_C[name] for name in (*FACTS, "person")), *(_R[name] for name in _OF_RELEASE))
    joined = select(*columns).join(release_checks, _R.case_id == _C.case_id)
    return joined.where(_C.closed_at.is_(None), in_scope(conn, scope))


def _to_release(conn: Connection, scope: Bounds) -> Select[Any]:
    return _rows(conn, scope).where(_R.proposed_at.is_not(None), _C.state == states.RELEASE_REVIEW)


def _held(conn: Connection, scope: Bounds) -> Select[Any]:
    return _rows(conn, scope).where(_R.past_since.is_not(None))


def _codes(conn: Connection, scope: Scope | Bounds) -> Select[Any]:
    """Whoever is followed again is not released: their row waits for the next release."""
    columns = (_B.since, *(_C[name] for name in (*OF_CASE, "owner", "person")))
    joined = select(*columns).select_from(codes_to_set_back).join(cases, _C.case_id == _B.case_id)
    return joined.where(_C.state == states.RELEASED, _HAS_ENDED, in_scope(conn, scope))


def _code(conn: Connection, scope: Scope, _asked: Asked, id: str) -> Mapping[str, Any] | None:
    if not is_id(id):
        return None
    wanted = _codes(conn, scope).add_columns(literal(True).label("waits")).where(_C.case_id == id)
    row = conn.execute(wanted).mappings().one_or_none()
    return {**row} if row else None


def _list(name: str, rows: Any, definition: str, sort: Sort) -> ListQuery:
    return ListQuery(
        name,
        about="case",
        id="case_id",
        definition=definition,
        rows=rows,
        columns=(*(Column(column) for column in (*FACTS, *_OF_RELEASE)), *PERSON),
        sorts=(sort,),
        filters=("measure", "owner"),
        places=("grid", "community", "street"),
        households="household_id",
    )


_FIGURES: Final = {
    "cases_to_release": _R.proposed_at.is_not(None) & (_C.state == states.RELEASE_REVIEW),
    "held_past_term": _R.past_since.is_not(None),
}


def release_counts(wanted: Sequence[ColumnElement[bool]], number: ScalarSelect[int]) -> Select[Any]:
    """What `release_figures` reads.

    :param wanted: of open cases.
    """
    counts: list[Any] = [
        counted.filter(of_it)
        for of_it in _FIGURES.values()
        for counted in (func.count(), func.count(bytewise(LIVING).distinct()))
    ]
    joined = select(*counts, number).select_from(release_checks).join(cases, _C.case_id == _R.case_id)
    # Said of all of them too, so that the partial indexes find them.
    return joined.where(or_(_R.proposed_at.is_not(None), _R.past_since.is_not(None)), *wanted)


def release_figures(
    conn: Connection, counts: Select[Any], given: Mapping[str, Any]
) -> tuple[Mapping[str, Any], int]:
    """People and households on both lists; and in the same question what `number` finds.

    :param counts: as `release_counts` makes it.
    """
    *found, counted = conn.execute(counts, given).one()
    return {
        name: {"people": people, "households": households}
        for name, people, households in zip(_FIGURES, found[::2], found[1::2], strict=True)
    }, counted


CASES_TO_RELEASE = _list(
    "cases_to_release",
    _to_release,
    "people at your places whom nothing holds any more: confirm their release",
    Sort("proposed", ("proposed_at", "case_id")),
)
HELD_PAST_TERM = _list(
    "held_past_term",
    _held,
    "people at your places whose days were full before today, whom something holds: health alone may",
    Sort("longest", ("past_since", "case_id")),
)
_OF_CODE = (*(Column(name) for name in ("since", *OF_CASE, "owner")), *PERSON)
CODES_TO_SET_BACK = ListQuery(
    "codes_to_set_back",
    about="case",
    id="case_id",
    definition="people of your places who are released, and of whom nobody has said yet that their health "
    "code was set back",
    rows=_codes,
    columns=_OF_CODE,
    sorts=(Sort("longest", ("since", "case_id")),),
    filters=("owner",),
    places=("grid", "community", "street"),
    households="household_id",
)
CODE_TO_SET_BACK = ThingQuery(
    "code_to_set_back",
    find=_code,
    columns=(Column("waits"), *_OF_CODE),
    seen=lambda row: [("case", str(row["case_id"]))],
)
