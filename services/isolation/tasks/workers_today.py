"""How the day stands with each worker, and at each place below.

Counted are open cases alone, up to 10,000 of them, each with its tasks of today: no closed case is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    CompoundSelect,
    ScalarSelect,
    Select,
    String,
    and_,
    bindparam,
    func,
    null,
    or_,
    select,
    text,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.database.types import UtcDateTime
from chassis.doors.declared import Asked
from chassis.doors.pages import COUNTED
from chassis.doors.within import Bounds
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.scope import Scope
from services.isolation.cases.lists import LIVING, in_scope
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.reference import Reference, current
from services.isolation.tasks.without_check_in import TELLS, windows_of_today
from services.isolation.teams.rules import StaffMember
from services.isolation.teams.tables import places

_C, _K = cases.c, tasks.c
MOST_STAFF: Final = 300
AT_PLACE: Final = "at_place"
"""The parameter of the place that is asked for."""
DOERS: Final = ("grid_worker", "health_worker")
"""Who works at doors has a row also with nothing to do; others, where something is theirs."""
_BELOW: Final = {"district": "street", "street": "community", "guanqu": "community", "community": "grid"}
"""Level of a place -> the level below by which its cases are counted."""
OWNER, LIVES, MEASURE, AT, CHANGED = range(5)
"""Columns of what `read_cases` finds."""
_FIGURES: Final = ("people", "due", "done", "overdue", "abnormal")
_LEVELS: Final = ("grid", "community", "street", "district")


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


def open_in(conn: Connection, bounds: Bounds, levels: Sequence[str]) -> list[ColumnElement[bool]]:
    """Open cases (the first condition) of the scope, at one place where it is asked for.

    :param levels: as `levels_of` says of that place; the conditions name it by the parameter AT_PLACE.
    """
    at = [or_(*(_C[level] == bindparam(AT_PLACE, type_=String) for level in levels))] if levels else []
    return [_C.closed_at.is_(None), in_scope(conn, bounds), *at]


def levels_of(uow: UnitOfWork, place: str | None) -> tuple[str, ...]:
    """Columns of cases in which the place may stand: one where its level is known, so that an index finds
    them; none where no place is asked for.
    """
    if place is None:
        return ()
    known = current(uow).places.by_id.get(place)
    return (known.level,) if known is not None and known.level in _LEVELS else _LEVELS


def workers_today(
    uow: UnitOfWork, here: str | None, opened: Sequence[Any], of_tasks: Iterable[Any]
) -> dict[str, Any]:
    """`staff` (a row for each with cases, tasks or work there; `staff_id` null: nobody), `left_out` of them,
    and `below` (a row for each place, with its people).

    :param here: the place of which it is the day.
    :param opened: the open ones of what `read_cases` found.
    :param of_tasks: what `read_tasks` found.
    """
    by_staff: dict[str | None, dict[str, int]] = defaultdict(lambda: dict.fromkeys(_FIGURES, 0))
    for who, people in Counter(map(itemgetter(OWNER), opened)).items():
        by_staff[who]["people"] = people
    for who, state, alarmed, number in of_tasks:
        kind = {states.DUE: "due", states.MISSED: "overdue", states.DONE: "done"}.get(state)
        if kind:
            by_staff[who][kind] += number
        if alarmed and state != states.DONE:
            by_staff[who]["abnormal"] += number
    rows = _with_staff(current(uow), by_staff, here)
    below: Iterable[tuple[str | None, int]] = ()
    if column_below(uow, here) is not None:
        below = Counter(map(itemgetter(AT), opened)).items()
    return {
        "staff": rows[:MOST_STAFF],
        "left_out": max(0, len(rows) - MOST_STAFF),
        "below": [{"place": at, "people": people} for at, people in below],
    }


def number_of(wanted: Sequence[ColumnElement[bool]]) -> ScalarSelect[int]:
    """How many open cases these are, no further than one more than are counted: by an index alone."""
    few = select(_C.case_id).where(*wanted).limit(COUNTED + 1).subquery("few")
    return select(func.count()).select_from(few).scalar_subquery()


def cases_with(
    child: Column[Any] | None,
    changed: ColumnElement[int],
    wanted: Sequence[ColumnElement[bool]],
    ended: Select[Any],
) -> CompoundSelect[Any]:
    """Open cases: at OWNER, LIVES (the household), MEASURE, AT (the place right below) and CHANGED of each,
    by number, because there may be thousands. Of those that have ended lately, whose measure is null, the
    household and what changed alone.

    :param child: as `column_below` says.
    :param changed: `changed_cases.WHAT_CHANGED`.
    :param ended: as `changed_cases.ended_since` finds them.
    """
    nothing = [null().label(name) for name in ("owner", "measure", "at")]
    columns = _C.owner, LIVING, _C.measure, nothing[-1] if child is None else child, changed
    living, changed_of_it = ended.selected_columns
    of_ended = ended.with_only_columns(nothing[0], living, *nothing[1:], changed_of_it)
    return union_all(select(*columns).where(*wanted), of_ended)


def column_below(uow: UnitOfWork, here: str | None) -> Column[Any] | None:
    """The column of the places right below; None where there is none."""
    known = current(uow).places.by_id.get(here or "")
    return _C.get(_BELOW.get(known.level, "")) if known else None


def own_place(uow: UnitOfWork, scope: Scope, asked: Asked) -> str | None:
    """None: they see the page in another's stead, and work elsewhere themselves."""
    member = current(uow).staff.by_id.get(asked.author.id)
    return member.place if member is not None and _covers(uow, scope, member.place) else None


