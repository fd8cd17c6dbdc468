"""The promises of a channel."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Self

from chassis.errors import SettingsError
from services.notification.channels.answers import Outcome


class Channel(ABC):
    """One way to reach somebody."""

    name: ClassVar[str]
    """As rules, templates, rows and metrics call it; it never changes."""
    address: ClassVar[str]
    """The kind of address it writes to: the name of a field of the recipient's sealed data, as `phone`."""
    setting: ClassVar[str]
    """The setting that sets it up."""

    idempotent: bool
    """Whether the same key sent twice is delivered once."""
    time_limit: float
    """Seconds after which `send` has returned, whatever happens."""

    @classmethod
    @abstractmethod
    def from_settings(cls, given: Mapping[str, str]) -> Self | None:
        """The channel as the environment describes it; None where it is not set up. Raises SettingsError."""

    @classmethod
    def too_long(cls, text: str) -> str | None:
        """Why a text does not fit into this channel (`takes 5 text messages; at most 4`); None if it fits."""
        return None

    def cannot_reach(self, to: str) -> str | None:
        """Why nothing of this channel can come to an address (`landline`); None if it can."""
        return None

    @abstractmethod
    def send(self, to: str, text: str, key: str) -> Outcome:
        """Hand one text over. Never raises for what the world does; the answer says it."""


def number(given: Mapping[str, str], name: str, default: float, *, low: float, high: float) -> float:
    """A setting that is a number. Raises SettingsError."""
    text = given.get(name, "").strip() or str(default)
    try:
        value = float(text)
    except ValueError:
        value = low - 1
    if not low <= value <= high:
        raise SettingsError(f"{name}={text} must be a number from {low:g} to {high:g}")
    return value
