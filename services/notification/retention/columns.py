"""Which columns of notification hold something personal, and what becomes of them when a case is stripped.

A test holds this against the tables: every column that can hold words, numbers of people or their digests is
named here, once. Whoever adds one says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STRIPPED: Final[Mapping[str, tuple[str, ...]]] = {
    "notices": ("person", "worker", "link"),
    "messages": ("contact",),
}
"""Table -> columns that are null once the case is stripped."""

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    # Words of rules and of the field, places, days, ids of staff: what the balance and statistics need.
    "notices": ("notice", "event", "plan", "counted", "parameters", "correlation_id", "traceparent"),
    "messages": (
        *("notice", "rule", "recipient_kind", "staff_id", "role", "language", "template", "channels"),
        *("state", "provider_reference", "reason", "deputy"),
    ),
    "message_attempts": ("channel", "state", "reason"),
    # Of staff: a digest names numbers, kinds of task and places.
    "digests": ("staff_id", "role", "contact", "language", "channels", "content"),
    "digest_counts": ("counts",),  # gone within seconds
    "number_days": ("number",),  # a keyed digest, gone after two days
    "staff_sent": ("staff_id",),
    # Reference data: no resident stands in it, but staff do.
    "places": ("place_id", "parent", "level", "name", "division", "successor"),
    "phones": ("staff_id",),
    "revisions": ("name", "revision"),
    "staff": ("staff_id", "role", "place", "person", "language", "replaced_by", "deputy"),
    "staff_history": ("staff_id", "role", "place", "deputy"),
}
"""Table -> columns that stay as they are."""
