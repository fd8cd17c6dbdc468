"""Something abnormal at which nobody has looked, and whose task went with a case that ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.check_ins.check_in import that_counts
from services.isolation.check_ins.rows import with_corrections
from services.isolation.plans import states
from services.isolation.plans.tables import tasks
from services.isolation.policies.rules import SEE_ABNORMAL

_K = tasks.c
_COLUMNS = (_K.task_id, _K.case_id, _K.kind, _K.role, _K.due_from, _K.due_by, _K.about, _K.state)


def unseen(conn: Connection, followed_as: Mapping[str, str]) -> list[Any]:
    """The last task of each such alarm: task_id, case_id, kind, role, due_from, due_by, about and state.

    None where the values were corrected, where somebody has looked, or where another task asks for it: under
    whichever of these cases of one person.

    :param followed_as: cases, each with the one under which the person is followed, which stands there, too.
    """
    rows = conn.execute(
        select(*_COLUMNS)
        .where(is_in(conn, _K.case_id, followed_as), _K.kind == SEE_ABNORMAL)
        .order_by(_K.due_from, _K.task_id)
    ).all()
    check_ins = with_corrections(conn, {row.about for row in rows})
    original = {one.check_in_id: first for first, of_it in check_ins.items() for one in of_it}
    last: dict[tuple[str, str], Any] = {}
    stands = set()
    for row in rows:
        first = original.get(row.about, "")
        under = followed_as[row.case_id]
        if first not in check_ins or followed_as.get(check_ins[first][0].case_id) != under:
            continue  # of somebody who was taken for the same
        alarm = (under, first)
        if row.state != states.CANCELLED:
            stands.add(alarm)
        elif that_counts(check_ins[first]).why_abnormal:
            last[alarm] = row
    return [row for alarm, row in last.items() if alarm not in stands]