def done_since(begins: BindParameter[datetime]) -> ColumnElement[bool]:
    """Tasks that are done, and had time until then or longer."""
    return and_(_K.state == states.DONE, _K.due_by >= begins)


_LIVE: Final = _K.state.in_(sorted(states.LIVE))
_BEGUN_OR_DONE: Final = (
    _K.due_from < bindparam("tomorrow", type_=UtcDateTime),
    or_(_LIVE, done_since(bindparam("begins", type_=UtcDateTime))),
)
"""Live tasks that have begun today, and those of today that are done."""
_COLUMNS: Final = (_K.staff_id, _K.state, (_K.kind == SEE_ABNORMAL).label("alarmed"))
_OF_TASK: Final = select(_C.case_id, *_COLUMNS).join(cases, _C.case_id == _K.case_id)
_OF_OPEN: Final = _OF_TASK.add_columns(TELLS.label("tells")).where(*_BEGUN_OR_DONE)
# The offset keeps PostgreSQL from reading all tasks: they are looked up case by case, by an index.
_OF_EACH: Final = (
    select(*_COLUMNS, TELLS.label("tells"))
    .where(_K.case_id == _C.case_id, *_BEGUN_OR_DONE)
    .offset(0)
    .lateral("of_case")
)
_OF_OPEN_EACH: Final = select(_C.case_id, *_OF_EACH.c).select_from(cases).join(_OF_EACH, true())
# A literal, so that the planner sees that the partial index holds all of them.
_OF_MESSAGE: Final[Any] = text("tasks.about <> ''")
_OF_ENDED: Final = _OF_TASK.add_columns(null().label("tells")).where(
    _OF_MESSAGE, _LIVE, *_BEGUN_OR_DONE, _C.closed_at.is_not(None)
)
"""Parts of what `read_tasks` asks, put together once: that takes longer than to run them."""


def tasks_of(postgresql: bool, wanted: Sequence[ColumnElement[bool]]) -> tuple[Select[Any], ...]:
    """What `read_tasks` asks, in one statement where the database can.

    :param wanted: which cases; the first condition is that they are open.
    """
    of_open = (_OF_OPEN_EACH if postgresql else _OF_OPEN).where(*wanted)
    found = union_all(of_open, _OF_ENDED.where(*wanted[1:])).subquery("found").c
    each, least = (found.staff_id, found.state, found.alarmed), func.min(found.tells)
    if postgresql:
        both = func.grouping_sets(tuple_(*each), tuple_(found.case_id))
        grouped = select(found.case_id, *each, func.count()).group_by(both)
        return (grouped.having(or_(func.grouping(found.case_id) == 1, least == 1)),)
    silent = select(found.case_id).group_by(found.case_id).having(least == 1)
    return select(*each, func.count()).group_by(*each), silent


def of_today(asked: Asked, measure: str) -> dict[str, Any]:
    """The parameters of `tasks_of`."""
    windows = windows_of_today(asked)
    return {**windows, "tomorrow": windows["begins"] + timedelta(days=1), "measure": measure}


def read_tasks(
    conn: Connection, statements: Sequence[Select[Any]], given: Mapping[str, Any]
) -> tuple[list[Any], list[str]]:
    """(staff_id, state, whether it is of something abnormal, how many) of live tasks that have begun, those
    that outlive their case among them, and of those of today that are done; and the cases under this measure
    of which what their tasks tell (`without_check_in.TELLS`) is 1 at the least. Each case's tasks are looked
    up once.

    :param statements: as `tasks_of` makes them.
    """
    if len(statements) == 1:
        rows = conn.execute(statements[0], given).all()
        return [row[1:] for row in rows if row[0] is None], [row[0] for row in rows if row[0] is not None]
    of_staff, silent = statements
    return list(conn.execute(of_staff, given)), list(conn.execute(silent, given).scalars())


def places_below(uow: UnitOfWork, scope: Scope, here: str | None, place: str | None) -> list[dict[str, Any]]:
    """Open cases at each place below, counted up to 10,000 of each: by their index alone."""
    conn, child = uow.conn, column_below(uow, here)
    if child is None:
        return []
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


def _with_staff(
    known: Reference, counts: dict[str | None, dict[str, int]], here: str | None
) -> list[dict[str, Any]]:
    """A row for each, with those who have nothing; the most overdue first."""
    inside = known.places.inside(here) if here else ()
    doers = (one for one in known.staff.by_id.values() if one.active and one.role in DOERS)
    there = [one.staff_id for one in doers if one.place in inside]
    for staff_id in sorted(there)[:MOST_STAFF]:
        counts.setdefault(staff_id, dict.fromkeys(_FIGURES, 0))
    shown = [_row(id, known.staff.by_id.get(id or ""), of) for id, of in counts.items()]
    return sorted(shown, key=lambda row: (-row["overdue"], -row["people"], row["staff_id"] or ""))


def _row(id: str | None, member: StaffMember | None, counts: Mapping[str, int]) -> dict[str, Any]:
    away = member is not None and member.away_from is not None
    return {
        "staff_id": id,
        "role": member.role if member else None,
        "place": member.place if member else None,
        "active": member is None or member.active,
        "away_from": member.away_from.isoformat() if member and member.away_from else None,
        "away_to": member.away_to.isoformat() if away and member and member.away_to else None,
        **counts,
    }
