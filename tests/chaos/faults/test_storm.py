"""Two days of the field while everything dies at random: services, doors, the broker and PostgreSQL. In the
end it is as if nothing had.

DOORSTEP_SOAK_KILLS=400 DOORSTEP_SOAK_ARRIVALS_IN_STORM=3000: the long form (`make soak`).
DOORSTEP_STORM_SEED=7: the same deaths in the same order again.
"""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest

from demo.day import Day
from operations.services import SERVICES
from tests.chaos.conftest import Chaos, NewChaos, same
from tests.chaos.faults.two_days import MOMENTS, DoorsProcess, Moment, doors_of, play
from tests.chaos.outcome import Outcome
from tests.e2e.conftest import MORNING

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

SEED = int(os.environ.get("DOORSTEP_STORM_SEED") or random.SystemRandom().randrange(10**6))
KILLS = int(os.environ.get("DOORSTEP_SOAK_KILLS") or 12)
ARRIVALS = int(os.environ.get("DOORSTEP_SOAK_ARRIVALS_IN_STORM") or 120)
LIMIT_S = 600 + KILLS * 30 + ARRIVALS
# Services and doors die often, what they stand on seldom: a broker takes seconds to come back.
VICTIMS = (*SERVICES, *SERVICES, "doors", "doors", "broker", "postgresql")


@dataclass
class Killer:
    """Kills one after the other, as the seed says, and starts each again."""

    chaos: Chaos
    doors: DoorsProcess
    rng: random.Random
    left: int
    died: list[str] = field(default_factory=list)

    @contextmanager
    def storm(self, moment: Moment) -> Iterator[None]:
        """At least its share of the deaths, and more as long as the block lasts."""
        ending, failed = threading.Event(), list[BaseException]()
        share = -(-self.left // (len(MOMENTS) - MOMENTS.index(moment)))
        self.left -= share

        def kill() -> None:
            try:
                for _ in range(share):
                    self.one(self.rng.choice(VICTIMS))
                    ending.wait(self.rng.uniform(0.1, 1.2))
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=kill)
        thread.start()
        try:
            yield
        finally:
            thread.join()
        assert not failed, failed

    def one(self, victim: str) -> None:
        self.died.append(victim)
        if victim == "broker":
            self.chaos.broker.kill()
            self.chaos.broker.start()
        elif victim == "postgresql":
            self.chaos.postgres.kill()
            self.chaos.postgres.start()
        elif victim == "doors":
            self.doors.kill()
            self.doors.start()
        else:
            self.chaos.system.kill(victim, how=signal.SIGKILL)
            self.chaos.system.start(victim, wait=False)


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
        killer = Killer(stormy, doors, random.Random(SEED), KILLS)
        assert play(stormy, doors, lines, killer.storm) == acts
    print(f"seed {SEED}: died {killer.died}", flush=True)
    assert len(killer.died) == KILLS
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
