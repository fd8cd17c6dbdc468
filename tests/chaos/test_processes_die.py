"""Services killed, stopped and doubled while a day flows through them."""

from __future__ import annotations

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.crash_points import POINTS
from operations.services import SERVICES
from tests.chaos.conftest import Chaos, Faultless, same
from tests.waiting import PATIENCE_S, eventually

# A service drains for 20 s at the most; what starts it kills it after 30 s.
DRAINED_WITHIN_S = 30
# `make soak` kills each 50 times. The moments are others at each run; a seed that is given repeats them.
KILLS = int(os.environ.get("DOORSTEP_SOAK_KILLS_EACH", "15"))
SEED = os.environ.get("DOORSTEP_SOAK_SEED") or str(random.randrange(10**6))


@pytest.mark.timeout(600 + 6 * KILLS)  # three starts each, which take their time on a busy machine
def test_each_service_killed_at_random_points(chaos: Chaos, faultless: Faultless) -> None:
    """All three at once, each at its own moments, so that they also die while a neighbour is dead."""
    print(f"DOORSTEP_SOAK_SEED={SEED}")

    def kill(service: str) -> None:
        rng = random.Random(f"{service} {SEED}")
        for _ in range(KILLS):
            time.sleep(rng.uniform(0.0, 1.5))
            chaos.system.kill(service, how=signal.SIGKILL)
            chaos.system.start(service, wait=False)
            eventually(lambda: chaos.system.replicas[service, 0].ready, every=0.1)

    with chaos.trickle(), ThreadPoolExecutor(len(SERVICES)) as killers:
        list(killers.map(kill, SERVICES))
    same(chaos.settled_outcome(), faultless())


@pytest.mark.timeout(600)  # 18 starts
def test_killed_after_commit_after_publish_and_before_ack(chaos: Chaos, faultless: Faultless) -> None:
    with chaos.trickle():  # each needs events to die on
        for count, point in enumerate(POINTS, start=1):
            for service in SERVICES:
                chaos.system.stop(service)
                replica = chaos.system.start(service, wait=False, DOORSTEP_FAULT=f"{point}:{count}")
                replica.process.wait(PATIENCE_S)
                assert replica.process.returncode == -signal.SIGKILL, f"{service} passed no {point}"
                chaos.system.start(service)
    same(chaos.settled_outcome(), faultless())


def test_two_replicas_of_each_service_and_one_of_them_dies(chaos: Chaos, faultless: Faultless) -> None:
    for service in SERVICES:
        chaos.system.start(service, 1, wait=False)
    chaos.system.wait_ready()
    with chaos.flow(seconds=8):
        for service in SERVICES:
            time.sleep(1)
            chaos.system.kill(service, 1)
    same(chaos.settled_outcome(), faultless())


def test_stopped_in_mid_batch_one_after_the_other(chaos: Chaos, faultless: Faultless) -> None:
    with chaos.flow(seconds=20):
        for _ in range(2):
            for service in SERVICES:
                began = time.monotonic()
                assert chaos.system.stop(service) == 0
                assert time.monotonic() - began < DRAINED_WITHIN_S
                chaos.system.start(service)
    same(chaos.settled_outcome(), faultless())
