"""What was asked of a household goes on when the case that has its task ends: another one has it then.

A case ends by a decision, by news of the arrival, or merged with another, and each of these takes back the
tasks of the case; it may open again, too. So needs and permits that nobody withdrew, refusals that nobody
settled, transfers of which nobody said what came of them, fevers at which nobody looked, breaches that nobody
judged and moves to central isolation are looked for here whose task was taken back, and that name somebody
who is followed, be it under the case with which theirs was merged. However the case ended, none is forgotten.
A bed that is held for somebody who is not is given back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

from sqlalchemy import or_, select, true

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.isolation.breaches.rules import SUSPECTED
from services.isolation.breaches.tables import breaches
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.merged import ended_in, going_on
from services.isolation.cases.tables import cases
from services.isolation.cases.unplanned import officers_task, unplanned_task
from services.isolation.central import unseen as unseen_moves
from services.isolation.central.rules import LEFT, LET_GO
from services.isolation.central.see_to_centres import see_to_centres
from services.isolation.central.tables import TO_SETTLE, moves
from services.isolation.check_ins.unseen import unseen
from services.isolation.needs.rules import KINDS_OF_TASK
from services.isolation.needs.tables import needs
from services.isolation.notices.tables import refusals
from services.isolation.permits.rules import EMERGENCY
from services.isolation.permits.tables import permits
from services.isolation.plans.rows import lock_tasks
from services.isolation.plans.states import CANCELLED
from services.isolation.plans.tables import TAKEN_BACK, tasks
from services.isolation.plans.task import Task
from services.isolation.policies.rules import (
    CENTRAL_TASKS,
    CONFIRM_ADMISSION,
    ESCORT_TO_SITE,
    JUDGE_BREACH,
    PERMIT_TASKS,
    SEE_ABNORMAL,
    SEE_BREACH,
    SETTLE_BREACH,
    SETTLE_REFUSAL,
    TRANSFER_TASKS,
    OpeningTask,
)
from services.isolation.transfers.tables import transfers
from services.isolation.transfers.unseen import UNSEEN

_LOOKED_BACK: Final = timedelta(days=60)
"""Longer than any measure runs, with the days within which a case is opened again."""
_MOST: Final = 100
_OFFICERS: Final = (
    *(SETTLE_REFUSAL, JUDGE_BREACH, SETTLE_BREACH),
    *(*PERMIT_TASKS, *TRANSFER_TASKS, *CENTRAL_TASKS),
)
_WITH_TASK: Final = (
    (needs, "need_id", KINDS_OF_TASK, ("case_id", "task_id")),
    (permits, "permit_id", PERMIT_TASKS, ("case_id", "task_id")),
    (transfers, "transfer_id", TRANSFER_TASKS, ("task_id",)),
    (moves, "move_id", CENTRAL_TASKS, ("task_id",)),
)
"""Tables whose rows name their task: with their key, the kinds of their tasks, and what is written anew."""


class _Dropped(NamedTuple):
    """A need, a permit, a transfer, a refusal, an alarm or a breach whose task was taken back.

    :param id: of the need, the permit, the transfer, the refusal, the check-in or the breach.
    :param task: task_id, case_id, kind, role, due_from and due_by of its task.
    :param named: cases that it is about.
    :param followed: those of them who are followed, by the cases under which they are.
    :param let_go: nobody is followed whom a bed is held for: it is given back.
    """

    id: str
    task: Any
    named: frozenset[str]
    followed: frozenset[str] = frozenset()
    let_go: bool = False


def plan_again(uow: UnitOfWork) -> int:
    """Plan its task anew with one of those it names who are followed, and give beds back that are held for
    nobody who is; see to whoever is in a centre. Returns for how many.
    """
    left = see_to_centres(uow) or _leave(uow)  # first whose bed goes along with them is seen to
    k = tasks.c
    found = [one.task.task_id for one in _dropped(uow)]
    wanted = select(k.task_id).where(is_in(uow.conn, k.task_id, found)).order_by(k.task_id)
    taken = {row.task_id for row in uow.take(wanted, k.task_id, _MOST)} if found else set()
    if not taken:
        return left
    with casebook(uow) as book:
        first = [one for one in _dropped(uow) if one.task.task_id in taken]
        locked = book.lock({id for one in first for id in (one.task.case_id, *one.named, *one.followed)})
        # Once more: with its cases locked, nobody else changes one.
        dropped = [one for one in _dropped(uow) if one.task.task_id in taken]
        planned = [(one, task) for one in dropped if (task := _plan(book, locked, one))]
        escorts = _fetch(
            book, locked, [(one, task) for one, task in planned if task.kind == CONFIRM_ADMISSION]
        )
    let_go = [{"move_id": one.id, "state": LET_GO, "settled_at": uow.now} for one in dropped if one.let_go]
    update_rows(uow.conn, moves, let_go, key=["move_id"], set=["state", "settled_at"])
    update_rows(uow.conn, moves, escorts, key=["move_id"], set=["escort_task_id"])
    for table, id, kinds, written in _WITH_TASK:
        of_kind = [(one, task) for one, task in planned if task.kind in kinds]
        rows = [{id: one.id, "case_id": task.case_id, "task_id": task.task_id} for one, task in of_kind]
        update_rows(uow.conn, table, rows, key=[id], set=written)
    rows = [
        {"case_id": case_id, "refusal_id": one.id, "task_id": task.task_id}
        for one, task in planned
        if task.kind == SETTLE_REFUSAL
        for case_id in sorted(one.named)
    ]
    update_rows(uow.conn, refusals, rows, key=["case_id", "refusal_id"], set=["task_id"])
    for kind, column in _OF_BREACH.items():
        rows = [{"breach_id": one.id, column: task.task_id} for one, task in planned if task.kind == kind]
        update_rows(uow.conn, breaches, rows, key=["breach_id"], set=[column])
    return left + len(planned) + len(let_go)


def _fetch(
    book: Casebook, locked: dict[str, Case], planned: Sequence[tuple[_Dropped, Task]]
) -> list[dict[str, str]]:
    """Whoever fetches them is asked again, where nobody has and nobody is to. Returns what is written."""
    if not planned:
        return []
    conn, m = book.uow.conn, moves.c
    of_moves = is_in(conn, m.move_id, [one.id for one, _ in planned])
    lost = select(m.move_id).join(tasks, _K.task_id == m.escort_task_id)
    lost = lost.where(of_moves, _K.state == CANCELLED)
    rows, lacking = [], set(conn.execute(lost).scalars())
    live = lock_tasks(conn, [task.case_id for _, task in planned], [ESCORT_TO_SITE])
    for one, confirm in planned:
        if one.id not in lacking or any(task.live for task in live.get(confirm.case_id, ())):
            continue
        case, uow = locked[confirm.case_id], book.uow
        policy = book.policy(case)
        task = unplanned_task(case, policy, policy.escort_to_site, uow.now, uow.zone, about=one.id)
        cause = caused_by_case(uow, case.case_id, case.correlation_id)
        case = book.add_unplanned(case, task, cause)
        case = locked[case.case_id] = replace(case, history_lines=case.history_lines + 1)
        book.add_line(case, "planned_again", None, {"task": task.task_id, "kind": task.kind})
        rows.append({"move_id": one.id, "escort_task_id": task.task_id})
    return rows


def _leave(uow: UnitOfWork) -> int:
    """Give the beds back of those who have left a centre. Returns of how many."""
    first = unseen_moves.gone(uow.conn)[:_MOST]
    m = moves.c
    named = select(m.move_id).where(is_in(uow.conn, m.move_id, first)).order_by(m.move_id)
    taken = sorted(row.move_id for row in uow.take(named, m.move_id, _MOST)) if first else []
    rows = [{"move_id": id, "state": LEFT, "settled_at": uow.now} for id in taken]
    update_rows(uow.conn, moves, rows, key=["move_id"], set=["state", "settled_at"])
    return len(rows)


def _dropped(uow: UnitOfWork) -> list[_Dropped]:
    """Those that name somebody who is followed, and held beds of those whose case has ended."""
    found = [
        *(*_needs(uow), *_permits(uow), *_transfers(uow)),
        *(*_refusals(uow), *_breaches(uow), *_moves(uow)),
    ]
    alarmed = _alarmed(uow)
    named = {*alarmed, *(id for one in found for id in one.named)}
    goes_on_as = going_on(uow.conn, named)
    followed_as = {id: goes_on_as.get(id, id) for id in named}
    c = cases.c
    these = select(c.case_id, c.closed_at).where(is_in(uow.conn, c.case_id, followed_as.values()))
    stands = {row.case_id: row.closed_at for row in uow.conn.execute(these)} if named else {}
    followed = {case_id for case_id, closed_at in stands.items() if closed_at is None}
    found += _alarms(uow, {followed_as[id] for id in alarmed} & followed)
    with_followed = [
        one._replace(followed=frozenset(followed_as[id] for id in one.named) & followed) for one in found
    ]
    # Of a case that goes on for theirs and is not there yet nobody knows whether it is followed.
    ended = [
        one._replace(let_go=True)
        for one in with_followed
        if one.task.kind == CONFIRM_ADMISSION and not one.followed and followed_as[min(one.named)] in stands
    ]
    return [*(one for one in with_followed if one.followed), *ended]


_K: Final = tasks.c
_OF_TASK: Final = (_K.task_id, _K.case_id, _K.kind, _K.role, _K.due_from, _K.due_by)


def _taken_back(uow: UnitOfWork) -> tuple[Any, ...]:
    return TAKEN_BACK, _K.due_from > uow.now - _LOOKED_BACK


def _needs(uow: UnitOfWork) -> list[_Dropped]:
    n = needs.c
    rows = uow.conn.execute(
        select(*_OF_TASK, n.need_id, n.people)
        .join(needs, n.task_id == _K.task_id)
        .where(*_taken_back(uow), _K.kind.in_(KINDS_OF_TASK), n.withdrawn_at.is_(None))
        .order_by(n.need_id)
    )
    return [_Dropped(row.need_id, row, frozenset(row.people)) for row in rows]


def _permits(uow: UnitOfWork) -> list[_Dropped]:
    """Of an outing that is over nobody need decide; an emergency is reviewed all the same."""
    p = permits.c
    matters = or_(p.ends > uow.now, p.kind == EMERGENCY)
    rows = uow.conn.execute(
        select(*_OF_TASK, p.permit_id, p.people)
        .join(permits, p.task_id == _K.task_id)
        .where(*_taken_back(uow), _K.kind.in_(PERMIT_TASKS), p.withdrawn_at.is_(None))
        .where(p.decision.is_(None), matters)
        .order_by(p.permit_id)
    )
    return [_Dropped(row.permit_id, row, frozenset(row.people)) for row in rows]


def _transfers(uow: UnitOfWork) -> list[_Dropped]:
    """That nobody answered, and of whom nobody took over, where an officer had still to see to it."""
    t = transfers.c
    rows = uow.conn.execute(
        select(*_OF_TASK, t.transfer_id, t.case_id.label("named"))
        .join_from(transfers, tasks, t.task_id == _K.task_id)
        .where(t.at > uow.now - _LOOKED_BACK, _K.kind.in_(TRANSFER_TASKS), UNSEEN)
        .order_by(t.transfer_id)
    )
    return [_Dropped(row.transfer_id, row, frozenset({row.named})) for row in rows]


def _moves(uow: UnitOfWork) -> list[_Dropped]:
    """Of whom a bed is held, or of whom an officer has to decide anew as they were not admitted."""
    m = moves.c
    rows = uow.conn.execute(
        select(*_OF_TASK, m.move_id, m.case_id.label("named"))
        .join_from(moves, tasks, m.task_id == _K.task_id)
        .where(TO_SETTLE, m.decided_at > uow.now - _LOOKED_BACK, unseen_moves.UNSEEN)
        .order_by(m.decided_at, m.move_id)  # by the index of those to settle: SQLite reads all tasks else
    )
    return [_Dropped(row.move_id, row, frozenset({row.named})) for row in rows]


_OF_BREACH: Final = {SEE_BREACH: "task_id", JUDGE_BREACH: "judge_task_id", SETTLE_BREACH: "settle_task_id"}
"""Kind of task -> the column of breaches that names it."""


def _breaches(uow: UnitOfWork) -> list[_Dropped]:
    """Those that are suspected, and whether somebody is moved of whom two are confirmed."""
    b, found = breaches.c, []
    for kind, column in _OF_BREACH.items():
        matters = true() if kind == SETTLE_BREACH else b.state == SUSPECTED
        rows = uow.conn.execute(
            select(*_OF_TASK, b.breach_id, b.case_id.label("named"))
            .join(breaches, b[column] == _K.task_id)
            .where(*_taken_back(uow), _K.kind == kind, matters)
            .order_by(b.breach_id)
        )
        found += [_Dropped(row.breach_id, row, frozenset({row.named})) for row in rows]
    return found


def _refusals(uow: UnitOfWork) -> list[_Dropped]:
    r = refusals.c
    rows = uow.conn.execute(
        select(*_OF_TASK, r.refusal_id, r.case_id.label("named"))
        .join(refusals, r.task_id == _K.task_id)
        .where(*_taken_back(uow), _K.kind == SETTLE_REFUSAL)
        .order_by(r.refusal_id, _K.task_id)
    ).all()
    found = []
    for (id, _), of_it in groupby(rows, lambda row: (row.refusal_id, row.task_id)):
        first, *others = of_it
        found.append(_Dropped(id, first, frozenset({first.named, *(row.named for row in others)})))
    return found


def _alarmed(uow: UnitOfWork) -> set[str]:
    """Cases of which a task to look at somebody was taken back, for whatever reason."""
    these = select(_K.case_id).where(*_taken_back(uow), _K.kind == SEE_ABNORMAL).distinct()
    return set(uow.conn.execute(these).scalars())


def _alarms(uow: UnitOfWork, followed: Iterable[str]) -> list[_Dropped]:
    """:param followed: open cases, in which one of these cases ended, if it is not that one itself."""
    own = {case_id: case_id for case_id in followed}
    rows = unseen(uow.conn, own | ended_in(uow.conn, own)) if own else ()
    return [_Dropped(row.about, row, frozenset({row.case_id})) for row in rows]


def _plan(book: Casebook, locked: dict[str, Case], one: _Dropped) -> Task | None:
    """None: it waits, or nobody is followed whom it names."""
    before, now = one.task, book.uow.now
    people = [locked[id] for id in one.followed if id in locked and locked[id].closed_at is None]
    if before.case_id not in locked or not people:
        return None
    case = max(people, key=lambda case: (case.release_on, case.case_id))
    # Of a case that opened again it begins anew; another goes on by the clock that runs.
    ends = now + (before.due_by - before.due_from) if case.case_id == before.case_id else before.due_by
    asked = OpeningTask(before.kind, before.role, ends - now)
    if before.kind in _OFFICERS:
        task = officers_task(book, case, asked, about=one.id)
    else:
        task = unplanned_task(case, book.policy(case), asked, now, book.uow.zone, about=one.id)
    case = book.add_unplanned(case, task, caused_by_case(book.uow, case.case_id, case.correlation_id))
    case = locked[case.case_id] = replace(case, history_lines=case.history_lines + 1)
    detail = {"task": task.task_id, "kind": task.kind, "instead_of": before.task_id}
    book.add_line(case, "planned_again", None, detail)
    return task
