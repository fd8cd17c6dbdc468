"""Notification says in order of id how many versions of each case it has a notice of."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import update

from chassis.database.statements import database_now
from chassis.handover import stream
from chassis.unit_of_work import Work
from services.notification import handover
from services.notification.tables import messages
from tests.integration.notification.trial import (
    ZONE,
    changed,
    inform,
    inform_batch,
    opened,
    overdue,
    rows,
)


def test_openings_and_changes_of_a_case_count_and_overdue_tasks_do_not(work: Work) -> None:
    events = [opened() for _ in range(4)]
    inform_batch(work, events)
    id = events[1].data["case_id"]
    inform(work, changed(id, 2, ["assigned"]), overdue(id))
    with work.database.read() as conn:
        found = dict(stream(conn, handover.taken_in(conn)))
        assert list(found) == sorted(event.data["case_id"] for event in events)
        assert found[id] == 2 and sum(found.values()) == 5
        assert handover.versions_taken_in(conn, [id]) == {id: {1, 2}}


def test_messages_whose_term_is_over_are_late(work: Work) -> None:
    inform_batch(work, [opened() for _ in range(4)])
    ids = [row["id"] for row in rows(work) if row["state"] == "pending"][:4]

    def put(id: str, state: str, minutes: int) -> None:
        with work.database.begin() as conn:
            due_at = database_now(conn) - timedelta(minutes=minutes)
            conn.execute(update(messages).where(messages.c.id == id).values(state=state, due_at=due_at))

    def late() -> set[str]:
        with work.database.read() as conn:
            return {lack.id for lack in handover.late(conn, work.clock.now(), ZONE).lacks}

    assert not late()
    for id, state, minutes in zip(ids, ("held", "sending", "pending"), (4, 9, 59), strict=False):
        put(id, state, minutes)
    assert not late()
    for id, state, minutes in zip(ids, ("held", "sending", "pending"), (6, 11, 61), strict=False):
        put(id, state, minutes)
    assert late() == set(ids[:3])
