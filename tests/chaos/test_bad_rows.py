"""Rows that no timer can change, while the field's clock goes over midnight: everybody else is served."""

from __future__ import annotations

import signal
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from chassis.database.engine import Database
from services.isolation import tables as isolation
from tests.bad_rows import bad_row
from tests.chaos.conftest import Chaos
from tests.e2e.conftest import MORNING
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

NIGHT = MORNING.replace(hour=0, minute=20) + timedelta(days=1)
BAD = 3


def unplanned(chaos: Chaos, until: date) -> set[str]:
    """Open cases whose next day is still to be planned."""
    rows = chaos.system.ask(
        "isolation",
        "SELECT case_id::text FROM cases WHERE closed_at IS NULL AND plan_next <= :until",
        until=until,
    )
    return {row.case_id for row in rows}


def climbing(chaos: Chaos, now: datetime) -> set[str]:
    """Tasks of which somebody should have been told by now."""
    rows = chaos.system.ask("isolation", "SELECT task_id::text FROM tasks WHERE tell_at <= :now", now=now)
    return {row.task_id for row in rows}


def stuck(chaos: Chaos) -> set[str]:
    found: list[dict[str, Any]] = chaos.system.cli("stuck", "list")
    return {one["row"] for one in found}


def test_bad_rows_of_timers_are_set_aside_named_and_done_once_they_are_mended(chaos: Chaos) -> None:
    """Isolation is killed while it sets them aside."""
    chaos.day = chaos.day[:600]
    with chaos.flow():
        pass
    chaos.system.settled(180)
    [*some] = chaos.system.ask(
        "isolation",
        "SELECT DISTINCT ON (case_id) case_id::text, task_id::text FROM tasks JOIN cases USING (case_id) "
        "WHERE closed_at IS NULL AND tell_at < :night ORDER BY case_id LIMIT 6",
        night=NIGHT,
    )
    bad_cases, bad_tasks = {row.case_id for row in some[:BAD]}, {row.task_id for row in some[BAD:]}
    assert len(bad_cases) == len(bad_tasks) == BAD
    database = chaos.system.database("isolation")
    with ExitStack() as mended:
        for case in bad_cases:
            mended.enter_context(bad_row(database, isolation.cases, "case_id", case))
        for task in bad_tasks:
            mended.enter_context(bad_row(database, isolation.tasks, "task_id", task))
        chaos.system.set_clock(NIGHT)
        chaos.system.kill("isolation", how=signal.SIGKILL)
        chaos.system.start("isolation")
        tomorrow = NIGHT.date() + timedelta(days=1)
        waits = eventually(
            lambda: (found := unplanned(chaos, tomorrow)) <= bad_cases and found,
            120,
            show=lambda: stuck(chaos),
        )
        assert waits == bad_cases, "all others have a next day"
        eventually(lambda: climbing(chaos, NIGHT) <= bad_tasks, 120, show=lambda: climbing(chaos, NIGHT))
        eventually(lambda: stuck(chaos) >= bad_cases | bad_tasks, 60, show=lambda: stuck(chaos))
        _, audit = chaos.system.audit(60)
        assert audit["balanced"] and audit["late_count"] >= 2 * BAD, "it adds up, and says what stands still"
    _done_after_all(chaos, database, tomorrow)


def _done_after_all(chaos: Chaos, database: Database, tomorrow: date) -> None:
    database.dispose()
    chaos.system.cli("stuck", "retry", "--all", "--wait", "60", timeout=180)
    eventually(lambda: not stuck(chaos), 60, show=lambda: stuck(chaos))
    assert not unplanned(chaos, tomorrow) and not climbing(chaos, NIGHT)
    assert chaos.system.settled(180)["late_count"] == 0
