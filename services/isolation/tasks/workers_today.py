"""How the day stands with each worker, and at each place below.

Counted are open cases alone, up to 10,000 of them, each with its tasks of today: no closed case is read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, null, or_, select, text, true, union_all
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.doors.declared import Asked
from chassis.doors.pages import COUNTED
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import day_begins, local_day
from field.scope import Scope
from services.isolation.cases.lists import LIVING, in_scope
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.reference import Reference, current
from services.isolation.teams.rules import StaffMember
from services.isolation.teams.tables import places

_C, _K = cases.c, tasks.c
MOST_STAFF: Final = 300
DOERS: Final = ("grid_worker", "health_worker")
"""Who works at doors has a row also with nothing to do; others, where something is theirs."""
_BELOW: Final = {"district": "street", "street": "community", "guanqu": "community", "community": "grid"}
"""Level of a place -> the level below by which its cases are counted."""
_OPENED: Final = ("owner", "living", "measure", "at", "changed")
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


def workers_today(
    uow: UnitOfWork,
    asked: Asked,
    here: str | None,
    opened: Sequence[Any],
    wanted: Sequence[ColumnElement[bool]],
) -> dict[str, Any]:
    """`staff` (a row for each with cases, tasks or work there; `staff_id` null: nobody), `left_out` of them,
    and `below` (a row for each place).

    :param here: the place of which it is the day.
    :param opened: what `read_open` found.
    :param wanted: the conditions by which it did.
    """
    child = _column_below(uow, here)
    by_staff, by_place = _Counts(), _Counts()
    by_staff.add_cases(each(opened, "owner", "living"))
    if child is not None:
        by_place.add_cases(each(opened, "at", "living"))
    for who, at, state, alarmed, number in _tasks(uow.conn, asked, child, wanted):
        kind = {states.DUE: "due", states.MISSED: "overdue", states.DONE: "done"}.get(state)
        counts = {kind: number} if kind else {}
        if alarmed and state != states.DONE:
            counts["abnormal"] = number
        by_staff.add(who, **counts)
        by_place.add(at, **counts)
    rows = _with_staff(current(uow), by_staff, here)
    below = [{"place": at, **counts} for at, counts in by_place.of.items()] if child is not None else []
    return {"staff": rows[:MOST_STAFF], "left_out": max(0, len(rows) - MOST_STAFF), "below": below}


def read_open(
    uow: UnitOfWork, here: str | None, changed: ColumnElement[int], wanted: Sequence[ColumnElement[bool]]
) -> Sequence[Any] | None:
    """What `each` finds of every open case; None where there are more than are counted.

    :param changed: as `changed_cases.changed_since` says it.
    """
    conn, child = uow.conn, _column_below(uow, here)
    few = select(_C.case_id).where(*wanted).limit(COUNTED + 1).subquery()
    if conn.execute(select(func.count()).select_from(few)).scalar_one() > COUNTED:
        return None
    columns = _C.owner, LIVING, _C.measure, null() if child is None else child, changed
    return conn.execute(select(*columns).where(*wanted)).all()


def each(opened: Sequence[Any], *names: str) -> Iterator[tuple[Any, ...]]:
    """These of every open case: `owner`, `living` (the household), `measure`, `at` (the place right below),
    `changed`. By number, because there may be thousands.
    """
    return map(itemgetter(*map(_OPENED.index, names)), opened)


def _column_below(uow: UnitOfWork, here: str | None) -> Any:
    """The column of the places right below; None where there is none."""
    known = current(uow).places.by_id.get(here or "")
    return _C.get(_BELOW.get(known.level, "")) if known else None


def own_place(uow: UnitOfWork, scope: Scope, asked: Asked) -> str | None:
    """None: they see the page in another's stead, and work elsewhere themselves."""
    member = current(uow).staff.by_id.get(asked.author.id)
    return member.place if member is not None and _covers(uow, scope, member.place) else None


class _Counts:
    """Figures by somebody or some place; None is nobody, and no known place."""

    def __init__(self) -> None:
        self.of: dict[str | None, dict[str, int]] = defaultdict(
            lambda: dict.fromkeys(("people", "households", "due", "done", "overdue", "abnormal"), 0)
        )

    def add(self, id: str | None, **counts: int) -> None:
        for name, number in counts.items():
            self.of[id][name] += number

    def add_cases(self, found: Iterable[tuple[str | None, str]]) -> None:
        """(whose, the household) of each case."""
        living: dict[str | None, list[str]] = defaultdict(list)
        for id, household in found:
            living[id].append(household)
        for id, households in living.items():
            self.add(id, people=len(households), households=len(set(households)))


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


def places_below(uow: UnitOfWork, scope: Scope, here: str | None, place: str | None) -> list[dict[str, Any]]:
    """Open cases at each place below, counted up to 10,000 of each: by their index alone."""
    conn, child = uow.conn, _column_below(uow, here)
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


def _with_staff(known: Reference, counts: _Counts, here: str | None) -> list[dict[str, Any]]:
    """A row for each, with those who have nothing; the most overdue first."""
    inside = known.places.inside(here) if here else ()
    doers = (one for one in known.staff.by_id.values() if one.active and one.role in DOERS)
    there = [one.staff_id for one in doers if one.place in inside]
    for staff_id in sorted(there)[:MOST_STAFF]:
        counts.add(staff_id, people=0)
    shown = [_row(id, known.staff.by_id.get(id or ""), of) for id, of in counts.of.items()]
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
