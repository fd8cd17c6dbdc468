"""Which columns of the console hold something personal of residents, and what becomes of them.

A test holds this against the tables: every column that can hold words, numbers of people or their digests is
named here, once. Whoever adds one says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STRIPPED: Final[Mapping[str, tuple[str, ...]]] = {
    "phone_acts": ("sealed",),  # as soon as an officer has settled the act, who knows of it until then
}
"""Table -> columns that are empty long before the case is stripped."""

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    # Of staff: names of log-in, digests of what opens something, and what was done with an account.
    "account_acts": ("by", "what"),
    "accounts": ("name", "kind", "staff_id", "state", "password_hash", "sealed_secret", "last_step"),
    "one_time_links": ("digest", "sealed_secret"),
    "phone_acts": ("id", "staff_id", "state", "because", "says", "settled_by"),
    "recovery_codes": ("digest",),
    "sessions": ("digest", "device", "ended_because", "opening"),
    "tries": ("digest",),
}
"""Table -> columns that stay as they are."""
