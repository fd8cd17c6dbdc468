"""Notification on each kind of database, and a gateway to send to."""

from collections.abc import Callable, Iterator

import pytest

from chassis.unit_of_work import Work
from tests.integration.notification.trial import Gateway, prepare, running_gateway, work_on


@pytest.fixture
def work(database_url: Callable[..., str]) -> Iterator[Work]:
    with work_on(database_url("notification", prepare)) as work:
        yield work


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as gateway:
        yield gateway
