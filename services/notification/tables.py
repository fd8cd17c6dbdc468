"""All tables of notification in one place, for migrations and tests. Code imports from the sub-domains."""

from services.notification.messages.tables import (
    digest_counts,
    digests,
    message_attempts,
    messages,
    notices,
    number_days,
    staff_sent,
    stripped_cases,
)
from services.notification.metadata import metadata
from services.notification.reference.tables import phones, places, revisions, staff, staff_history

__all__ = [
    "digest_counts",
    "digests",
    "message_attempts",
    "messages",
    "metadata",
    "notices",
    "number_days",
    "phones",
    "places",
    "revisions",
    "staff",
    "staff_history",
    "staff_sent",
    "stripped_cases",
]
