"""Arrivals as isolation took them in, cases as it recorded them, and its account. See `chassis.handover`.

A case has the id of its arrival.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import JSON, case, cast, func, select, union_all
from sqlalchemy.engine import Connection

from chassis.commands.in_history import answered
from chassis.database.statements import is_in
from chassis.handover import RecordedAt, Sums, VersionRows, versions
from field.days import local_day
from services.isolation.breaches import balance as of_breaches
from services.isolation.cases import queries
from services.isolation.cases.tables import case_history, cases, waiting_for_policy
from services.isolation.central import balance as of_central
from services.isolation.needs.balance import without_task
from services.isolation.permits import balance as of_permits
from services.isolation.plans.tables import tasks
from services.isolation.policies.said_of import said_of_policies
from services.isolation.positives.balance import not_seen_to, unknown
from services.isolation.release.left_behind import left_behind
from services.isolation.rounds.said_of import said_of_rounds
from services.isolation.teams.copies import PLACES, STAFF
from services.isolation.tests.lists import decided_batches, taken_up
from services.isolation.transfers import balance as of_transfers

COPIES: Final = (PLACES, STAFF)
_LATE: Final = timedelta(minutes=5)
"""Timers look every few seconds: what they have not done after so long, they do not do."""
_LACKS = {
    "task_count": ("task", "the case has another number of tasks than were planned"),
    "history_count": ("case history", "the case has another number of history lines than it counts"),
    "task_without_case": ("case", "there are tasks of it, and no case"),
    "history_without_case": ("case", "there is history of it, and no case"),
    "nobody_responsible": ("owner", "nobody is responsible, and it does not wait for anybody"),
    "silent_task": ("next step", "a task of the case is not done, and nobody is informed of it any more"),
    "nothing_next": ("next task", "the case is open, and nothing is to be done or to be planned"),
}


# -- arrivals ------------------------------------------------------------------------------------------------


def taken_in(conn: Connection) -> VersionRows:
    """Every arrival that has a case. Of most only the first version is known, and their story is not read.

    In a story a chapter is a list that begins with the arrival's version; one without is a change of policy.
    """
    c = cases.c
    if conn.dialect.name == "postgresql":
        version: Any = func.json_array_elements(cast(c.chapters, JSON)).column_valued("chapter").op("->>")(0)
    else:
        version = func.json_extract(func.json_each(c.chapters).table_valued("value").c.value, "$[0]")
    known = select(func.count(version.distinct())).correlate(cases).scalar_subquery()
    return versions(c.case_id, case((c.arrival_version > 1, known), else_=c.arrival_version))


def versions_taken_in(conn: Connection, ids: Sequence[str]) -> dict[str, set[int]]:
    rows = conn.execute(select(cases.c.case_id, cases.c.chapters).where(is_in(conn, cases.c.case_id, ids)))
    return {id: _versions_in(chapters) for id, chapters in rows}


def excused(conn: Connection, ids: Sequence[str]) -> set[tuple[str, int]]:
    """Arrivals that wait for a policy: none has been imported for their place and time."""
    w = waiting_for_policy.c
    rows = conn.execute(select(w.arrival_id, w.version).where(is_in(conn, w.arrival_id, ids)))
    return {(id, version) for id, version in rows}


def _versions_in(chapters: str | Sequence[Any]) -> set[int]:
    """The arrival's versions in a case's story; a chapter without one is a change of policy."""
    story: Sequence[Any] = orjson.loads(chapters) if isinstance(chapters, str) else chapters
    return {version for version, *_ in story if version is not None}


# -- cases ---------------------------------------------------------------------------------------------------


def recorded(conn: Connection) -> VersionRows:
    """Every case that was published, by its id."""
    return versions(cases.c.case_id, cases.c.version).where(cases.c.version > 0)


def recorded_at(conn: Connection, ids: Sequence[str]) -> dict[str, RecordedAt]:
    """By the case's history, to which every change adds a line."""
    h = case_history.c
    rows = conn.execute(
        select(h.case_id, func.min(h.at), func.max(h.at))
        .where(is_in(conn, h.case_id, ids))
        .group_by(h.case_id)
    )
    return {id: RecordedAt(first, newest) for id, first, newest in rows}


# -- its own account -----------------------------------------------------------------------------------------


