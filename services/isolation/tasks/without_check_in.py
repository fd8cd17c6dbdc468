"""Of whom nothing was reported in any window that ended today, how many they are, and why if it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, case, func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import bytewise, is_in
from chassis.database.types import UtcDateTime
from chassis.doors.declared import NOW, Asked, ListQuery
from chassis.doors.pages import COUNTED
from chassis.doors.within import Bounds
from chassis.sealing import SealBroken, Sealer
from chassis.unit_of_work import UnitOfWork
from field.days import day_begins, local_day
from services.isolation.cases.lists import LIVING, OPEN_CASES
from services.isolation.cases.tables import cases
from services.isolation.plans import states
from services.isolation.plans.acts import ATTEMPT
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks

_C, _K = cases.c, tasks.c
Because = Literal["nobody", "no_phone", "no_answer", "new", "other"]
_GRAVEST_FIRST: Final[Sequence[Because]] = ("nobody", "no_phone", "no_answer", "new", "other")
_KIND: Final = "check_in"
_LONGEST_WINDOW: Final = timedelta(days=1)


_TOLD: Final = case((_K.state == states.DONE, 0), (_K.state.in_(sorted(states.LIVE)), 1))


def _moment(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime)


_ENDED_TODAY: Final[ColumnElement[bool]] = and_(
    _K.kind == _KIND,
    _K.due_from >= _moment("earliest"),
    _K.due_by >= _moment("begins"),
    _K.due_by <= NOW,
)
"""Tasks of check-ins of which the window has ended today, between the moments of `windows_of_today`."""
TELLS: Final[ColumnElement[int | None]] = case((_ENDED_TODAY & (_C.measure == bindparam("measure")), _TOLD))
"""What a task tells of its case, if that is under the measure `measure`, of which the least tells: 0 is a
check-in in a window that ended today, a late one among them, 1 that one is missing still. Null: nothing; what
was waived asks for none. Its other parameters are of `windows_of_today`."""


def windows_of_today(asked: Asked) -> dict[str, datetime]:
    """Between which moments a window begins and ends that has ended today."""
    begins = day_begins(local_day(asked.now, asked.zone), asked.zone)
    return {"earliest": begins - _LONGEST_WINDOW, "begins": begins, NOW.key: asked.now}


_MISSING: Final[ColumnElement[bool]] = (
    select(func.min(_TOLD)).where(_K.case_id == _C.case_id, _ENDED_TODAY).scalar_subquery() == 1
)
"""Some window ended today and is still open, and none that ended today has a check-in. Each case's tasks are
looked up once, by an index. Its parameters are `windows_of_today`."""


def _rows(conn: Connection, scope: Bounds) -> Select[Any]:
    rows = OPEN_CASES.rows(conn, scope)
    assert isinstance(rows, Select)
    return rows.where(_MISSING)


WITHOUT_CHECK_IN = ListQuery(
    "without_check_in",
    about="case",
    id="case_id",
    definition="people of whom nothing was reported in any window that ended today",
    rows=_rows,
    columns=OPEN_CASES.columns,
    sorts=OPEN_CASES.sorts,
    filters=OPEN_CASES.filters,
    conditions=OPEN_CASES.conditions,
    places=OPEN_CASES.places,
    households="household_id",
    given=lambda _conn, asked: windows_of_today(asked),
    among=OPEN_CASES.rows,
)


def not_reported_today(
    uow: UnitOfWork,
    asked: Asked,
    whole: tuple[int, int],
    silent: Sequence[ColumnElement[bool]],
    given: Mapping[str, Any],
) -> dict[str, Any]:
    """`more_than` (so many are not counted exactly), `whole` and `without` (`people`, `households`), and
    `because`: why -> households; a household of several reasons counts by the gravest.

    :param whole: how many people and households are asked.
    :param silent: conditions that find those of them of whom nothing was reported; none: there is nobody.
        They may name parameters of `windows_of_today`, and those of `given`.
    """
    if whole[0] > COUNTED:
        return {"more_than": COUNTED, "whole": None, "without": None, "because": {}}
    columns = _C.case_id, LIVING.label("living"), _C.owner, _C.opened_at, _C.person
    of_them = select(*columns).where(*silent)
    rows = uow.conn.execute(of_them, {**given, **windows_of_today(asked)}).all() if silent else []
    return {
        "more_than": None,
        "whole": {"people": whole[0], "households": whole[1]},
        "without": {"people": len(rows), "households": len({row.living for row in rows})},
        "because": _why(uow.conn, rows, asked, uow.sealer),
    }


def not_reported_of_many(
    uow: UnitOfWork, asked: Asked, wanted: Sequence[ColumnElement[bool]], given: Mapping[str, Any]
) -> dict[str, Any]:
    """The same of open cases that are not read otherwise.

    :param wanted: which cases; `given` are the parameters of these conditions.
    """
    few = select(LIVING.label("living")).where(*wanted).limit(COUNTED + 1).subquery()
    people, households = uow.conn.execute(
        select(func.count(), func.count(bytewise(few.c.living).distinct())).select_from(few), given
    ).one()
    silent = [*wanted, _MISSING] if people else []
    return not_reported_today(uow, asked, (people, households), silent, given)


def _why(conn: Connection, rows: Sequence[Any], asked: Asked, sealer: Sealer) -> dict[Because, int]:
    """Households by the gravest reason of their people."""
    if not rows:
        return {}
    begins = day_begins(local_day(asked.now, asked.zone), asked.zone)
    unanswered = _unanswered(conn, [row.case_id for row in rows], begins)
    reached = {row.living for row in rows if _has_phone(row.person, sealer)}
    of_household: dict[str, Because] = {}
    for row in rows:
        reason = _reason(row, begins, unanswered, reached)
        known = of_household.get(row.living, "other")
        of_household[row.living] = min(known, reason, key=_GRAVEST_FIRST.index)
    found = list(of_household.values())
    return {reason: found.count(reason) for reason in _GRAVEST_FIRST if reason in found}


def _reason(row: Any, begins: datetime, unanswered: set[str], reached: set[str]) -> Because:
    """:param reached: households of which somebody has a phone: a child's parents are rung."""
    if row.owner is None:
        return "nobody"
    if row.living not in reached:
        return "no_phone"
    if row.case_id in unanswered:
        return "no_answer"
    return "new" if row.opened_at >= begins else "other"


def _has_phone(sealed: str, sealer: Sealer) -> bool:
    """What cannot be opened may have one."""
    try:
        person = sealer.unseal(sealed, "person")
    except SealBroken:
        return True
    return bool(person.get("phone")) if isinstance(person, Mapping) else True


def _unanswered(conn: Connection, case_ids: Sequence[str], since: datetime) -> set[str]:
    """Those whom somebody tried in vain to reach since then."""
    live = _K.state.in_(sorted(states.LIVE))
    rows = conn.execute(
        select(_K.case_id, _K.acts).where(is_in(conn, _K.case_id, case_ids), live, _K.acts.is_not(None))
    )
    return {
        case_id
        for case_id, acts in rows
        if acts
        and any(
            act.at >= since and (act.what == ATTEMPT or act.because == "no_answer")
            for act in acts_from(acts).counted
        )
    }
