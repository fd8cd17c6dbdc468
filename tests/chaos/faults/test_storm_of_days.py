"""The demo's days while everything dies at random: services, doors, the console, the broker, PostgreSQL. In
the end it is as if nothing had.

DOORSTEP_SOAK_STORMY_DAYS=14 DOORSTEP_SOAK_KILLS_IN_DAYS=80 DOORSTEP_SOAK_ARRIVALS_IN_DAYS=200: the long form
(`make soak`).
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from demo.days.operators import Operators
from demo.days.play import acts_in
from deploy.local import PrivatePostgres
from operations.services import SERVICES
from tests.chaos.conftest import NewDatabases, same
from tests.chaos.faults.calm_days import calm_days
from tests.chaos.faults.days import new_system, played, settings
from tests.chaos.faults.killing import SEED, Killer

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

DAYS = int(os.environ.get("DOORSTEP_SOAK_STORMY_DAYS") or 3)
KILLS = int(os.environ.get("DOORSTEP_SOAK_KILLS_IN_DAYS") or 7)
ARRIVALS = int(os.environ.get("DOORSTEP_SOAK_ARRIVALS_IN_DAYS") or 15)
LIMIT_S = 300 + DAYS * 240 + KILLS * 30


@pytest.mark.timeout(LIMIT_S)
def test_days_end_the_same_whatever_dies(
    tmp_path: Path,
    durable_postgres: PrivatePostgres,
    new_databases: NewDatabases,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    print(f"seed {SEED}: {KILLS} deaths in {DAYS} days, {ARRIVALS} arrivals", flush=True)
    with calm_days(tmp_path / "calm", ARRIVALS, DAYS) as calm:
        folder = tmp_path / "stormy"
        for name, value in settings(folder, new_databases("stormy_days")).items():
            monkeypatch.setenv(name, value)
        stormy = new_system(folder)
        assert stormy.broker is not None
        nodes = {"broker": stormy.broker, "postgresql": durable_postgres}
        victims = {name: (node.kill, node.start) for name, node in nodes.items()}
        for name in (*SERVICES, "doors", "console"):
            victims[name] = (partial(stormy.kill, name), partial(stormy.start_again, name))
        killer = Killer(victims, KILLS, acts_in(DAYS), at_once=4)
        found = played(Operators(stormy, partial(print, flush=True)), ARRIVALS, DAYS, killer.around)
        killer.has_killed_all()
        expected = calm.played()
    for one in (expected, found):
        assert one.report.adds_up, (one.report.wrong, one.report.audit.as_dict())
    same(found.outcome, expected.outcome)
    assert not found.stuck
