"""What the release of cases depends on, read for many of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import select

from chassis.database.statements import is_in
from chassis.unit_of_work import Looking
from field.days import local_day
from services.isolation.cases import states as case_states
from services.isolation.cases.case import Case
from services.isolation.cases.merged import ended_in
from services.isolation.check_ins.check_in import that_counts
from services.isolation.check_ins.rows import check_ins_since
from services.isolation.check_ins.unseen import unseen
from services.isolation.notices.tables import refusals
from services.isolation.plans import states
from services.isolation.plans.tables import tasks as tasks_table
from services.isolation.plans.task import Task
from services.isolation.policies.rules import SEE_ABNORMAL, TEST
from services.isolation.release.rules import FEVER_REMEMBERED, Facts, Measured
from services.isolation.tests.followed import results_of

_NOT_ASKED: Final = (states.CANCELLED, states.WAIVED)
_UNSETTLED: Final = (*sorted(states.LIVE), states.CANCELLED)
KINDS: Final = (TEST, SEE_ABNORMAL)
"""Of the tasks that say something of a release."""


def facts_of(look: Looking, cases: Sequence[Case], tasks: Mapping[str, Sequence[Task]]) -> dict[str, Facts]:
    """By case, each with what is known of the cases that ended merged in it.

    :param tasks: of each case, those of KINDS among them.
    """
    whose = {case.case_id: case.case_id for case in cases}
    merged = ended_in(look.conn, whose)
    unseen_before = _unseen(look, merged)
    whose |= merged
    results, check_ins, refusing = results_of(look, whose), _check_ins(look, whose), _refusing(look, whose)
    today = local_day(look.now, look.zone)
    return {
        case.case_id: Facts(
            now=look.now,
            today=today,
            release_on=case.release_on,
            refuses=case.state == case_states.REFUSED or case.case_id in refusing,
            unseen=case.case_id in unseen_before
            or any(task.kind == SEE_ABNORMAL and task.live for task in tasks.get(case.case_id, ())),
            tests=[
                local_day(task.due_from, look.zone)
                for task in tasks.get(case.case_id, ())
                if task.kind == TEST and task.state not in _NOT_ASKED
            ],
            results=results.get(case.case_id, ()),
            check_ins=check_ins.get(case.case_id, ()),
        )
        for case in cases
    }


def _unseen(look: Looking, merged: Mapping[str, str]) -> set[str]:
    """Those for whom a task to look at them went with a case that ended merged, and is not planned again yet.

    :param merged: ended case -> the case in which it ended.
    """
    if not merged:
        return set()
    followed_as = {**merged, **{case_id: case_id for case_id in merged.values()}}
    return {followed_as[row.case_id] for row in unseen(look.conn, followed_as)}


def _check_ins(look: Looking, whose: Mapping[str, str]) -> dict[str, list[Measured]]:
    found: dict[str, list[Measured]] = {}
    for of_it in check_ins_since(look.conn, whose, look.now - FEVER_REMEMBERED):
        counts = that_counts(of_it)
        measured = Measured(of_it[0].at, bool(counts.why_abnormal))
        found.setdefault(whose[of_it[0].case_id], []).append(measured)
    return found


def _refusing(look: Looking, whose: Mapping[str, str]) -> set[str]:
    """Those whose refusal an officer has still to settle; the task is of one case of a household. A task that
    was taken back as that case ended settled nothing: it is planned again (households/plan_again.py).
    """
    r, k = refusals.c, tasks_table.c
    unsettled = (
        select(r.case_id)
        .join(tasks_table, k.task_id == r.task_id)
        .where(is_in(look.conn, r.case_id, whose), k.state.in_(_UNSETTLED))
    )
    return {whose[case_id] for case_id in look.conn.execute(unsettled).scalars()}
