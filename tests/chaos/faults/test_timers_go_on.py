"""A process is killed that holds the leases of all timers: another one soon goes on, also with those that
look once an hour."""

from __future__ import annotations

import signal
from datetime import timedelta

import pytest

from chassis.database.leases import LASTING
from tests.chaos.conftest import Chaos
from tests.chaos.faults.test_each_timer import INFORMED, do
from tests.e2e.conftest import MORNING
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

NEXT_DAY = MORNING.replace(hour=6, minute=45) + timedelta(days=1)
HELD = "SELECT name FROM leases WHERE name = 'isolation.end_informed' AND until > now()"


@pytest.mark.timeout(300)
def test_an_hourly_timer_goes_on_soon_after_its_process_was_killed(chaos: Chaos) -> None:
    """It ends the cases of people who are only informed; no other timer asks for them."""
    chaos.day = chaos.day[:60]
    with chaos.flow(seconds=1):
        pass
    chaos.system.settled()
    only_informed = "SELECT case_id FROM cases WHERE closed_at IS NULL AND days = 0"
    assert chaos.system.ask("isolation", only_informed)
    do(
        chaos,
        "isolation",
        f"UPDATE tasks SET state = 'done', tell_at = NULL WHERE case_id IN ({only_informed})",
    )
    assert chaos.system.ask("isolation", HELD)
    chaos.system.kill("isolation", how=signal.SIGKILL)
    assert chaos.system.ask("isolation", HELD), "nobody has given it back"
    chaos.system.set_clock(NEXT_DAY)
    chaos.system.start("isolation")
    assert chaos.system.ask("isolation", INFORMED)
    eventually(lambda: not chaos.system.ask("isolation", INFORMED), 3 * LASTING.total_seconds())
