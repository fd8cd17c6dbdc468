"""Who saw whose record, and who said what: for those who answer for how the system is used.

Both are kept for all people by the chassis: views at a door for good, acts for as long as the inbox keeps
their outcomes (30 days). They name sources and ids, and nothing personal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, select

from chassis.commands.command import Command
from chassis.database.tables import TABLES
from chassis.doors.declared import Asked, Lookup
from chassis.doors.showing import OWN_TASK
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import day_begins, local_day
from field.scope import Scope

ROWS: Final = 100
LONGEST: Final = timedelta(days=92)
"""So many days at most are looked through at once."""
_LONGEST_TEXT: Final = 200
_FIRST_YEAR, _LAST_YEAR = 1900, 9000  # beyond them the calendar of databases and of Python ends

_V, _I = TABLES["views"], TABLES["inbox"]


@dataclass(frozen=True, slots=True)
class _Period:
    """Days in the district's zone, both of them included."""

    since: date
    until: date

    def of(self, moment: ColumnElement[datetime], asked: Asked) -> tuple[ColumnElement[bool], ...]:
        end = day_begins(self.until + timedelta(days=1), asked.zone)
        return moment >= day_begins(self.since, asked.zone), moment < end


def _views(uow: UnitOfWork, _scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
    """The newest first, by the time of the field."""
    faults: list[Fault] = []
    period = _read_period(data, local_day(asked.now, asked.zone), faults)
    viewer, about = _read_text(data, "viewer", faults), _read_text(data, "about_id", faults)
    own_tasks = data.get("own_tasks") is not False
    if faults:
        raise Refused.invalid(faults)
    v = _V.c
    rows = select(v.viewed_at, v.viewer, v.about, v.about_id, v.reason).where(*period.of(v.viewed_at, asked))
    if viewer:
        rows = rows.where(v.viewer == viewer)
    if about:
        rows = rows.where(v.about_id == about)
    if not own_tasks:
        rows = rows.where(v.reason != OWN_TASK)
    return _answer(uow, rows.order_by(v.viewed_at.desc(), v.id), asked)


VIEWS: Final = Lookup("views", _views)
"""`since`, `until`: days; `viewer`: the source of whoever looked; `about_id`: of a case, an arrival …;
`own_tasks`: false leaves out what workers saw as their own tasks.
"""


def said_to(service: str, commands: Sequence[Command]) -> Lookup:
    """The acts of one author: `author` is the source. Days are of real time."""
    handlers = sorted(command.queue(service) for command in commands)

    def find(uow: UnitOfWork, _scope: Scope, asked: Asked, data: Mapping[str, Any]) -> Mapping[str, Any]:
        faults: list[Fault] = []
        period = _read_period(data, local_day(asked.now, asked.zone), faults)
        author = _read_text(data, "author", faults)
        if not author and not faults:
            faults.append(Fault("author", "missing", "must be the source of whoever said it"))
        if faults:
            raise Refused.invalid(faults)
        i = _I.c
        rows = select(i.handled_at, i.handler, i.event_id, i.outcome).where(
            i.handler.in_(handlers), i.source == author, *period.of(i.handled_at, asked)
        )
        return _answer(uow, rows.order_by(i.handled_at.desc(), i.event_id), asked)

    return Lookup("said", find)


def _answer(uow: UnitOfWork, rows: Select[Any], asked: Asked) -> Mapping[str, Any]:
    found = [dict(row) for row in uow.conn.execute(rows.limit(ROWS + 1)).mappings()]
    return {
        "rows": [{str(name): _shown(value, asked) for name, value in row.items()} for row in found[:ROWS]],
        "more": len(found) > ROWS,
    }


def _shown(value: Any, asked: Asked) -> Any:
    return value.astimezone(asked.zone).isoformat() if isinstance(value, datetime) else value


def _read_period(data: Mapping[str, Any], today: date, faults: list[Fault]) -> _Period:
    """Of this day, unless it says another one."""
    days = {"since": today, "until": today}
    for name in days:
        if (text := data.get(name)) is None:
            continue
        try:
            days[name] = date.fromisoformat(text)
        except (TypeError, ValueError):
            faults.append(Fault(name, "day", "must be a day, such as 2022-10-01"))
    period = _Period(**days)
    known = _FIRST_YEAR <= period.since.year <= period.until.year < _LAST_YEAR
    if not faults and not (known and timedelta(0) <= period.until - period.since <= LONGEST):
        faults.append(Fault("until", "period", f"must be 0 to {LONGEST.days} days after since"))
    return period


def _read_text(data: Mapping[str, Any], name: str, faults: list[Fault]) -> str | None:
    text = data.get(name)
    if text is None or (isinstance(text, str) and 0 < len(text) <= _LONGEST_TEXT and "\0" not in text):
        return text
    faults.append(Fault(name, "length", f"must have 1 to {_LONGEST_TEXT} characters"))
    return None
