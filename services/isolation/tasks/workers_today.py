"""How the day stands with each worker, and at each place below: the first page of officers.

Counted are open cases alone, up to 10,000 of them, each with its tasks of today: no closed case is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, String, and_, func, or_, select, text, true, union_all
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked, Lookup
from chassis.doors.pages import COUNTED
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import day_begins, local_day
from field.scope import Scope
from services.isolation.cases.lists import in_scope
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.reference import current
from services.isolation.teams.tables import places, staff

_C, _K, _S, _P = cases.c, tasks.c, staff.c, places.c
MOST_STAFF: Final = 300
DOERS: Final = ("grid_worker", "health_worker")
"""Who works at doors has a row also with nothing to do; others, where something is theirs."""
_BELOW: Final = {"district": "street", "street": "community", "guanqu": "community", "community": "grid"}
"""Level of a place -> the level below by which its cases are counted."""
_LEVELS: Final = ("grid", "community", "street", "district")
LIVING: Final = func.coalesce(_C.household_id, _C.case_id.cast(String))
"""Whom no report names with others is a household alone."""


def place_asked(uow: UnitOfWork, scope: Scope, data: Mapping[str, Any]) -> str | None:
    """Raises Refused, `unknown` for a place outside the scope."""
    place = data.get("place")
    if place is not None and (not isinstance(place, str) or not 0 < len(place) <= 40 or "\0" in place):
        raise Refused.invalid([Fault("place", "no_id", "must be the id of a place")])
    if place is not None and not _covers(uow, scope, place):
        raise Refused.unknown("place", place)
    return place


def _covers(uow: UnitOfWork, scope: Scope, place: str | None) -> bool:
    return scope.covers(*current(uow).places.upward(place))


def open_in(uow: UnitOfWork, scope: Scope, place: str | None) -> list[ColumnElement[bool]]:
    """Open cases (the first condition) of the scope, at one place where it is asked for."""
    return [_C.closed_at.is_(None), in_scope(uow.conn, scope), *at_place(uow, place)]


def at_place(uow: UnitOfWork, place: str | None) -> list[ColumnElement[bool]]:
    """Cases at one place or below, where it is asked for; by one column where its level is known: an index
    finds them.
    """
    if place is None:
        return []
    known = current(uow).places.by_id.get(place)
    if known is not None and known.level in _LEVELS:
        return [_C[known.level] == place]
    return [or_(*(_C[level] == place for level in _LEVELS))]


def _find(uow: UnitOfWork, scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """
    :param data: `place`, where not all that is one's own is meant.
    Returns `as_of`, `more_than` (10,000 cases are too many for `staff`), `staff` (a row for each with cases,
    tasks or work there; `staff_id` null: nobody), `left_out` of them, and `below` (a row for each place).
    """
    conn, place = uow.conn, place_asked(uow, scope, data)
    here = place or _own_place(uow, scope, asked)
    level = conn.execute(select(_P.level).where(_P.place_id == here)).scalar_one_or_none()
    child = _C.get(_BELOW.get(level or "", ""))
    wanted = open_in(uow, scope, place)
    few = select(_C.case_id).where(*wanted).limit(COUNTED + 1).subquery()
    answer: dict[str, Any] = {"as_of": asked.now.astimezone(asked.zone).isoformat(), "place": here}
    if conn.execute(select(func.count()).select_from(few)).scalar_one() > COUNTED:
        below = _limited(conn, scope, child, place) if child is not None else []
        return answer | {"more_than": COUNTED, "staff": [], "left_out": 0, "below": below}
    by_staff, by_place = _Counts(), _Counts()
    for owner, people, households in _cases_by(conn, _C.owner, wanted):
        by_staff.add(owner, people=people, households=households)
    for at, people, households in _cases_by(conn, child, wanted) if child is not None else ():
        by_place.add(at, people=people, households=households)
    for who, at, state, alarmed, number in _tasks(conn, asked, child, wanted):
        kind = {states.DUE: "due", states.MISSED: "overdue", states.DONE: "done"}.get(state)
        counts = {kind: number} if kind else {}
        if alarmed and state != states.DONE:
            counts["abnormal"] = number
        by_staff.add(who, **counts)
        by_place.add(at, **counts)
    rows = _with_staff(conn, by_staff, here)
    below = [{"place": at, **counts} for at, counts in by_place.of.items()] if child is not None else []
    return answer | {
        "more_than": None,
        "staff": rows[:MOST_STAFF],
        "left_out": max(0, len(rows) - MOST_STAFF),
        "below": below,
    }


def _own_place(uow: UnitOfWork, scope: Scope, asked: Asked) -> str | None:
    """None: they see the page in another's stead, and work elsewhere themselves."""
    own = select(_S.place).where(_S.staff_id == asked.author.id)
    place = uow.conn.execute(own).scalar_one_or_none()
    return place if _covers(uow, scope, place) else None


class _Counts:
    """Figures by somebody or some place; None is nobody, and no known place."""

    def __init__(self) -> None:
        self.of: dict[str | None, dict[str, int]] = defaultdict(
            lambda: dict.fromkeys(("people", "households", "due", "done", "overdue", "abnormal"), 0)
        )

    def add(self, id: str | None, **counts: int) -> None:
        for name, number in counts.items():
            self.of[id][name] += number


