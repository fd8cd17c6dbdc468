"""How the lists that wait for somebody are worked off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from services.console.pages.officers.settled_arrivals import OF_ARRIVALS
from services.console.pages.officers.settled_cases import OF_CASES
from services.console.pages.officers.settled_tests import OF_TESTS
from services.console.pages.officers.settling import Settling

SETTLED: Final[Mapping[str, Settling]] = {**OF_ARRIVALS, **OF_CASES, **OF_TESTS}
"""Name of a list -> how its rows are worked off."""
