"""Two cases turn out to be of one person, or of two after all: the officer's task about a home goes along
with what was seen of it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import or_, select

from chassis.database.statements import is_in
from services.isolation.cases.at_home import HOME
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.merged import known_as
from services.isolation.cases.tables import case_history
from services.isolation.cases.unplanned import officers_task
from services.isolation.central.rules import of_home
from services.isolation.central.tables import TAKES_BED, moves
from services.isolation.plans.rows import lock_tasks
from services.isolation.plans.states import FINISHED
from services.isolation.plans.task import Task
from services.isolation.policies.rules import SETTLE_HOME


def see_to_home(book: Casebook, case: Case) -> Case:
    """Plan the task where the home does not suit and no officer has decided since; take it back where it
    does, or what was seen is of somebody else. Returns the case, which counts it.

    :param case: that is followed, and locked.
    """
    theirs = known_as(book.uow.conn, case.case_id)
    tasks = lock_tasks(book.uow.conn, sorted(theirs), [SETTLE_HOME])
    own = [task for task in tasks.get(case.case_id, ()) if task.live]
    if not _is_asked(book, case, theirs, tasks):
        book.change_tasks(task.cancelled() for task in own)
        return case
    if own:
        return case
    about = f"{SETTLE_HOME}:{case.history_lines + 1}"
    task = officers_task(book, case, book.policy(case).settle_home, about=about)
    case = book.add_unplanned(case, task, caused_by_case(book.uow, case.case_id, case.correlation_id))
    case = replace(case, history_lines=case.history_lines + 1)
    book.add_line(case, "planned_again", None, {"task": task.task_id, "kind": task.kind})
    return case


def _is_asked(
    book: Casebook, case: Case, theirs: Collection[str], tasks: Mapping[str, Sequence[Task]]
) -> bool:
    """Whether an officer has still to decide where they are.

    :param theirs: the case, and those that ended in it.
    :param tasks: of each, those about its home.
    """
    conn, h, m = book.uow.conn, case_history.c, moves.c
    seen = select(h.number, h.detail).where(is_in(conn, h.case_id, theirs), h.what == HOME)
    last = max(
        ((datetime.fromisoformat(row.detail["at"]), row.number, row.detail) for row in conn.execute(seen)),
        key=lambda line: line[:2],
        default=None,
    )
    if last is None:
        return False
    at, _, detail = last
    decided = (task for of_it in tasks.values() for task in of_it if task.state in FINISHED)
    if any(task.task_id == detail.get("task") or task.due_from >= at for task in decided):
        return False
    beds = select(m.move_id).where(is_in(conn, m.case_id, theirs), or_(TAKES_BED, m.decided_at >= at))
    if conn.execute(beds.limit(1)).first() is not None:
        return False
    stays_at_home = book.policy(case).stays_at_home
    return of_home(case.measure, detail.get("lacks", ()), detail.get("group"), stays_at_home).settle
