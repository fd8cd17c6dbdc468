"""Isolation says in order of id which versions of arrivals it took in, and which of cases it recorded."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from chassis.handover import stream
from chassis.ids import new_id
from operations.audit.streams import Alike, Pair, compared_by_block, side
from services.isolation import handover
from services.isolation.cases.tables import cases
from tests.integration.isolation.trial import CHINA, Trial, arrival, china


def test_arrivals_and_cases_come_in_order_of_id_with_their_number_of_versions(isolation: Trial) -> None:
    first = [arrival(level="none") for _ in range(5)]
    isolation.follow(*reversed(first))
    isolation.follow(arrival(first[2].subject, version=2, level="high"))
    ids = sorted(event.data["arrival_id"] for event in first)
    changed = first[2].data["arrival_id"]
    with isolation.database.read() as conn:
        assert list(stream(conn, handover.taken_in(conn))) == [(id, 2 if id == changed else 1) for id in ids]
        assert list(stream(conn, handover.recorded(conn))) == [(id, 2 if id == changed else 1) for id in ids]
        assert handover.versions_taken_in(conn, [changed, new_id()]) == {changed: {1, 2}}
        recorded = handover.recorded_at(conn, ids)
    assert set(recorded) == set(ids)
    assert all(at.first <= at.newest for at in recorded.values())


@pytest.mark.postgresql
def test_a_block_of_ids_that_differs_is_read_and_no_other(on_postgresql: Trial) -> None:
    first = [arrival(level="none") for _ in range(3)]
    on_postgresql.follow(*first)
    with on_postgresql.database.read() as conn:
        known = side(conn, handover.recorded(conn))
        assert sum(block.ids for block in known.blocks.values()) == 3
        assert list(compared_by_block(known, side(conn, handover.taken_in(conn)))) == [Alike(3, 3)]
    on_postgresql.follow(arrival(first[1].subject, version=2, level="high"))
    id = first[1].data["arrival_id"]
    with on_postgresql.database.begin() as conn:
        conn.execute(update(cases).where(cases.c.case_id == id).values(version=7))
        pairs = list(
            compared_by_block(side(conn, handover.recorded(conn)), side(conn, handover.taken_in(conn)))
        )
    assert Pair(id, 7, 2) in pairs and len(pairs) == 3


def test_a_version_that_was_overtaken_is_the_one_that_lacks(isolation: Trial) -> None:
    came = arrival(level="none")
    isolation.follow(arrival(came.subject, version=3, level="high"))
    id = came.data["arrival_id"]
    with isolation.database.read() as conn:
        assert list(stream(conn, handover.taken_in(conn))) == [(id, 1)]
        assert handover.versions_taken_in(conn, [id]) == {id: {3}}


def test_a_policy_that_changes_a_case_is_no_version_of_its_arrival(isolation: Trial) -> None:
    came = arrival(level="medium")
    isolation.follow(came)
    isolation.with_policies()
    isolation.clock.advance(days=60)
    isolation.run_timers()
    with isolation.database.read() as conn:
        assert list(stream(conn, handover.taken_in(conn))) == [(came.data["arrival_id"], 1)]


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
