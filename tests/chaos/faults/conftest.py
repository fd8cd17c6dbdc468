"""A short day, for faults that last: what they do to events does not depend on how many there are."""

from __future__ import annotations

from datetime import date

import pytest

from demo.day import Day, Line
from deploy.local import PrivateBroker
from tests.chaos.conftest import NO_SENDING, Chaos, NewChaos
from tests.e2e.conftest import MORNING

ARRIVALS = 300


@pytest.fixture(scope="session")
def day() -> list[Line]:
    return list(Day(arrivals=ARRIVALS, day=date(2022, 10, 1), seed=2022, now=MORNING))


@pytest.fixture
def chaos(new_chaos: NewChaos, broker: PrivateBroker) -> Chaos:
    """With the broker's management API, by which operators are told of most faults."""
    return new_chaos(NO_SENDING | {"DOORSTEP_MANAGEMENT_URL": broker.management_url()})
