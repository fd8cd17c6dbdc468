"""Digests of passwords and PINs that cost next to nothing, for tests of what is around them.

One as costly as it must be takes 40 ms of a core, and most tests of pages make and compare several. What the
digests themselves must do is tried in tests/unit/console, with those that are shipped.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from services.console.accounts import passwords


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """For all tests below the folder whose conftest.py has it."""
    with pytest.MonkeyPatch.context() as changed:
        changed.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
        yield
