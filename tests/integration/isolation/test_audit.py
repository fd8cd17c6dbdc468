"""The audit of isolation names cases that lack rows, have nothing next, or have nobody responsible."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from chassis.commands.by_door import AtTheDoor
from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from field.scope import EVERYWHERE
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.door import COMMANDS
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
        conn.execute(update(t.tasks).values(state="cancelled", tell_at=None))
        conn.execute(update(t.cases).values(owner=None))
    assert {p["what"] for p in isolation.audit()["problems"]} == {"nothing_next", "nobody_responsible"}


def test_a_case_of_which_everything_is_done_on_its_last_day_waits_for_its_release(isolation: Trial):
    came = arrival(level="none")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).values(state="done", tell_at=None))
    assert isolation.audit()["balanced"]


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


def test_a_task_of_which_nobody_is_informed_any_more_is_named(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    with isolation.database.begin() as conn:
        conn.execute(update(t.tasks).where(t.tasks.c.kind == "first_contact").values(tell_at=None))
    (problem,) = isolation.audit()["problems"]
    assert (problem["what"], problem["cases"]) == ("silent_task", [came.subject])


def say(isolation: Trial, task_id: str, outcome: str, key: str) -> Outcome:
    """By the door, as the console does."""
    officer = Author("staff", "/console/worker-1", "worker-1")
    [command] = [command for command in COMMANDS if command.name == "report_task"]
    data = {"task_id": task_id, "outcome": outcome}
    return AtTheDoor(isolation.work, command).carry_out(officer, lambda uow: EVERYWHERE, key, data)


def test_a_command_answered_as_done_of_which_no_history_knows_is_named(isolation: Trial):
    came = arrival(level="medium")
    isolation.follow(came)
    task_id = isolation.tasks(came)[0]["task_id"]
    assert [say(isolation, task_id, "attempt", f"key-{n}").kind for n in (1, 2, 2)] == ["done"] * 3
    assert say(isolation, new_id(), "done", "key-3").kind == "unknown"
    with isolation.database.read() as conn:
        sums = handover.sums(conn, date(2022, 10, 1))
    assert sums.by_subject["commands_to_isolation"] == {"done": 2, "in_history": 2} and not sums.lacks
    h = t.case_history
    with isolation.database.begin() as conn:
        conn.execute(delete(h).where(h.c.event_id == "key-1"))
        conn.execute(update(t.cases).values(notes=t.cases.c.notes - 1))
        sums = handover.sums(conn, date(2022, 10, 1))
    assert sums.by_subject["commands_to_isolation"] == {"done": 2, "in_history": 1}
    assert [(lack.what, lack.id) for lack in sums.lacks] == [("command", "/console/worker-1 key-1")]
