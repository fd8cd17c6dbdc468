"""What the chassis' own tables hold of people, and for how long; see docs/retention.md.

A test holds this, and what each service says of its own tables, against all columns that can hold words,
numbers of people or their digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, Column, String

from chassis.database.types import Id, Json

FORGOTTEN: Final[Mapping[str, tuple[str, ...]]] = {
    # Whole rows, after DOORSTEP_INBOX_DAYS and DOORSTEP_OUTBOX_DAYS.
    "inbox": ("handler", "source", "event_id", "body_hash", "outcome", "result"),
    "outbox": ("exchange", "routing_key", "body"),
    # Emptied a month after somebody has settled the letter: chassis.messaging.emptied_letters.
    "dead_letters": ("sealed_body",),
}
"""Table -> columns that go by age, whatever they tell of."""

KEPT: Final[Mapping[str, tuple[str, ...]]] = {
    "arrived_events": ("handler", "publisher", "source", "day", "outcome"),
    "dead_letters": (
        *("handler", "source", "event_id", "event_type", "correlation_id", "error", "content_type"),
        *("headers", "state", "settled_by", "settled_reason", "content_encoding", "death"),
    ),
    # Trails are sealed in a chain: a changed line is what they are there to show. They name ids and staff.
    "dead_letter_acts": ("by", "what", "filter", "reason"),
    "views": ("viewer", "about", "about_id", "reason", "day"),
    "removed_rows": ("of_table", "row_key", "removed_by", "accepted_by", "accepted_reason"),
    "trail_pieces": ("trail", "columns", "digest"),
    "stuck_rows": ("chore", "of_table", "row_key", "error", "place"),
    "walks": ("name", "after", "mark"),
    "leases": ("name", "holder"),
}
"""Table -> columns that stay as they are."""


def may_be_personal(column: Column[object]) -> bool:
    """Whether it can hold words, a number of somebody, or a digest of one. Our own random ids cannot."""
    return isinstance(column.type, String | Json | BigInteger) and not isinstance(column.type, Id)
