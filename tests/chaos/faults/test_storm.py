"""Two days of the field while everything dies at random: services, doors, the broker and PostgreSQL. In the
end it is as if nothing had. `make soak` plays it; in .ci/run test_storm_of_days.py lets fewer die in three.

DOORSTEP_SOAK_KILLS=400 DOORSTEP_SOAK_ARRIVALS_IN_STORM=3000.
"""

from __future__ import annotations

import os
from datetime import date
from functools import partial
from typing import Any

import pytest

from demo.day import Day
from operations.services import SERVICES
from tests.chaos.conftest import Chaos, NewChaos, same
from tests.chaos.faults.killing import SEED, Killer
from tests.chaos.faults.two_days import MOMENTS, doors_of, play
from tests.chaos.outcome import Outcome
from tests.e2e.conftest import MORNING

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

KILLS = int(os.environ.get("DOORSTEP_SOAK_KILLS") or 0)
ARRIVALS = int(os.environ.get("DOORSTEP_SOAK_ARRIVALS_IN_STORM") or 120)
LIMIT_S = 600 + KILLS * 30 + ARRIVALS


@pytest.mark.skipif(not KILLS, reason="set DOORSTEP_SOAK_KILLS, as `make soak` does: 12 are minutes")
@pytest.mark.timeout(LIMIT_S)
def test_two_days_end_the_same_whatever_dies(new_chaos: NewChaos) -> None:
    lines = list(Day(arrivals=ARRIVALS, day=date(2022, 10, 1), seed=2022, now=MORNING))
    print(f"seed {SEED}: {KILLS} deaths, {ARRIVALS} arrivals", flush=True)
    calm = new_chaos()
    with doors_of(calm) as doors:
        acts = play(calm, doors, lines)
    assert acts > ARRIVALS / 5, "people act at the doors"
    expected = _found(calm)
    calm.system.stop_all()

    stormy = new_chaos()
    stormy.broker.write_queues_down()
    with doors_of(stormy) as doors:
        nodes = {"doors": doors, "broker": stormy.broker, "postgresql": stormy.postgres}
        victims = {name: (node.kill, node.start) for name, node in nodes.items()}
        start = partial(stormy.system.start, wait=False)
        victims |= {name: (partial(stormy.system.kill, name), partial(start, name)) for name in SERVICES}
        killer = Killer(victims, KILLS, len(MOMENTS), at_once=2)
        assert play(stormy, doors, lines, killer.around) == acts
    killer.has_killed_all()
    found = _found(stormy)
    same(found, expected)
    assert found["check_ins"] == expected["check_ins"]
    assert not stormy.system.cli("stuck", "list") and not stormy.system.settled(60)["late_count"]


def _found(chaos: Chaos) -> Outcome:
    """With what people said; without digests, which stand for no arrival and go to any of equal workers."""
    outcome: dict[str, Any] = chaos.outcome()
    rows = chaos.system.ask("isolation", "SELECT case_id::text, count(*) FROM check_ins GROUP BY case_id")
    outcome["messages_without_arrival"] = []
    outcome["check_ins"] = sorted(count for _, count in rows)
    return outcome
