"""Registration with places, staff and a risk list, on each kind of database."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.registration.trial import Trial, prepare


@pytest.fixture
def trial(database_url: Callable[..., str]) -> Iterator[Trial]:
    trial = Trial(database_url("registration", prepare))
    yield trial
    trial.database.dispose()
