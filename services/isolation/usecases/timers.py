"""What isolation does by the clock.

Each takes a bounded number of rows by their state ("to be planned", "due and not told"), skips those another
replica holds, and returns how many it took. Nothing depends on how often or when they run. Rows are taken as
the index gives them: thousands fall due at the same moment, and sorting them for each thousand would be slow.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, delete, select, type_coerce, update

from chassis.database.statements import lock_rows, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import ONE, dump_event, read_message
from contracts.registry import read_data
from services.isolation import tables as t
from services.isolation.domain import states
from services.isolation.domain.escalation import NOBODY, rung, tell_at
from services.isolation.domain.story import Chapter, in_order
from services.isolation.reference import current
from services.isolation.usecases.casebook import Case, Casebook, is_corrected
from services.isolation.usecases.follow_arrivals import follow_arrivals
from services.isolation.usecases.ladder import whom
from services.isolation.usecases.notices import chapter_in
from services.isolation.usecases.telling import caused_by_case

_CHUNK = 1000


def plan_next_day(uow: UnitOfWork) -> int:
    """Plan what is due tomorrow for every case followed; days that were missed are planned too."""
    book = Casebook(uow, current(uow.conn, uow.zone))
    cases = _take(uow, t.cases.c.plan_next <= book.through, t.cases.c.plan_next)
    for case in cases:
        book.plan_more(case)
    book.write()
    return len(cases)


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
            .limit(_CHUNK)
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
            row["state"] = states.move_task(states.DUE, states.MISSED)
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


def assign_waiting(uow: UnitOfWork) -> int:
    """Give cases without an owner to staff that have come since; then fill the teams that lack somebody."""
    book = Casebook(uow, current(uow.conn, uow.zone))
    c = t.cases.c
    older = c.staff_epoch < book.reference.staff.revision
    cases = _take(uow, c.unassigned_since.is_not(None) & older, c.staff_epoch)
    ready = [case for case in cases if book.may_be_assigned(case)]
    if not cases:
        thin = c.team_lacks.is_not(None) & c.closed_at.is_(None)
        cases = _take(uow, thin & older, c.staff_epoch)
        ready = [case for case in cases if book.may_be_filled(case)]
    passed_over = {case["case_id"] for case in cases} - {case["case_id"] for case in ready}
    others = [{"case_id": case, "staff_epoch": book.reference.staff.revision} for case in sorted(passed_over)]
    update_rows(uow.conn, t.cases, others, key=["case_id"], set=["staff_epoch"])
    book.tasks.read([case["case_id"] for case in ready])
    book.loads.read(_wanted(book, ready))
    for case in ready:
        if case["owner"] is None:
            book.assign(case, reason="staff_came")
        else:
            book.revise(case, cause=None, reason="staff_came", from_today=True)
    book.write()
    return len(cases)


def hand_over(uow: UnitOfWork) -> int:
    """Give the cases of staff who have left to those who are there; where nobody is, they wait on the list.

    Open cases are searched through for them: it happens seldom, and an index would cost every arrival.
    """
    s, load = t.staff.c, t.staff_load
    left = uow.conn.execute(
        select(s.staff_id)
        .join_from(t.staff, load, load.c.staff_id == s.staff_id)
        .where(s.active.is_(False), load.c.cases > 0)
        .order_by(s.staff_id)
        .limit(1)
    ).scalar_one_or_none()
    if left is None:
        return 0
    c = t.cases.c
    theirs = c.closed_at.is_(None) & type_coerce(c.team, Text).contains(f'"{left}"', autoescape=True)
    cases = _take(uow, theirs, c.case_id)
    if not cases:
        # A replica that does not know yet waits for this lock, or has committed before the search.
        lock_rows(uow.conn, load, "staff_id", [left])
        held = uow.conn.execute(select(c.case_id).where(theirs).limit(1)).first()
        if held is None:  # what is counted are cases that have ended since
            uow.conn.execute(update(load).where(load.c.staff_id == left).values(cases=0))
        return 0
    book = Casebook(uow, current(uow.conn, uow.zone))
    book.tasks.read([case["case_id"] for case in cases])
    book.loads.read(_wanted(book, cases))
    for case in cases:
        book.revise(case, cause=None, reason="staff_left", from_today=True)
    book.write()
    return len(cases)


def apply_policies(uow: UnitOfWork) -> int:
    """A policy that says it applies to open cases, or was corrected: their plan is made anew from today."""
    reference = current(uow.conn, uow.zone)
    book = Casebook(uow, reference)
    c = t.cases.c
    cases = _take(uow, c.closed_at.is_(None) & (c.policy_epoch < book.open_epoch), c.policy_epoch)
    affected: list[tuple[Case, list[Chapter]]] = []
    untouched: list[Case] = []
    for case in cases:
        chapters = [chapter_in(stored) for stored in case["chapters"]]
        policy = reference.policies.in_force(case["division"], uow.now)
        if policy and policy.applies_to_open_cases and policy.policy_id != case["policy_id"]:
            chapters = in_order([*chapters, Chapter(None, uow.now, (), policy.policy_id)])
        elif not is_corrected(case, reference.policies.by_id[case["policy_id"]]):
            untouched.append({"case_id": case["case_id"], "policy_epoch": book.open_epoch})
            continue
        case["policy_epoch"] = book.open_epoch
        affected.append((case, chapters))
    update_rows(uow.conn, t.cases, untouched, key=["case_id"], set=["policy_epoch"])
    book.tasks.read([case["case_id"] for case, _ in affected])
    book.loads.read(_wanted(book, [case for case, _ in affected]))
    for case, chapters in affected:
        book.revise(case, chapters=chapters, cause=None, reason="policy_changed", from_today=True)
    book.write()
    return len(cases)


def open_waiting(uow: UnitOfWork) -> int:
    """Open the cases of arrivals that came before any policy was there."""
    w = t.waiting_for_policy
    reference = current(uow.conn, uow.zone)
    epoch = reference.policies.epoch(uow.now)
    rows = uow.conn.execute(
        select(w.c.arrival_id, w.c.version, w.c.event)
        .where(w.c.policy_epoch < epoch)
        .order_by(w.c.arrival_id, w.c.version)
        .limit(200)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    events = [read_data(event) for row in rows for event in read_message(dump_event(row.event), ONE)]
    uow.conn.execute(
        delete(w).where(w.c.arrival_id == bindparam("arrival"), w.c.version == bindparam("number")),
        [{"arrival": row.arrival_id, "number": row.version} for row in rows],
    )
    follow_arrivals(uow, events)  # writes those again that have still no policy, under the new epoch
    return len(rows)


def _take(uow: UnitOfWork, wanted: ColumnElement[bool], order: ColumnElement[Any]) -> list[Case]:
    c = t.cases
    found = uow.conn.execute(
        select(c).where(wanted).order_by(order).limit(_CHUNK).with_for_update(skip_locked=True)
    )
    return [t.as_dict(row) for row in found.mappings()]


def _wanted(book: Casebook, cases: list[Case]) -> Any:
    for case in cases:
        stands = book.standing([chapter_in(stored) for stored in case["chapters"]], case["arrived_at"])
        yield book.roles_of(stands), book.places_of(case)
