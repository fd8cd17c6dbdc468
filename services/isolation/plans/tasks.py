"""The tasks of one unit's cases: read where a plan is made anew, planned, handed over, written at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.ids import new_id
from services.isolation import tables as t
from services.isolation.cases.story import Standing
from services.isolation.plans import states
from services.isolation.plans.planning import KnownTask, PlannedTask, difference
from services.isolation.policies.escalation import tell_at
from services.isolation.policies.rules import Policy
from services.isolation.teams.rules import Member, doer

TaskRow = dict[str, Any]
_CHANGES = ("day", "due_by", "role", "staff_id", "state", "told", "tell_at")


class Tasks:
    """A case whose plan is made anew or handed over is read first; the others only get new rows."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._of: dict[str, dict[str, TaskRow]] = {}
        self._new: list[TaskRow] = []
        self._changed: dict[str, TaskRow] = {}

    def read(self, case_ids: Collection[str]) -> None:
        """The tasks of cases that will be revised, locked in sorted order."""
        if not case_ids:
            return
        conn, k = self._conn, t.tasks
        these = is_in(conn, k.c.case_id, case_ids)
        found = conn.execute(select(k).where(these).order_by(k.c.task_id).with_for_update())
        for row in found.mappings():
            self._of.setdefault(row["case_id"], {})[row["task_id"]] = t.as_dict(row)

    def live(self, case_id: str) -> list[TaskRow]:
        return [row for row in self._of.get(case_id, {}).values() if row["state"] in states.LIVE]

    def add(self, rows: Iterable[TaskRow]) -> None:
        self._new.extend(rows)

    def replan(
        self,
        case: Mapping[str, Any],
        team: Sequence[Member],
        stands: Standing,
        *,
        untouched_before: datetime | None,
    ) -> tuple[list[TaskRow], list[TaskRow], bool]:
        """Plan as the case stands now, up to its `planned_until`.

        :return: the new rows, those that are due again, and whether what the resident is asked to do changed.
        """
        rows = self._of.setdefault(case["case_id"], {})
        known = [
            KnownTask(r["task_id"], r["kind"], r["day"], r["due_from"], r["due_by"], r["role"], r["state"])
            for r in rows.values()
            if not r["about"]
        ]
        opening = {task.kind for piece in stands.pieces for task in piece.planner.rule.opening}
        found = difference(
            known,
            stands.tasks(case["planned_until"]),
            opening=opening,
            clock=stands.clock,
            untouched_before=untouched_before,
        )
        new = [task_row(case["case_id"], team, task, stands.policy) for task in found.new]
        self.add(new)
        again = []
        for was, task in found.again:
            row = rows[was.task_id]
            moved = was.state == states.CANCELLED or was.due_by != task.due_by
            row.update(day=task.day, due_by=task.due_by, role=task.role)
            if moved:
                # Steps already told stay told: each is one event, once.
                row.update(state=states.DUE, tell_at=tell_at(stands.policy, task.due_by, row["told"] + 1))
                again.append(row)
            self._changed[was.task_id] = row
        for was in found.overtaken:
            row = rows[was.task_id]
            row.update(state=states.TASK.move(was.state, states.CANCELLED), tell_at=None)
            self._changed[was.task_id] = row
        self.hand_over(case["case_id"], team)
        for row in new:
            rows[row["task_id"]] = row
        touched = {task.kind for task in found.new} | {was.kind for was in found.overtaken}
        touched |= {was.kind for was, _ in found.again}
        return new, again, not touched <= opening

    def hand_over(self, case_id: str, team: Sequence[Member]) -> None:
        """Give what is still to be done to who now does it."""
        for row in self.live(case_id):
            if row["staff_id"] != (who := doer(row["role"], team)):
                row["staff_id"] = who
                self._changed[row["task_id"]] = row

    def write_new(self) -> None:
        insert_rows(self._conn, t.tasks, self._new)

    def write_changed(self) -> None:
        """After the cases: that is the order of locks."""
        update_rows(self._conn, t.tasks, list(self._changed.values()), key=["task_id"], set=_CHANGES)


def task_row(
    case_id: str, team: Sequence[Member], task: PlannedTask, policy: Policy, about: str = ""
) -> TaskRow:
    """A task as it is planned.

    :param about: the message it is about, where it is in no plan.
    """
    return {
        "task_id": new_id(),
        "case_id": case_id,
        "kind": task.kind,
        "about": about,
        "day": task.day,
        "due_from": task.due_from,
        "due_by": task.due_by,
        "role": task.role,
        "staff_id": doer(task.role, team),
        "state": states.DUE,
        "told": 0,
        "tell_at": tell_at(policy, task.due_by, 1),
    }
