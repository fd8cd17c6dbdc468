"""The story of a case as officers read it: its tasks with what was said of them, its history, its team."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.doors.declared import Asked, Column, ThingQuery
from field.scope import Scope
from services.isolation.cases.decisions import possible
from services.isolation.cases.first_day import FIRST_DAY_COLUMNS, first_day, standing_as_planned
from services.isolation.cases.lists import CASE
from services.isolation.cases.rows import story_from
from services.isolation.cases.states import FOLLOWED, MOVED_TO_CENTRAL
from services.isolation.cases.story import entry, standing
from services.isolation.cases.tables import case_history, cases
from services.isolation.cases.to_come import stages_to_come
from services.isolation.plans import states
from services.isolation.plans.rows import acts_from
from services.isolation.plans.tables import tasks
from services.isolation.policies.known import policies_with_ids
from services.isolation.policies.rules import CONFIRM_TRANSFER
from services.isolation.policies.tables import policies

_PLAIN: Final = (
    *("role", "from", "to", "kind", "because", "how", "cause", "until", "level", "held_until", "measure"),
    *("reason", "outcome", "result", "stage", "owner", "state", "release_on", "late", "changed", "language"),
    *("witness", "lacks", "group", "stays"),
)
"""What a line of history is shown with: words of the vocabulary, ids and moments. Notes stay sealed."""
_GOES_ON: Final = FOLLOWED | {MOVED_TO_CENTRAL}
"""States in which stages of their measure may follow."""
_OF_TASK: Final = (
    *("task_id", "kind", "about", "day", "due_from", "due_by", "role", "staff_id", "state", "told_level"),
    *("tell_at", "version", "acts"),
)


def _case_story(conn: Connection, scope: Scope, asked: Asked, id: str) -> Mapping[str, Any] | None:
    """Of a case that the author reaches; None otherwise."""
    case = CASE.find(conn, scope, asked, id)
    if case is None:
        return None
    c = cases.c
    row = conn.execute(select(c.team, *FIRST_DAY_COLUMNS).where(c.case_id == id)).one()
    named = select(policies.c.edition, policies.c.title).where(policies.c.policy_id == row.policy_id)
    policy = conn.execute(named).one_or_none()
    of_it = _tasks(conn, id, asked.zone)
    story = story_from(row.chapters)
    known = policies_with_ids(conn, {chapter.policy_id for chapter in story}, asked.zone)
    as_planned = standing_as_planned(conn, row, known, asked.zone)
    goes_on = case["state"] in _GOES_ON
    entered_on = entry(story)
    asked_for = any(one["kind"] == CONFIRM_TRANSFER and one["state"] in states.LIVE for one in of_it)
    return {
        **case,
        "decisions": list(possible(case["state"], asked=asked_for)) if case["version"] else [],
        "edition": policy.edition if policy else None,
        "first_day": first_day(row, as_planned).isoformat(),
        "entered_on": entered_on.isoformat() if entered_on else None,
        "then": stages_to_come(standing(story, row.arrived_at, known, asked.zone)) if goes_on else [],
        "policy_title": policy.title if policy else None,
        "team": [{"role": role, "staff_id": staff_id} for role, staff_id in row.team],
        "tasks": of_it,
        "history": _history(conn, id, asked.zone),
        "as_of": asked.now,
    }


def _tasks(conn: Connection, case_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Those that were not taken back, in order of time."""
    k = tasks.c
    rows = conn.execute(
        select(*(k[name] for name in _OF_TASK))
        .where(k.case_id == case_id, k.state != states.CANCELLED)
        .order_by(k.due_from, k.due_by, k.kind, k.about)
    )
    return [_task(row, zone) for row in rows]


def _task(row: Any, zone: ZoneInfo) -> dict[str, Any]:
    said = acts_from(row.acts).said if row.acts else ()
    plain = ("task_id", "kind", "about", "day", "role", "staff_id", "state", "told_level")
    return {
        **{name: getattr(row, name) for name in plain},
        "version": row.version or 0,
        "due_from": _local(row.due_from, zone),
        "due_by": _local(row.due_by, zone),
        "next_step_at": _local(row.tell_at, zone),
        "acts": [
            {
                "what": act.what,
                "at": _local(act.at, zone),
                "staff_id": act.staff_id,
                "because": act.because,
                "how": act.how,
                "until": _local(act.until, zone),
            }
            for act in said
        ],
    }


def _history(conn: Connection, case_id: str, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The newest line first. `at` is when it happened; `who` the member of staff, or the source, if any."""
    h = case_history.c
    rows = conn.execute(
        select(h.number, h.at, h.what, h.event_id, h.detail)
        .where(h.case_id == case_id)
        .order_by(h.number.desc())
    )
    lines = []
    for row in rows:
        detail = row.detail
        at = datetime.fromisoformat(detail["at"]) if detail.get("at") else row.at
        by = detail.get("by")
        lines.append(
            {
                "number": row.number,
                "at": _local(at, zone),
                "what": row.what,
                "who": detail.get("staff_id") or by,
                "note": "note" in detail,
                "tasks": len(detail["tasks"]) if isinstance(detail.get("tasks"), list) else None,
                "with": {name: detail[name] for name in _PLAIN if detail.get(name) is not None},
            }
        )
    return lines


def _local(moment: datetime | None, zone: ZoneInfo) -> str | None:
    return moment.astimezone(zone).isoformat() if moment else None


CASE_STORY = ThingQuery(
    "case_story",
    find=_case_story,
    columns=(
        *CASE.columns,
        Column("first_day"),
        Column("entered_on"),
        Column("then"),
        Column("edition"),
        Column("policy_title"),
        Column("decisions"),
        Column("team"),
        Column("tasks"),
        Column("history"),
        Column("as_of", "moment"),
    ),
)
