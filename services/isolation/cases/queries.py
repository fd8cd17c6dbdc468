"""Queries: one case with its history, and whether all sums add up."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import JSON, Column, ColumnElement, Select, and_, cast, func, select
from sqlalchemy.engine import Connection

from field.days import local_day
from services.isolation.cases import tables as t
from services.isolation.cases.case import Case
from services.isolation.cases.release_checks import forgotten_cases
from services.isolation.cases.rows import case_from
from services.isolation.plans import states
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks
from services.isolation.policies.counting import day_number
from services.isolation.policies.documents import stored_policy
from services.isolation.policies.rules import SEE_ABNORMAL
from services.isolation.policies.tables import policies

MOST_NAMED = 100
"""So many cases with a problem are named; the count is always of all."""
_CHINA = ZoneInfo("Asia/Shanghai")


def trace(conn: Connection, arrival_id: str, *, zone: ZoneInfo = _CHINA) -> dict[str, Any]:
    """Everything isolation knows of one arrival. No personal data: persons stay sealed."""
    row = conn.execute(select(t.cases).where(t.cases.c.case_id == arrival_id)).one_or_none()
    case = case_from(row) if row else None
    w = t.waiting_for_policy.c
    waiting = conn.execute(
        select(w.version, w.since).where(w.arrival_id == arrival_id).order_by(w.version)
    ).mappings()
    return {
        "case": _case(conn, case) if case else None,
        "days": _days(conn, arrival_id, zone, case.counted_from if case else None),
        "history": [
            _line(row)
            for row in conn.execute(
                select(t.case_history)
                .where(t.case_history.c.case_id == arrival_id)
                .order_by(t.case_history.c.number)
            )
        ],
        "waiting_for_policy": [dict(row) for row in waiting],
    }


def audit(conn: Connection, *, today: date | None = None) -> dict[str, Any]:
    """Whether the sums add up; cases with a problem are named.

    - every case has as many tasks as it says were planned, and as much history as it says;
    - every task and every line of history belongs to a case;
    - every open case has an owner or stands on the list of those that wait for one;
    - every open case has something next: an unfinished task, or days still to be planned;
    - every unfinished task has a next step of its ladder: none ends by silence.

    :param today: the field's day in the jurisdiction's zone; without it a case whose next day ought to have
        been planned long ago counts as having something next.
    """
    c = t.cases.c
    problems = {
        "task_count": _named(conn, _count_differs(tasks.c.case_id, c.tasks_planned)),
        "history_count": _named(conn, _count_differs(t.case_history.c.case_id, c.notes)),
        "task_without_case": _named(conn, _without_case(tasks.c.case_id)),
        "history_without_case": _named(conn, _without_case(t.case_history.c.case_id)),
        "nobody_responsible": _named(
            conn,
            select(c.case_id, func.count().over())
            .where(c.closed_at.is_(None), c.owner.is_(None), c.unassigned_since.is_(None))
            .order_by(c.case_id),
        ),
        "nothing_next": _named(conn, _nothing_next(today)),
        "silent_task": _named(conn, _silent_tasks()),
    }
    by_state = _by_state(conn, c.state)
    tasks_by_state = _by_state(conn, tasks.c.state)
    planned = conn.execute(select(func.coalesce(func.sum(c.tasks_planned), 0))).scalar_one()
    return {
        "balanced": not any(count for count, _ in problems.values())
        and planned == sum(tasks_by_state.values()),
        "cases": sum(by_state.values()),
        "cases_by_state": by_state,
        "unassigned": _count(conn, select(func.count()).where(c.unassigned_since.is_not(None))),
        "tasks_planned": int(planned),
        "tasks_found": sum(tasks_by_state.values()),
        "tasks_by_state": tasks_by_state,
        "waiting_for_policy": _count(conn, select(func.count(t.waiting_for_policy.c.arrival_id.distinct()))),
        "problems": [
            {"what": what, "count": count, "cases": named}
            for what, (count, named) in problems.items()
            if count
        ],
    }


def not_planned(conn: Connection, today: date) -> tuple[int, list[str]]:
    """Open cases whose plan does not reach this day: (how many, the first of them)."""
    c = t.cases.c
    late = select(c.case_id, func.count().over()).where(c.plan_next <= today).order_by(c.plan_next)
    return _named(conn, late)


def not_told(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Tasks whose next step of the ladder was due before that: (how many, the first of them)."""
    k = tasks.c
    return _named(conn, select(k.task_id, func.count().over()).where(k.tell_at < since).order_by(k.tell_at))


def not_looked_at(conn: Connection, since: datetime) -> tuple[int, list[str]]:
    """Cases of which it was to be looked before that whether they may be released, and those of which
    nobody will: (how many, the first).
    """
    r = t.release_checks.c
    open_case = t.cases.c.closed_at.is_(None)  # a process of a version before may leave rows of ended ones
    late = (
        select(r.case_id).join(t.cases, t.cases.c.case_id == r.case_id).where(r.check_at < since, open_case)
    )
    never = forgotten_cases()
    both = late.union_all(never).subquery()
    return _named(conn, select(both.c.case_id, func.count().over()).order_by(both.c.case_id))


