"""Publish events to Doorstep, and read what became of them. See README.md."""

from doorstep_client.closing import closing_event
from doorstep_client.errors import (
    AccessRefused,
    BrokerError,
    BrokerUnreachable,
    PublishInterrupted,
    QueueMissing,
)
from doorstep_client.events import arrival_event, event, publisher_of
from doorstep_client.outcomes import Outcome, Outcomes, Standing
from doorstep_client.packing import Raw
from doorstep_client.publisher import Publisher
from doorstep_client.replies import Reason, Replies, Reply

__all__ = [
    "AccessRefused",
    "BrokerError",
    "BrokerUnreachable",
    "Outcome",
    "Outcomes",
    "PublishInterrupted",
    "Publisher",
    "QueueMissing",
    "Raw",
    "Reason",
    "Replies",
    "Reply",
    "Standing",
    "arrival_event",
    "closing_event",
    "event",
    "publisher_of",
]
