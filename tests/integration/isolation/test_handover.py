"""Isolation says in order of id which versions of arrivals it took in, and which of cases it recorded."""

from __future__ import annotations

from chassis.ids import new_id
from services.isolation import handover
from tests.integration.isolation.trial import CHINA, Trial, arrival, china


def test_arrivals_and_cases_come_in_order_of_id_with_their_number_of_versions(isolation: Trial) -> None:
    first = [arrival(level="none") for _ in range(5)]
    isolation.follow(*reversed(first))
    isolation.follow(arrival(first[2].subject, version=2, level="high"))
    ids = sorted(event.data["arrival_id"] for event in first)
    changed = first[2].data["arrival_id"]
    with isolation.database.read() as conn:
        assert list(handover.taken_in(conn)) == [(id, 2 if id == changed else 1) for id in ids]
        assert list(handover.recorded(conn)) == [(id, 2 if id == changed else 1) for id in ids]
        assert handover.versions_taken_in(conn, [changed, new_id()]) == {changed: {1, 2}}
        recorded = handover.recorded_at(conn, ids)
    assert set(recorded) == set(ids)
    assert all(at.first <= at.newest for at in recorded.values())


def test_a_version_that_was_overtaken_is_the_one_that_lacks(isolation: Trial) -> None:
    came = arrival(level="none")
    isolation.follow(arrival(came.subject, version=3, level="high"))
    id = came.data["arrival_id"]
    with isolation.database.read() as conn:
        assert list(handover.taken_in(conn)) == [(id, 1)]
        assert handover.versions_taken_in(conn, [id]) == {id: {3}}


def test_a_policy_that_changes_a_case_is_no_version_of_its_arrival(isolation: Trial) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.with_policies()
    isolation.clock.advance(days=60)
    isolation.run_timers()
    with isolation.database.read() as conn:
        assert list(handover.taken_in(conn)) == [(came.data["arrival_id"], 1)]


def late(isolation: Trial) -> set[tuple[str, str]]:
    with isolation.database.read() as conn:
        found = handover.late(conn, isolation.clock.now(), CHINA)
    return {(lack.what, lack.id) for lack in found.lacks}


def test_cases_not_planned_for_today_and_steps_nobody_was_told_of_are_late(isolation: Trial) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    assert not late(isolation)
    isolation.clock.moment = china("2022-10-01 23:59")
    steps = {("step", task["task_id"]) for task in isolation.tasks(came) if task["tell_at"]}
    assert late(isolation) and late(isolation) <= steps, "planned for today, and no timer has run"
    isolation.clock.moment = china("2022-10-03 00:01")
    assert ("plan", came.data["arrival_id"]) in late(isolation)
    isolation.run_timers()
    assert not late(isolation)
