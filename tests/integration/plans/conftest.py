"""A vhost that all tests of a module share."""

from __future__ import annotations

import pytest

from deploy.local import PrivateBroker


@pytest.fixture(scope="module")
def broker_of_module(broker: PrivateBroker) -> str:
    broker.add_vhosts("plans")
    return broker.url("plans")
