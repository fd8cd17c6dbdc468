"""Tasks that were not done in time are brought up the ladder."""

from __future__ import annotations

from sqlalchemy import select

from chassis.database.statements import update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation import tables as t
from services.isolation.cases import taking
from services.isolation.cases.events import caused_by_case
from services.isolation.plans import states
from services.isolation.policies.escalation import NOBODY, rung, tell_at
from services.isolation.reference import current
from services.isolation.teams.ladder import whom


def find_overdue(uow: UnitOfWork) -> int:
    """Tell what was not done in time one step further up the ladder, each step once."""
    k, c = t.tasks.c, t.cases.c
    rows = [
        t.as_dict(row)
        for row in uow.conn.execute(
            select(
                *(k[n] for n in ("task_id", "case_id", "kind", "day", "due_by", "role", "staff_id")),
                *(k[n] for n in ("state", "told")),
                *(c[n] for n in ("policy_id", "street", "community", "grid", "owner", "correlation_id")),
            )
            .join_from(t.tasks, t.cases, k.case_id == c.case_id)
            .where(k.tell_at <= uow.now)
            .order_by(k.tell_at)
            .limit(taking.CHUNK)
            .with_for_update(of=t.tasks, skip_locked=True)
        ).mappings()
    ]
    if not rows:
        return 0
    reference = current(uow.conn, uow.zone)
    for row in rows:
        policy = reference.policies.by_id[row["policy_id"]]
        step = row["told"] + 1
        first = rung(policy, step)
        found = whom(reference, row, policy, first)
        uow.record(
            "task.overdue",
            row["task_id"],
            step,
            {
                "task_id": row["task_id"],
                "case_id": row["case_id"],
                "arrival_id": row["case_id"],
                "kind": row["kind"],
                "day": row["day"],
                "due_by": row["due_by"],
                "step": step,
                "tell": found or {"level": first.level, "place": row.get(first.level), "staff": []},
                "community": row["community"],
            },
            cause=caused_by_case(uow, row["case_id"], row["correlation_id"]),
        )
        if row["state"] == states.DUE:
            row["state"] = states.TASK.move(states.DUE, states.MISSED)
        row["told"], row["told_level"] = step, found["level"] if found else NOBODY
        row["tell_at"] = tell_at(policy, row["due_by"], step + 1)
    changed = ("state", "told", "told_level", "tell_at")
    update_rows(
        uow.conn,
        t.tasks,
        [{name: row[name] for name in ("task_id", *changed)} for row in rows],
        key=["task_id"],
        set=changed,
    )
    return len(rows)