def _cases_by(conn: Connection, by: Any, wanted: Iterable[ColumnElement[bool]]) -> Iterable[Any]:
    """(value, people, households) of open cases."""
    counts = func.count(), func.count(LIVING.distinct())
    return conn.execute(select(by, *counts).where(*wanted).group_by(by)).all()


def _tasks(
    conn: Connection, asked: Asked, child: Any, wanted: Sequence[ColumnElement[bool]]
) -> Iterable[Any]:
    """(staff_id, place, state, whether it is of something abnormal, how many).

    Of live tasks that have begun, those that outlive their case among them, and those of today that are done.
    """
    begins = day_begins(local_day(asked.now, asked.zone), asked.zone)
    begun = begun_or_done(begins)
    at = (child if child is not None else _C.community).label("at")
    alarmed = (_K.kind == SEE_ABNORMAL).label("alarmed")
    of_task = select(_K.staff_id, at, _K.state, alarmed).join(cases, _C.case_id == _K.case_id)
    if conn.dialect.name == "postgresql":
        # The offset keeps it from reading all tasks: they are looked up case by case, by an index.
        columns = _K.staff_id, _K.state, alarmed
        of_case = select(*columns).where(_K.case_id == _C.case_id, *begun).offset(0).lateral("of_case")
        of_open = select(of_case.c.staff_id, at, of_case.c.state, of_case.c.alarmed)
        of_open = of_open.select_from(cases).join(of_case, true()).where(*wanted)
    else:
        of_open = of_task.where(*begun, *wanted)
    # A literal, so that the planner sees that the partial index holds all of them.
    of_message: Any = text("tasks.about <> ''")
    live = _K.state.in_(sorted(states.LIVE))
    ended = of_task.where(of_message, live, *begun, _C.closed_at.is_not(None), *wanted[1:])
    found = union_all(of_open, ended).subquery()
    columns_of = found.c.staff_id, found.c["at"], found.c.state, found.c.alarmed
    return conn.execute(select(*columns_of, func.count()).group_by(*columns_of)).all()


def begun_or_done(begins: datetime) -> tuple[ColumnElement[bool], ...]:
    """Tasks of the day that begins then: live ones that have begun, and those of the day that are done."""
    live = _K.state.in_(sorted(states.LIVE))
    return (_K.due_from < begins + timedelta(days=1), or_(live, and_(*done_since(begins))))


def done_since(begins: datetime) -> tuple[ColumnElement[bool], ...]:
    return (_K.state == states.DONE, _K.due_by >= begins)


def _limited(conn: Connection, scope: Scope, child: Any, place: str | None) -> list[dict[str, Any]]:
    """Open cases at each place below, counted up to 10,000 of each: by their index alone."""
    level = child.name
    above = {place} if place else scope.places
    p, parent = places.alias("p"), places.alias("parent")
    rows = conn.execute(
        select(p.c.place_id)
        .outerjoin(parent, parent.c.place_id == p.c.parent)
        .where(
            p.c.level == level,
            p.c.removed.is_(False),
            or_(
                is_in(conn, p.c.place_id, sorted(scope.places)),
                is_in(conn, p.c.parent, sorted(above)),
                is_in(conn, parent.c.parent, sorted(above)),
            ),
        )
        .limit(MOST_STAFF)
    ).scalars()
    inside = in_scope(conn, scope)
    found = []
    for place_id in sorted(rows):
        few = select(_C.case_id).where(child == place_id, _C.closed_at.is_(None), inside)
        number = conn.execute(
            select(func.count()).select_from(few.limit(COUNTED + 1).subquery())
        ).scalar_one()
        found.append({"place": place_id, "people": min(number, COUNTED), "more": number > COUNTED})
    return found


def _with_staff(conn: Connection, counts: _Counts, here: str | None) -> list[dict[str, Any]]:
    """A row for each, with those who have nothing; the most overdue first."""
    below = select(_P.place_id).where(_P.place_id == here).cte("below", recursive=True)
    inside = below.union(select(_P.place_id).join(below, _P.parent == below.c.place_id))
    columns = _S.staff_id, _S.role, _S.place, _S.active, _S.away_from, _S.away_to
    known = {id for id in counts.of if id}
    there = and_(_S.active.is_(True), _S.role.in_(DOERS), _S.place.in_(select(inside.c.place_id)))
    rows = [
        *conn.execute(select(*columns).where(is_in(conn, _S.staff_id, sorted(known)))),
        *conn.execute(select(*columns).where(there).limit(MOST_STAFF)),
    ]
    about = {row.staff_id: row for row in rows}
    for staff_id in about:
        counts.add(staff_id, people=0)
    shown = [_row(id, about.get(id or ""), of) for id, of in counts.of.items()]
    return sorted(shown, key=lambda row: (-row["overdue"], -row["people"], row["staff_id"] or ""))


def _row(id: str | None, about: Any, counts: Mapping[str, int]) -> dict[str, Any]:
    away = about is not None and about.away_from is not None
    return {
        "staff_id": id,
        "role": about.role if about is not None else None,
        "place": about.place if about is not None else None,
        "active": about is None or about.active,
        "away_from": about.away_from.isoformat() if away else None,
        "away_to": about.away_to.isoformat() if away and about.away_to else None,
        **counts,
    }


WORKERS_TODAY = Lookup("workers_today", _find)
