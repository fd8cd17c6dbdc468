"""News of a case that is stripped already is kept, and names nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.events.event import Notice
from services.notification.messages.households import Planned
from services.notification.messages.tables import stripped_cases


def without_people(conn: Connection, planned: Sequence[Planned]) -> list[Planned]:
    """The same news; of cases that are stripped without people and without messages, for whom would they
    reach? It comes so late where it lay dead, or where a backup was restored.
    """
    s = stripped_cases.c
    known = is_in(conn, s.case_id, sorted({plan.notice.case_id for _, plan in planned}))
    stripped = set(conn.execute(select(s.case_id).where(known)).scalars())
    if not stripped:
        return list(planned)
    return [
        Planned(event, replace(plan, notice=_bare(plan.notice), messages=(), counted=()))
        if plan.notice.case_id in stripped
        else Planned(event, plan)
        for event, plan in planned
    ]


def _bare(notice: Notice) -> Notice:
    return replace(notice, person=None, worker=None, link=None)
