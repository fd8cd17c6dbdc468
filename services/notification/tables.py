"""All tables of notification in one place, for migrations and tests. Code imports from the sub-domains."""

from services.notification.messages.tables import message_attempts, messages, notices
from services.notification.metadata import metadata
from services.notification.reference.tables import places, revisions, staff, staff_history

__all__ = [
    "message_attempts",
    "messages",
    "metadata",
    "notices",
    "places",
    "revisions",
    "staff",
    "staff_history",
]
