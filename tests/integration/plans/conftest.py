"""A vhost that all tests of a module share."""

from __future__ import annotations

import pytest

from deploy.local import PrivateBroker


@pytest.fixture(scope="module")
def broker_of_module(broker: PrivateBroker) -> str:
    broker.add_vhost("plans")
    return broker.url("plans")
