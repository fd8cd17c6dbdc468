"""`doorstep stuck`: what is set aside is listed without anything personal, and tried again by hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from chassis import stuck_rows
from chassis.database.engine import Database
from chassis.stuck_rows import STUCK
from chassis.taking import RowKey
from operations.services import SERVICES
from tests.e2e.conftest import MORNING, migrated
from tests.system import System

pytestmark = pytest.mark.broker

CASE, TASK = "01839145-7ef0-8000-9c2f-a07b0c115e19", "01839145-7ef0-8000-9c2f-a07b0c115e20"
OVERDUE, PLANNED, SEND = "isolation.find_overdue", "isolation.plan_next_day", "notification.send"


@pytest.fixture
def system(tmp_path: Path, broker_url: str, database_url: Callable[..., str]) -> Iterator[System]:
    """Of which nothing runs."""
    urls = {service: database_url(service, migrated(service)) for service in SERVICES}
    with System(tmp_path / "system", broker_url, urls) as system:
        system.prepare(MORNING)
        yield system


def database(system: System, chore: str) -> Database:
    return system.database(chore.partition(".")[0])


def set_aside(system: System, chore: str, table: str, key: str) -> None:
    try:
        raise KeyError("安小满 13800000000")
    except KeyError as error:
        with database(system, chore).begin() as conn:
            stuck_rows.set_aside(conn, chore, RowKey(table, key), error)


def done(system: System, chore: str) -> None:
    with database(system, chore).begin() as conn:
        stuck_rows.release(conn, stuck_rows.of_chore(conn, chore))


def due(system: System, chore: str) -> list[str]:
    """Of these rows the next turn tries one."""
    with database(system, chore).begin() as conn:
        tried_at = select(STUCK.c.row_key, STUCK.c.retry_at, STUCK.c.since).where(STUCK.c.chore == chore)
        return [row.row_key for row in conn.execute(tried_at) if (row.retry_at - row.since).seconds < 1800]


def test_what_is_set_aside_is_listed_for_all_services_with_what_to_do(system: System) -> None:
    assert system.cli("stuck", "list") == [] and "nothing" in system.run("stuck", "list").out
    set_aside(system, PLANNED, "cases", CASE)
    set_aside(system, SEND, "messages", TASK)
    rows = system.cli("stuck", "list")
    assert {(row["service"], row["chore"], row["row"]) for row in rows} == {
        ("isolation", PLANNED, CASE),
        ("notification", SEND, TASK),
    }
    of_case = next(row for row in rows if row["row"] == CASE)
    assert (of_case["error"], of_case["times"]) == ("KeyError", 1)
    assert of_case["place"].startswith("test_stuck_command.py:")
    assert f"doorstep trace {CASE}" in of_case["advice"]
    text = system.run("stuck", "list").out
    assert CASE in text and "安小满" not in text and "138" not in text
    assert [row["row"] for row in system.cli("stuck", "list", "--service", "notification")] == [TASK]
    assert [row["row"] for row in system.cli("stuck", "list", "--chore", PLANNED)] == [CASE]
    assert system.cli("stuck", "show", CASE) == [of_case]


def test_a_row_is_tried_again_by_the_next_turn_and_the_answer_says_what_became_of_it(system: System) -> None:
    set_aside(system, OVERDUE, "tasks", TASK)
    answer = system.run("stuck", "retry", TASK, "--wait", "0")
    assert answer.code == 0 and "1 wait for the next turn" in answer.out
    assert due(system, OVERDUE) == [TASK]
    done(system, OVERDUE)
    assert system.run("stuck", "show", TASK).code == system.run("stuck", "retry", TASK).code == 1


def test_all_of_a_service_are_tried_again_and_no_other(system: System) -> None:
    set_aside(system, OVERDUE, "tasks", TASK)
    set_aside(system, PLANNED, "cases", CASE)
    set_aside(system, SEND, "messages", TASK)
    found = system.cli("stuck", "retry", "--all", "--chore", OVERDUE, "--wait", "0")
    assert found == {"retried": 1, "done": 0, "failed_again": 0, "waiting": 1}
    assert due(system, OVERDUE) == [TASK] and not due(system, PLANNED) and not due(system, SEND)


@pytest.mark.parametrize(
    "given",
    [
        (),
        (TASK, "--all"),
        (TASK, "--service", "isolation"),
        ("--all", "--service", ""),
        ("--all", "--chore", "isolation.nope"),
        ("--all", "--chore", ""),
    ],
)
def test_what_is_not_clear_is_refused(system: System, given: tuple[str, ...]) -> None:
    set_aside(system, OVERDUE, "tasks", TASK)
    assert system.run("stuck", "retry", *given).code == 2
    assert not due(system, OVERDUE)


def test_a_long_number_in_the_key_of_an_outsiders_event_is_masked(system: System) -> None:
    set_aside(system, "registration.forget", "inbox", "order-620402199001019979-1")
    assert "620402199001019979" not in system.run("stuck", "list").out
    [row] = system.cli("stuck", "list")
    assert system.cli("stuck", "show", row["row"]) == [row]


def test_audit_names_what_stands_still_and_is_not_content(system: System) -> None:
    assert system.audit()[0] == 0
    set_aside(system, OVERDUE, "tasks", TASK)
    began = time.monotonic()
    code, found = system.audit(wait=300)
    assert time.monotonic() - began < 200, "what is set aside does not come by waiting"
    assert (code, found["balanced"], found["late_count"]) == (1, True, 1)
    [late] = found["late"]
    assert (late["what"], late["id"]) == ("row of tasks", TASK) and OVERDUE in late["why"]
    shown = system.run("audit").out
    assert TASK in shown and "1 stand still" in shown
    done(system, OVERDUE)
    assert system.audit()[0] == 0
