"""A consumer with a backlog lets the rest of its process live."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from contracts.envelope import BATCH as PACKED
from contracts.envelope import dump_event, join_events
from tests.integration.chassis.trial_service import Trial, place_event, prepare
from tests.processes import start
from tests.waiting import PATIENCE_S, eventually

pytestmark = pytest.mark.broker
ROOT = Path(__file__).parents[3]
# The chore wants a turn every five batches, the whole takes some ten seconds.
BATCH, BACKLOG = 10, 4000


def test_chores_have_their_turns_and_sigterm_is_heard_while_there_is_a_backlog(
    broker_url: str, database_url: Callable[..., str]
) -> None:
    url = database_url("trial", prepare)
    trial = Trial(broker_url, url)
    batches = (range(n, n + BATCH) for n in range(1, BACKLOG + 1, BATCH))
    packed = [join_events(dump_event(place_event(n)) for n in batch) for batch in batches]
    trial.publish(*packed, content_type=PACKED)
    command = [sys.executable, "-m", "tests.integration.chassis.trial_host", broker_url, url]
    process = start(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        eventually(lambda: len(trial.numbers()) >= BACKLOG // 4)
        process.terminate()
        out, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    assert process.returncode == 0
    turns = [int(line.split()[1]) for line in out.splitlines() if line.startswith("handled ")]
    assert max(after - before for before, after in pairwise(turns)) < BACKLOG // 16, "long without a turn"
    assert len(trial.numbers()) < BACKLOG // 2, "most of the backlog had to be done first"
