from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.integration.console.trial import Trial, prepare
from tests.quick_passwords import quick_passwords  # noqa: F401


@pytest.fixture
def trial(database_url: Callable[..., str]) -> Iterator[Trial]:
    """On SQLite, and on PostgreSQL."""
    trial = Trial(database_url("console", prepare))
    yield trial
    trial.database.dispose()
