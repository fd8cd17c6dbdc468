"""A running system on a private broker, on both kinds of database, with everything it writes below tmp."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from deploy.local import PrivateBroker
from operations.services import SERVICES
from tests.conftest import own_vhost
from tests.system import System

MORNING = datetime(2022, 10, 1, 9, tzinfo=ZoneInfo("Asia/Shanghai"))


@cache
def migrated(service: str) -> Callable[[str], None]:
    """One function a service, so that each kind of database is migrated once a session and then copied."""

    def prepare(url: str) -> None:
        database = Database(url)
        upgrade(service, database)
        database.dispose()

    return prepare


def sqlite_urls(directory: Path) -> dict[str, str]:
    """A migrated SQLite file of each service below the directory."""
    urls = {service: f"sqlite:///{directory}/{service}.sqlite" for service in SERVICES}
    for service, url in urls.items():
        migrated(service)(url)
    return urls


@pytest.fixture
def new_system(
    tmp_path: Path, request: pytest.FixtureRequest, database_url: Callable[..., str]
) -> Iterator[Callable[..., System]]:
    """name -> a system of its own, running, with the samples imported; each has a vhost of its own."""
    broker: PrivateBroker = request.getfixturevalue("broker")
    with ExitStack() as running:

        def new(name: str) -> System:
            urls = {service: database_url(service, migrated(service)) for service in SERVICES}
            url, management = broker.url(running.enter_context(own_vhost(broker))), broker.management_url()
            system = running.enter_context(System(tmp_path / name, url, urls, management_url=management))
            system.prepare(MORNING)
            system.start_all()
            system.import_samples()
            return system

        yield new


@contextmanager
def prepared(
    directory: Path, broker: PrivateBroker, broker_url: str, new_url: Callable[..., str], **environment: str
) -> Iterator[System]:
    """A system of its own whose clock is set to the sample day's morning; nothing runs yet."""
    urls = {service: new_url(service, migrated(service)) for service in SERVICES}
    with System(directory, broker_url, urls, environment, broker.management_url()) as system:
        system.prepare(MORNING)
        yield system


@pytest.fixture
def system(
    tmp_path: Path, broker: PrivateBroker, broker_url: str, database_url: Callable[..., str]
) -> Iterator[System]:
    with prepared(tmp_path / "system", broker, broker_url, database_url) as system:
        yield system


@pytest.fixture
def running_system(system: System) -> System:
    """With all services and the samples imported."""
    system.start_all()
    system.import_samples()
    return system
