"""A case ended because its arrival is another one: what is known of it holds whoever is followed on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.breaches.tables import breaches
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import CHUNK, Casebook, casebook
from services.isolation.cases.decisions import RELEASE
from services.isolation.cases.in_hand import cases_in_hand
from services.isolation.cases.merged import going_on, known_as
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import REOPENED, Change
from services.isolation.cases.story import absence
from services.isolation.cases.tables import merged_cases
from services.isolation.central.see_to_home import see_to_home
from services.isolation.central.two_again import (
    because_of,
    decided_meanwhile,
    end_as_decided,
    ended_as_another,
    leads_home,
)
from services.isolation.check_ins.tables import check_ins
from services.isolation.plans.rows import lock_tasks
from services.isolation.policies.rules import (
    JUDGE_BREACH,
    SEE_ABNORMAL,
    SEE_BREACH,
    SETTLE_BREACH,
    TRANSFER_TASKS,
)
from services.isolation.release.codes import await_codes
from services.isolation.release.facts import KINDS, facts_of
from services.isolation.release.rules import HEALTH_AND_WILL, lacks
from services.isolation.tests.followed import look_again
from services.isolation.transfers.tables import transfers

_AGAIN_AFTER: Final = timedelta(minutes=1)
"""So long until it is looked again for a case of which no news have come."""
_BY_MISTAKE: Final = ("wrongly_opened", "other")
"""Reasons of an officer to take a case back after which they are followed under the other one."""
_M: Final = merged_cases.c


def look_at_merged(uow: UnitOfWork) -> int:
    """Tell the case that goes on, which is looked at anew; where it had ended, see whether it must not have.

    So in whatever order news, facts and decisions come. Tasks that went with the ended case are planned again
    by another timer (households/plan_again.py).
    """
    due = select(merged_cases).where(_M.look_at <= uow.now).order_by(_M.look_at)
    rows = uow.take(due, _M.case_id, CHUNK)
    if not rows:
        return 0
    later, gone = [], []
    with casebook(uow) as book:
        named = {id for row in rows for id in (row.case_id, row.went_on_as) if id}
        ends = going_on(uow.conn, named)
        locked = book.lock({ends.get(id, id) for id in named})
        reopen: dict[str, Case] = {}
        homes: set[str] = set()
        decided: dict[str, tuple[str, str]] = {}  # case -> the decision, and the case under which it was
        for row in rows:
            end_id = ends.get(row.case_id)
            left = ends.get(row.went_on_as, row.went_on_as)
            if left in locked and left not in (row.case_id, end_id):
                locked[left] = _let_go(book, locked[left], row.case_id)
            homes |= {id for id in (left, end_id or row.case_id) if id in locked}
            own = row.case_id if row.goes_on_as is None else None
            for id in (left, own):
                if id in locked:
                    other = locked.get(left or "") if id == own else None
                    _see_to_bed(uow.conn, locked[id], other, reopen, decided)
            if row.goes_on_as is None:
                gone.append({"case_id": row.case_id, "version": row.version})
                continue
            end = locked.get(end_id or "")
            if end is not None:
                locked[end.case_id] = end = _with_line(book, end, "merged_with", row.case_id)
                if row.was_followed and _must_open(book, end):
                    reopen[end.case_id] = end
            look_at = None if end is not None else uow.now + _AGAIN_AFTER
            later.append(
                {"case_id": row.case_id, "version": row.version, "went_on_as": None, "look_at": look_at}
            )
        for id in sorted(homes):
            if locked[id].closed_at is None:
                locked[id] = see_to_home(book, locked[id])
        _open(book, [locked[id] for id in reopen])
    if decided:
        with cases_in_hand(uow, {id for id, (_, under) in decided.items() for id in (id, under)}) as hand:
            for id, (decision, under) in sorted(decided.items()):
                if (case := hand.find(id)) and (followed := hand.find(under)):
                    end_as_decided(hand, case, decision, followed)
        await_codes(uow, {id for id, (decision, _) in decided.items() if decision == RELEASE})
    look_again(uow.conn, {*named, *locked}, uow.now)
    # Where news came meanwhile, it is looked at once more.
    update_rows(uow.conn, merged_cases, later, key=["case_id", "version"], set=["went_on_as", "look_at"])
    delete_rows(uow.conn, merged_cases, gone, key=["case_id", "version"])
    return len(rows)


def _see_to_bed(
    conn: Connection,
    case: Case,
    under: Case | None,
    reopen: dict[str, Case],
    decided: dict[str, tuple[str, str]],
) -> None:
    """Note whether the case opens again, or ends as it was decided of whoever had the bed.

    :param under: the one that went on for both until now, where it is another.
    """
    decision = decided_meanwhile(conn, case)
    if decision and under and not leads_home(conn, decision, under):
        decided[case.case_id] = (decision, under.case_id)
    # Whoever had ended as the bed of the other went along was at home, and is followed again.
    elif decision or ended_as_another(conn, case):
        reopen[case.case_id] = case


def _with_line(book: Casebook, case: Case, what: str, other: str) -> Case:
    case = replace(case, history_lines=case.history_lines + 1)
    book.add_line(case, what, None, {"other": other})
    return case


def _let_go(book: Casebook, case: Case, other: str) -> Case:
    """They are two again: nobody sees under this case to what was measured, or asked, under the other."""
    conn = book.uow.conn
    kinds = (SEE_ABNORMAL, *TRANSFER_TASKS, SEE_BREACH, JUDGE_BREACH, SETTLE_BREACH)
    found = lock_tasks(conn, [case.case_id], kinds).get(case.case_id, ())
    tasks = [task for task in found if task.live]
    others = known_as(conn, other)
    theirs: set[str] = set()
    for table, id in ((check_ins, check_ins.c.check_in_id), (transfers, transfers.c.transfer_id)):
        about = is_in(conn, id, [task.about for task in tasks])
        of_others = is_in(conn, table.c.case_id, others)
        theirs |= set(conn.execute(select(id).where(about, of_others)).scalars())
    b = breaches.c
    of_breaches = select(b.task_id, b.judge_task_id, b.settle_task_id).where(is_in(conn, b.case_id, others))
    ids = {id for row in conn.execute(of_breaches) for id in row}
    book.change_tasks(task.cancelled() for task in tasks if task.about in theirs or task.task_id in ids)
    return _with_line(book, case, "merged_no_more", other)


def _must_open(book: Casebook, case: Case) -> bool:
    """Whether they must be followed although their case has ended: what holds them was not known here, or an
    officer took it back for the other one. Whoever is in the hands of others, or died, is not.
    """
    if case.closed_at is None or not case.version or absence(case.story):
        return False
    if case.state == states.CANCELLED:
        return because_of(book.uow.conn, case, states.CANCELLED) in _BY_MISTAKE
    if case.state != states.RELEASED:
        return False
    tasks = lock_tasks(book.uow.conn, [case.case_id], KINDS)
    facts = facts_of(book.uow, [case], tasks)[case.case_id]
    held = lacks(book.standing(case).rule.release, facts)
    # Whoever was only informed is followed again, too, until somebody has looked at them.
    return facts.unseen or not HEALTH_AND_WILL.isdisjoint(held)


def _open(book: Casebook, cases: Sequence[Case]) -> None:
    """As an officer opens one again: planned anew from today."""
    change = Change(REOPENED, from_today=True, reopened=True)
    revise_cases(book, [Occasion(case, change) for case in cases])
