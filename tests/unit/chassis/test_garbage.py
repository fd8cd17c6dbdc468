"""A process that answers people does not stop to look through all that it has imported."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from flask import Flask

from chassis.doors.process import _Process


@pytest.fixture
def collector() -> Iterator[None]:
    """What the test changes of Python's collector is as before after it."""
    thresholds = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*thresholds)


def test_a_door_looks_for_garbage_in_what_came_after_its_start_alone(collector: None) -> None:
    application = Flask("of_a_door")
    kept = [[number] for number in range(1000)]

    assert _Process(lambda: application, "127.0.0.1", 0).load() is application

    assert gc.get_freeze_count() > len(kept)
    assert not any(one is kept for one in gc.get_objects())
    assert gc.get_threshold()[0] >= 50_000
