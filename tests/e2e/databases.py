"""On which kind of database a whole system runs in a test.

What a feature does in the database is tested on both kinds in tests/integration. Here each runs end to end on
one of them, about half of all on each; in `make soak` on both.
"""

from __future__ import annotations

import os

import pytest

_BOTH = ("sqlite", "postgresql")


def on(database: str) -> pytest.MarkDecorator:
    """For `pytestmark` of a file whose tests start a system of their own."""
    wanted = _BOTH if os.environ.get("DOORSTEP_SOAK_BOTH_DATABASES") else (database,)
    marks = {"postgresql": [pytest.mark.postgresql]}
    params = [pytest.param(one, marks=marks.get(one, ())) for one in wanted]
    return pytest.mark.parametrize("database_url", params, indirect=True)
