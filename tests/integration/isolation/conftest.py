"""Isolation on each kind of database: with policies and a neighbourhood, or with neither."""

from collections.abc import Callable, Iterator

import pytest

from tests.integration.isolation.trial import Trial, furnish, prepare, trial


@pytest.fixture
def empty(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", prepare)) as found:
        yield found


@pytest.fixture
def isolation(database_url: Callable[..., str]) -> Iterator[Trial]:
    with trial(database_url("isolation", furnish)) as found:
        yield found


@pytest.fixture
def on_postgresql(postgresql_url: Callable[..., str]) -> Iterator[Trial]:
    """For tests of several replicas at once."""
    with trial(postgresql_url("isolation", furnish)) as found:
        yield found


@pytest.fixture
def on_sqlite(sqlite_url: Callable[..., str]) -> Iterator[Trial]:
    """For long tests of what is no matter of databases."""
    with trial(sqlite_url("isolation", furnish)) as found:
        yield found
