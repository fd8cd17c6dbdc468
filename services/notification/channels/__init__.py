"""Ways to reach somebody. A channel is a small class with `send` and `status`."""

from typing import Protocol

from services.notification.messages.attempts import Outcome


class Channel(Protocol):
    name: str
    idempotent: bool
    """Whether the same key sent twice is delivered once."""
    time_limit: float
    """Seconds after which `send` has returned, whatever happens."""

    def send(self, to: str, text: str, key: str) -> Outcome:
        """Hand one text over. Never raises for what the world does; the answer says it."""

    def status(self, provider_reference: str) -> Outcome:
        """What became of a text handed over earlier."""
