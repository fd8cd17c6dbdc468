"""Notification says in order of id how many versions of each case it has a notice of."""

from __future__ import annotations

from chassis.unit_of_work import Work
from services.notification import handover
from tests.integration.notification.trial import changed, inform, inform_batch, opened, overdue


def test_openings_and_changes_of_a_case_count_and_overdue_tasks_do_not(work: Work) -> None:
    events = [opened() for _ in range(4)]
    inform_batch(work, events)
    id = events[1].data["case_id"]
    inform(work, changed(id, 2, ["assigned"]), overdue(id))
    with work.database.read() as conn:
        found = dict(handover.taken_in(conn))
        assert list(found) == sorted(event.data["case_id"] for event in events)
        assert found[id] == 2 and sum(found.values()) == 5
        assert handover.versions_taken_in(conn, [id]) == {id: {1, 2}}
