"""The names of exchanges, of shared queues and of our own headers, each in this one place.

They stand in brokers and dead letters of deployments: changing one orphans what waits under the old name.
"""

from typing import Final

EVENTS: Final = "doorstep.events"
"""Events between the services."""
ARRIVALS: Final = "doorstep.arrivals"
"""Other systems publish arrivals here, and how many they sent."""
INBOUND: Final = "doorstep.inbound"
"""Other systems publish everything else here."""
REPLIES: Final = "doorstep.replies"
"""Answers to publishers; each publisher has one queue."""
BACK: Final = "doorstep.back"
"""Copies whose wait in a retry queue is over return through this exchange."""
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
