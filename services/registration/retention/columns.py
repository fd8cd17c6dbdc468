"""Which columns of registration hold something personal, and what becomes of them when a case is stripped.

A test holds this against the tables: every column that can hold words, numbers of people or their digests is
named here, once. Whoever adds one says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STRIPPED: Final[Mapping[str, tuple[str, ...]]] = {
    "arrivals": ("sealed", "place_key"),
    "arrival_history": ("sealed",),
    "reports": ("sealed",),
    "possible_duplicates": ("note",),
    "transfers": ("asked", "said"),
    # Whole rows: digests by which somebody is found again, and what tells them apart from others.
    "likenesses": ("at", "who", "name_birth", "phone", "number_head", "number_tail", "beside"),
    "person_keys": ("key", "person_id", "identity_key", "facts", "others"),
}
"""Table -> columns that hold nothing of somebody any more once they are stripped."""

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    # Words of the field, places, risk lists, ids of staff, events and publishers: what statistics and the
    # balance need.
    "arrivals": (
        *("state", "language", "source_kinds", "division", "street", "community", "grid", "placed_by"),
        *("worker", "risk_level", "risk_certainty", "risk_areas", "risk_list", "correlation_id", "to_settle"),
    ),
    "arrival_history": ("what", "event_id", "source", "detail"),
    "reports": (
        *("source", "event_id", "publisher", "outcome", "reasons", "correlation_id", "corrected_by"),
        "by_command",
    ),
    "possible_duplicates": ("why", "details", "state", "decided_by", "by_command"),
    "person_rivals": ("why", "contradicts"),  # two of our own ids, and kinds of fact
    "closed_batches": ("publisher", "source", "day", "ids"),
    "uncounted_reports": ("publisher",),
    "worker_loads": ("staff_id",),
    # A trail, sealed in a chain: who saw whose record, and why, by ids.
    "person_views": ("viewed_by", "reason"),
    # Reference data: no resident stands in it, but staff do.
    "corrected_risk_lists": ("id", "source", "digest", "areas", "summary", "corrected_by"),
    "places": ("place_id", "parent", "level", "name", "aliases", "division", "kind", "successor"),
    "policies": ("policy_id", "edition", "places", "document"),
    "publisher_keys": ("publisher", "digest"),
    "publishers": ("name", "may"),
    "risk_areas": ("list_id", "level", "province", "city", "county", "street", "place", "division"),
    "risk_lists": ("id", "source", "digest", "areas", "summary"),
    "staff": ("staff_id", "role", "place", "language", "sealed", "replaced_by", "deputy"),
    "staff_history": ("staff_id", "what", "event_id", "source"),
    "transfers": (
        *("state", "place", "street", "community", "grid", "from_street", "from_community"),
        *("asked_by", "by_command", "decided_by"),
    ),
    "versions": ("name",),
}
"""Table -> columns that stay as they are."""
