"""What all tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import PrivateBroker, PrivatePostgres


@pytest.fixture(scope="module")
def broker_of_module(broker: PrivateBroker) -> str:
    broker.add_vhost("plans")
    return broker.url("plans")


@pytest.fixture(scope="module")
def postgres_on_disk(disk_directory: Path) -> Iterator[PrivatePostgres]:
    """For more than fits into memory."""
    config = {"autovacuum": "off", "max_wal_size": "4GB", "shared_buffers": "1GB"}
    with PrivatePostgres(disk_directory / "postgres", fsync=False, config=config) as postgres:
        yield postgres
