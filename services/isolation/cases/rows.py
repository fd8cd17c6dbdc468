"""Cases are read from their table and written to it here, and nowhere else as a whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Text, type_coerce
from sqlalchemy.engine import Connection, Row

from chassis.database.statements import insert_rows, update_rows
from services.isolation.cases.case import Arrival, Case
from services.isolation.cases.story import Absence, Chapter, Exposed
from services.isolation.cases.tables import cases as table
from services.isolation.policies.rules import Exposure
from services.isolation.teams.rules import Member

_CHANGES = tuple(c.name for c in table.c if c.name not in ("case_id", "correlation_id"))
_COUNTS = {"notes": "history_lines", "tasks_planned": "tasks_planned", "plan_number": "plan_number"}
_FACTS: Final = tuple(field.name for field in fields(Arrival))
_ESCAPE: Final = "/"
_PLAN_CHANGES = ("tasks_planned", "plan_number", "planned_until", "plan_next")


def has_in_team(staff_id: str | BindParameter[str]) -> ColumnElement[bool]:
    """Cases whose team has this member. No index finds them: it would cost every arrival.

    :param staff_id: or a parameter of the statement, whose value is `as_in_team`.
    """
    named = as_in_team(staff_id) if isinstance(staff_id, str) else staff_id
    return type_coerce(table.c.team, Text).contains(named, escape=_ESCAPE)


def as_in_team(staff_id: str) -> str:
    """As it stands in the JSON of a team, for LIKE."""
    escaped = re.sub(f"([{_ESCAPE}%_])", rf"{_ESCAPE}\1", staff_id)
    return f'"{escaped}"'


def insert_cases(conn: Connection, cases: Sequence[Case]) -> list[str]:
    """Insert new cases. Returns the ids of those that no other replica had opened."""
    rows = [_row(case) for case in cases]  # without `heard`: a new one has not ended
    written = insert_rows(conn, table, rows, ignore_conflicts=True, returning=["case_id"])
    return [case_id for (case_id,) in written]


def update_cases(conn: Connection, cases: Sequence[Case]) -> None:
    rows = [{**_row(case), "heard": _heard_row(case.heard)} for case in cases]
    update_rows(conn, table, rows, key=["case_id"], set=_CHANGES)


def update_plans(conn: Connection, cases: Sequence[Case]) -> None:
    """Write only how far the cases are planned."""
    names = ("case_id", *_PLAN_CHANGES)
    rows = [{name: getattr(case, name) for name in names} for case in cases]
    update_rows(conn, table, rows, key=["case_id"], set=_PLAN_CHANGES)


def update_counts(conn: Connection, cases: Sequence[Case]) -> None:
    """Write only how many lines of history and how many tasks the cases have."""
    rows = [
        {"case_id": case.case_id} | {column: getattr(case, name) for column, name in _COUNTS.items()}
        for case in cases
    ]
    update_rows(conn, table, rows, key=["case_id"], set=tuple(_COUNTS))


def case_from(row: Row[Any]) -> Case:
    """A case as its row says."""
    arrival = Arrival(
        row.arrival_version,
        row.arrived_at,
        row.person,
        row.language,
        row.household_id,
        row.division,
        row.street,
        row.community,
        row.grid,
        row.worker,
        row.identity,
    )
    return Case(
        case_id=row.case_id,
        version=row.version,
        arrival=arrival,
        state=row.state,
        story=story_from(row.chapters),
        measure=row.measure,
        days=row.days,
        counted_from=row.counted_from,
        release_on=row.release_on,
        risk_level=row.risk_level,
        policy_id=row.policy_id,
        policy_version=row.policy_version,
        policies_seen=row.policy_epoch,
        team=tuple([Member(role, staff_id) for role, staff_id in row.team]),
        team_lacks=tuple(row.team_lacks.split(",")) if row.team_lacks else (),
        unassigned_since=row.unassigned_since,
        staff_seen=row.staff_epoch,
        tasks_planned=row.tasks_planned,
        plan_number=row.plan_number,
        planned_until=row.planned_until,
        plan_next=row.plan_next,
        history_lines=row.notes,
        opened_at=row.opened_at,
        moved_at=row.moved_at,
        closed_at=row.closed_at,
        correlation_id=row.correlation_id,
        district=row.district,
        heard=_heard_from(row.heard) if row.heard else None,
        stripped_at=row.stripped_at,
    )


def _row(case: Case) -> dict[str, Any]:
    arrival = case.arrival
    return {
        "case_id": case.case_id,
        "version": case.version,
        "arrival_version": arrival.version,
        "state": case.state,
        "measure": case.measure,
        "days": case.days,
        "counted_from": case.counted_from,
        "release_on": case.release_on,
        "risk_level": case.risk_level,
        "policy_id": case.policy_id,
        "policy_version": case.policy_version,
        "policy_epoch": case.policies_seen,
        "chapters": [_chapter_row(chapter) for chapter in case.story],
        "arrived_at": arrival.arrived_at,
        "person": arrival.person,
        "language": arrival.language,
        "household_id": arrival.household_id,
        "division": arrival.division,
        "district": case.district,
        "street": arrival.street,
        "community": arrival.community,
        "grid": arrival.grid,
        "worker": arrival.worker,
        "identity": arrival.identity,
        "team": [list(member) for member in case.team],
        "team_lacks": ",".join(case.team_lacks) or None,
        "owner": case.owner,
        "unassigned_since": case.unassigned_since,
        "staff_epoch": case.staff_seen,
        "tasks_planned": case.tasks_planned,
        "plan_number": case.plan_number,
        "planned_until": case.planned_until,
        "plan_next": case.plan_next,
        "notes": case.history_lines,
        "opened_at": case.opened_at,
        "moved_at": case.moved_at,
        "closed_at": case.closed_at,
        "correlation_id": case.correlation_id,
        "strip_on": None,  # of a case that changes the term is worked out anew
        "stripped_at": case.stripped_at,
    }


def _heard_row(arrival: Arrival | None) -> dict[str, Any] | None:
    return {name: getattr(arrival, name) for name in _FACTS} if arrival else None


def _heard_from(stored: Mapping[str, Any]) -> Arrival:
    facts = {name: stored[name] for name in _FACTS if name in stored}
    return Arrival(**{**facts, "arrived_at": datetime.fromisoformat(stored["arrived_at"])})


def _chapter_row(chapter: Chapter) -> list[Any]:
    return [
        chapter.version,
        chapter.at.isoformat(),
        [*_exposure_rows(chapter)],
        chapter.policy_id,
        *_marks(chapter),
    ]


def _exposure_rows(chapter: Chapter) -> Iterator[list[str | None]]:
    for one in chapter.exposures:
        yield [one.level, one.left_on.isoformat() if one.left_on else None]
    if chapter.entered_on:
        yield [_ENTERED, chapter.entered_on.isoformat()]


_ENTERED: Final = "none"
"""Among the levels, a day of entry from abroad stands as one that asks for nothing: nobody is exposed to it,
and readers of before, who take it for an exposure, keep it as it is.
"""


def _marks(chapter: Chapter) -> list[Any]:
    if chapter.absent:
        return [_ABSENT[chapter.absent]]
    if chapter.exposed:
        return [[_EXPOSED, chapter.exposed.by, chapter.exposed.last_on.isoformat()]]
    if chapter.discharged:
        return [_DISCHARGED]
    if chapter.stage:
        return [f"{_STAGE}{chapter.stage}"]
    return [_REOPENED] if chapter.reopened else []


# True stood there before there was another reason; versions of before read both alike.
_ABSENT: Mapping[Absence, bool | str] = {"not_coming": True, "expected": "expected"}
_REOPENED: Final = "reopened"
"""It has no version; readers of before pass over it, as over all that became known while nobody was there."""
_EXPOSED: Final = "exposed"
"""It has no version, either."""
_STAGE: Final = "stage:"
"""Nor has this one; a number follows."""
_DISCHARGED: Final = "discharged"


def story_from(chapters: Sequence[list[Any]]) -> tuple[Chapter, ...]:
    """:param chapters: as they are stored."""
    return tuple([_chapter_from(stored) for stored in chapters])


def _chapter_from(stored: list[Any]) -> Chapter:
    version, at, exposures, policy_id, *marks = stored
    exposed = None
    if marks and isinstance(marks[0], list):
        _, by, last_on = marks.pop()
        exposed = Exposed(by, date.fromisoformat(last_on))
    reopened, discharged = marks == [_REOPENED], marks == [_DISCHARGED]
    stage = 0
    if marks and isinstance(marks[0], str) and marks[0].startswith(_STAGE):
        stage = int(marks.pop().removeprefix(_STAGE))
    absent = [] if reopened or discharged else marks
    of_levels = [(level, date.fromisoformat(day) if day else None) for level, day in exposures]
    return Chapter(
        version,
        datetime.fromisoformat(at),
        tuple([Exposure(level, day) for level, day in of_levels if level != _ENTERED]),
        policy_id,
        ("expected" if absent[0] == "expected" else "not_coming") if absent else None,
        reopened,
        exposed,
        stage,
        discharged,
        next((day for level, day in of_levels if level == _ENTERED), None),
    )
