"""The audit of isolation names cases that lack rows, have nothing next, or have nobody responsible."""

from typing import Any

import pytest
from sqlalchemy import delete, select, update

from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from tests.integration.isolation.trial import Trial, arrival


@pytest.mark.parametrize(
    ("table", "what"),
    [(t.tasks, "task_count"), (t.case_history, "history_count"), (t.cases, "task_without_case")],
)
def test_the_audit_names_rows_removed_by_hand(isolation: Trial, table: Any, what: str):
    came = [arrival() for _ in range(3)]
    isolation.follow(*came)
    with isolation.database.begin() as conn:
        key = t.tasks.c.task_id if table is t.tasks else table.c.case_id
        one = conn.execute(select(key).where(table.c.case_id == came[1].subject).limit(1)).scalar_one()
        conn.execute(delete(table).where(key == one))
    audit = isolation.audit()
    assert not audit["balanced"]
    assert (what, [came[1].subject]) in [(p["what"], p["cases"]) for p in audit["problems"]]


def test_an_open_case_with_nothing_next_or_nobody_responsible_is_named(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))
        conn.execute(update(t.cases).values(owner=None))
    assert {p["what"] for p in isolation.audit()["problems"]} == {"nothing_next", "nobody_responsible"}


def test_a_case_whose_next_day_nobody_planned_is_named_once_its_last_task_is_done(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))
    assert isolation.audit()["balanced"]
    isolation.clock.advance(days=2)
    assert [p["what"] for p in isolation.audit()["problems"]] == ["nothing_next"]
    isolation.until_done(plan_next_day)
    assert isolation.audit()["balanced"]
