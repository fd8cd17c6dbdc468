"""The names of exchanges, of shared queues and of our own headers, each in this one place.

They stand in brokers and dead letters of deployments: changing one orphans what waits under the old name.
"""

from typing import Final

EVENTS: Final = "doorstep.events"
"""What services tell each other."""
ARRIVALS: Final = "doorstep.arrivals"
"""Where other systems publish."""
REPLIES: Final = "doorstep.replies"
"""Answers to publishers, one queue each."""
BACK: Final = "doorstep.back"
"""Where expired copies return from retry queues."""
UNROUTED: Final = "doorstep.unrouted"
"""Exchange and watched queue of what no queue takes."""
UNHEARD: Final = "doorstep.unheard"
"""Alternate exchange of `doorstep.events`."""

# Headers of copies that we make: they count only on what came through `doorstep.back`.
ATTEMPTS: Final = "doorstep-attempts"
FIRST_FAILED: Final = "doorstep-first-failed"
ROUTING_KEY: Final = "doorstep-routing-key"
ERROR: Final = "doorstep-error"
LETTER: Final = "doorstep-letter"
"""The dead letter that the copy is a replay of."""