def sums(conn: Connection, today: date) -> Sums:
    """Every case has the tasks that were planned, somebody responsible and something next; every command that
    was answered as done stands in a case's history.

    :param today: the field's day in the district's time zone.
    """
    own = queries.audit(conn, today=today)
    owned, closed = conn.execute(
        select(
            func.coalesce(
                func.sum(case((cases.c.closed_at.is_(None) & cases.c.owner.is_not(None), 1), else_=0)), 0
            ),
            func.coalesce(func.sum(case((cases.c.closed_at.is_not(None), 1), else_=0)), 0),
        )
    ).one()
    found = Sums(
        {
            "cases": {
                "all": own["cases"],
                "closed": int(closed),
                "with_owner": int(owned),
                "waiting_for_owner": own["cases"] - int(closed) - int(owned),
                "by_state": own["cases_by_state"],
            },
            "tasks": {
                "planned": own["tasks_planned"],
                "found": own["tasks_found"],
                "by_state": own["tasks_by_state"],
            },
        }
    )
    found.balanced = own["balanced"]
    every = union_all(
        *(queries.noted_commands(conn), taken_up(conn), decided_batches(conn)),
        *(*said_of_rounds(conn), *said_of_policies(conn)),
    ).subquery()
    said = answered(conn, select(*every.c))
    found.by_subject["commands_to_isolation"] = {
        "done": said.done,
        "in_history": said.done - said.missing_count,
    }
    for source, id in said.missing:
        found.lack("command", f"{source} {id}", "it was answered as done, and no history names it")
    found.count_unnamed(said.missing_count, len(said.missing))
    count, named = without_task(conn)
    for id in named:
        found.lack("need", id, "the task that meets it is not there")
    found.count_unnamed(count, len(named))
    count, named = of_permits.without_task(conn)
    for id in named:
        found.lack("permit", id, "the task of whoever decides is not there")
    found.count_unnamed(count, len(named))
    count, named = of_transfers.without_task(conn)
    for id in named:
        found.lack("transfer", id, "the task of whoever sees to it is not there")
    found.count_unnamed(count, len(named))
    count, named = of_breaches.without_task(conn)
    for id in named:
        found.lack("breach", id, "the task of whoever judges is not there")
    found.count_unnamed(count, len(named))
    count, named = of_central.without_task(conn)
    for id in named:
        found.lack("move", id, "the task of whoever sees to it is not there")
    found.count_unnamed(count, len(named))
    count, named = of_central.held_for_who_has_gone(conn)
    for id in named:
        found.lack("bed", id, "it is taken, and whoever was admitted is not in central isolation")
    found.count_unnamed(count, len(named))
    count, named = of_central.given_twice(conn)
    for id in named:
        found.lack("bed", id, "more beds of the room are held and taken than there are")
    found.count_unnamed(count, len(named))
    for problem in own["problems"]:
        what, why = _LACKS.get(problem["what"], (problem["what"], "isolation's own audit found it"))
        counted = _task_counts(conn, problem["cases"]) if problem["what"] == "task_count" else {}
        for case_id in problem["cases"]:
            found.lack(what, case_id, counted.get(case_id) or why)
        found.count_unnamed(problem["count"], len(problem["cases"]))
    return found


def late(conn: Connection, now: datetime, zone: ZoneInfo) -> Sums:
    """Open cases that are not planned for today, due tasks of which nobody was told in time, cases at their
    end of which nobody looks whether they may be released, what nobody sees to though it is open, and cases
    of people only informed that do not end.
    """
    found = Sums()
    kinds = {
        ("plan", "the case is not planned for today"): queries.not_planned(conn, local_day(now, zone)),
        ("step", "the task's next step of the ladder is due, and nobody was told"): queries.not_told(
            conn, now - _LATE
        ),
        ("release", "its days are over, and nobody looks whether it may be released"): queries.not_looked_at(
            conn, now - _LATE
        ),
        ("positive", "something was found in samples, and nobody looks what follows"): not_seen_to(
            conn, now - _LATE
        ),
        (
            "transfer",
            "it is not settled for whoever is followed, and no officer has the task",
        ): of_transfers.seen_to_by_nobody(conn, now - _LATE),
        (
            "move",
            "it is not settled for whoever is followed, and no officer has the task",
        ): of_central.seen_to_by_nobody(conn, now - _LATE),
        ("end", "they are informed and their day is over, and the case does not end"): left_behind(
            conn, now, zone
        ),
        ("positive", "a result is positive, and it stands nowhere that it is looked what follows"): unknown(
            conn, now
        ),
    }
    for (what, why), (count, named) in kinds.items():
        for id in named:
            found.lack(what, id, why)
        found.count_unnamed(count, len(named))
    return found


def _task_counts(conn: Connection, case_ids: Sequence[str]) -> dict[str, str]:
    there = select(func.count()).where(tasks.c.case_id == cases.c.case_id).scalar_subquery()
    rows = conn.execute(
        select(cases.c.case_id, cases.c.tasks_planned, there).where(is_in(conn, cases.c.case_id, case_ids))
    )
    return {
        case_id: f"{planned} tasks of the case were planned, {n} are there" for case_id, planned, n in rows
    }
