"""The names of exchanges, of shared queues and of our own headers, each in this one place.

They stand in brokers and dead letters of deployments: changing one orphans what waits under the old name.
"""

from typing import Final

EVENTS: Final = "doorstep.events"
"""Events between the services."""
ARRIVALS: Final = "doorstep.arrivals"
"""Clients of before publish arrivals here, and how many they sent. It leads on to `doorstep.inbound`."""
INBOUND: Final = "doorstep.inbound"
"""Other systems publish here, whatever they say."""
REPLIES: Final = "doorstep.replies"
"""Answers to publishers; each publisher has one queue."""
BACK: Final = "doorstep.back"
"""Copies whose wait in a retry queue is over return through this exchange."""
CANARY: Final = "doorstep.canary"
"""What was sent through the retry queues to see whether they bring anything back."""
HEALTH: Final = "doorstep.health"
"""The broker's own health check puts a message into it and takes it out (deploy/rabbitmq/health.sh)."""
UNROUTED: Final = "doorstep.unrouted"
"""Exchange and watched queue for messages that no other queue takes."""
UNHEARD: Final = "doorstep.unheard"
"""Alternate exchange of `doorstep.events`."""

# Headers of the copies that we make. They are believed only on messages that came through `doorstep.back`.
ATTEMPTS: Final = "doorstep-attempts"
FIRST_FAILED: Final = "doorstep-first-failed"
ROUTING_KEY: Final = "doorstep-routing-key"
ERROR: Final = "doorstep-error"
LETTER: Final = "doorstep-letter"
"""The dead letter that was replayed as this copy."""


def own_queue_name(queue: str, publisher: str) -> str:
    """The queue of one publisher. No other queue has `from` in its name, whatever publishers are called."""
    return f"{queue}.from.{publisher}"


def publisher_of(name: str, queue: str) -> str | None:
    """Whose own queue beside this work queue it is; None where it is nobody's."""
    return name.removeprefix(own_queue_name(queue, "")) if is_own_queue(name, queue) else None


def is_own_queue(name: str, queue: str) -> bool:
    """Whether it is a publisher's own queue for the handler with this work queue."""
    return name.startswith(own_queue_name(queue, ""))
