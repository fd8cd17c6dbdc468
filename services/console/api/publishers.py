"""Who hands something in: the publisher whose API key it is."""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import orjson

from chassis.commands.command import Author
from services.console.doors import DoorAway, Doors

_HOLDS_S: Final = 30.0
"""So long a key counts after it was ended, at the most."""
_UNKNOWN_HOLDS_S: Final = 2.0
_MOST_HELD: Final = 10_000
_LONGEST_KEY: Final = 200

_EDGE: Final = Author("console", "/console/api", "edge")


@dataclass(frozen=True, slots=True)
class Publisher:
    """:param may: the event types that it may publish."""

    name: str
    may: frozenset[str]


class Publishers:
    """Asks registration, and remembers for a short time. Of keys only digests are kept."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors
        self._held: OrderedDict[bytes, tuple[float, Publisher | None]] = OrderedDict()
        self._lock = threading.Lock()

    def with_key(self, key: str) -> Publisher | None:
        """Raises DoorAway."""
        if not key or len(key) > _LONGEST_KEY:
            return None
        digest = hashlib.blake2b(key.encode(), digest_size=16).digest()
        with self._lock:
            until, publisher = self._held.get(digest, (0.0, None))
        if time.monotonic() < until:
            return publisher
        publisher = self._ask(key)
        holds = _HOLDS_S if publisher else _UNKNOWN_HOLDS_S
        with self._lock:
            self._held[digest] = (time.monotonic() + holds, publisher)
            self._held.move_to_end(digest)
            while len(self._held) > _MOST_HELD:
                self._held.popitem(last=False)
        return publisher

    def _ask(self, key: str) -> Publisher | None:
        answer = self._doors.post("registration", "/lookups/publisher", _EDGE, orjson.dumps({"key": key}))
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise DoorAway(f"the door of registration answers {answer.status} to a question about a key")
        return Publisher(answer.document["name"], frozenset(answer.document["may"]))