def _case(conn: Connection, case: Case) -> dict[str, Any]:
    """The case as `doorstep trace` shows it."""
    p, arrival = policies.c, case.arrival
    published = conn.execute(select(p.version, p.document).where(p.policy_id == case.policy_id)).one_or_none()
    policy = stored_policy(published.document, published.version) if published else None
    rule = policy.rules.get(case.risk_level) if policy else None
    return {
        "case_id": case.case_id,
        "state": case.state,
        "version": case.version,
        "risk_level": case.risk_level,
        "measure": case.measure,
        "days": case.days,
        "counted_from": case.counted_from,
        "release_on": case.release_on,
        "division": arrival.division,
        "street": arrival.street,
        "community": arrival.community,
        "grid": arrival.grid,
        "household_id": arrival.household_id,
        "owner": case.owner,
        "unassigned_since": case.unassigned_since,
        "tasks_planned": case.tasks_planned,
        "planned_until": case.planned_until,
        "opened_at": case.opened_at,
        "closed_at": case.closed_at,
        "correlation_id": case.correlation_id,
        "policy": {"policy_id": case.policy_id, "edition": policy.edition if policy else None},
        "test_days": list(rule.tests.days) if rule and rule.tests else [],
        "team": [{"role": role, "staff_id": staff_id} for role, staff_id in case.team],
        "known_from": [{"version": c.version, "at": c.at.isoformat()} for c in case.story],
    }


def _line(row: Any) -> dict[str, Any]:
    """A line of history. `at`: when it was noted; `happened_at`: when it was, of what somebody said."""
    detail = dict(row.detail)
    happened_at = detail.pop("at", None)
    line = {"at": row.at, "what": row.what, "event_id": row.event_id, **detail}
    return line | ({"happened_at": datetime.fromisoformat(happened_at)} if happened_at else {})


def _days(conn: Connection, case_id: str, zone: ZoneInfo, day_zero: date | None) -> list[dict[str, Any]]:
    """The tasks by local day, each day in order of time."""
    k = tasks.c
    rows = conn.execute(select(tasks).where(k.case_id == case_id).order_by(k.due_from, k.kind, k.about))
    days: dict[date, dict[str, Any]] = {}
    for row in rows:
        on = local_day(row.due_from, zone)
        day = days.setdefault(on, {"date": on, "day": day_number(on, day_zero or on), "tasks": []})
        day["tasks"].append(
            {
                "task_id": row.task_id,
                "kind": row.kind,
                "about": row.about or None,
                "due_from": _local(row.due_from, zone),
                "due_by": _local(row.due_by, zone),
                "role": row.role,
                "staff_id": row.staff_id,
                "state": row.state,
                "told": row.told,
                **(_acts(row.kind, row.acts, zone) if row.acts else {}),
            }
        )
    return list(days.values())


def _acts(kind: str, stored: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    """What was said of a task, in the order in which it happened; of what alarmed, when it was seen."""
    acts = acts_from(stored)
    seen = {"seen_at": _local(acts.seen_at, zone)} if kind == SEE_ABNORMAL and acts.seen_at else {}
    said = map(asdict, acts.said)
    return seen | {
        "acts": [{name: value for name, value in act.items() if value is not None} for act in said]
    }


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return moment.astimezone(zone)


def _by_state(conn: Connection, state: Column[Any]) -> dict[str, int]:
    return {name: count for name, count in conn.execute(select(state, func.count()).group_by(state))}


def _count(conn: Connection, statement: Select[Any]) -> int:
    return int(conn.execute(statement).scalar_one())


def _named(conn: Connection, statement: Select[Any]) -> tuple[int, list[str]]:
    """(how many, the first of them): the statement selects an id and the count over all."""
    rows = conn.execute(statement.limit(MOST_NAMED)).all()
    return (int(rows[0][1]) if rows else 0), [row[0] for row in rows]


def _count_differs(of_case: Any, said: Any) -> Select[Any]:
    counted = select(of_case, func.count().label("counted")).group_by(of_case).subquery()
    return (
        select(t.cases.c.case_id, func.count().over())
        .outerjoin(counted, counted.c[of_case.name] == t.cases.c.case_id)
        .where(func.coalesce(counted.c.counted, 0) != said)
        .order_by(t.cases.c.case_id)
    )


def _without_case(of_case: Any) -> Select[Any]:
    known = select(t.cases.c.case_id).where(t.cases.c.case_id == of_case)
    return select(of_case, func.count().over()).where(~known.exists()).distinct().order_by(of_case)


def noted_commands(conn: Connection) -> Select[tuple[str, str]]:
    """(source, id) of the commands that the histories of cases name."""
    h = t.case_history.c
    by: Any = func.json_extract(h.detail, "$.by")
    if conn.dialect.name == "postgresql":
        by = cast(h.detail, JSON).op("->>")("by")
    return select(by, h.event_id).where(h.event_id.is_not(None))


def _silent_tasks() -> Select[Any]:
    k = tasks.c
    silent = k.state.in_(sorted(states.LIVE)) & k.tell_at.is_(None)
    return select(k.case_id, func.count().over()).where(silent).distinct().order_by(k.case_id)


def _nothing_next(today: date | None) -> Select[Any]:
    c, k = t.cases.c, tasks.c
    unfinished = select(k.task_id).where(k.case_id == c.case_id, k.state.in_(sorted(states.LIVE)))
    still_to_plan: ColumnElement[bool] = c.plan_next.is_not(None)
    # Everything was done, and its last day has come: it waits for its release.
    settled = select(k.task_id).where(k.case_id == c.case_id, k.state.in_((states.DONE, states.WAIVED)))
    at_its_end: ColumnElement[bool] = settled.exists()
    if today is not None:
        still_to_plan = and_(still_to_plan, c.planned_until >= today)
        at_its_end = and_(at_its_end, c.release_on <= today)
    return (
        select(c.case_id, func.count().over())
        .where(c.closed_at.is_(None), ~still_to_plan, ~unfinished.exists(), ~at_its_end)
        .order_by(c.case_id)
    )
