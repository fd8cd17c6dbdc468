"""How many events of outsiders arrived, and what became of each: counted in the transaction that settles it.

The counts are the audit's other side: it compares them with the rows that the events led to. They are kept by
publisher, source and day, so that the audit can also compare them with what the publishers say they sent.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from chassis.database.statements import add_to_rows
from chassis.database.tables import TABLES
from chassis.messaging.dead_letters import EXPIRED, DeadLetter
from chassis.names import ROUTING_KEY
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event

ARRIVED = TABLES["arrived_events"]

HANDLED: Final = "handled"
REPEATED: Final = "repeated"
DEAD: Final = "dead"
UNREAD: Final = "unread"
"""A body from which not one event could be read: one is counted."""
ONCE: Final = (HANDLED, DEAD, EXPIRED, UNREAD)
"""With REPEATED, all that ever arrived. What is replayed had arrived before:"""
REPLAYED: Final = "replayed"
DEAD_AGAIN: Final = "dead_again"

# Replicas add to rows of their own, mostly: they would wait for each other's commits.
_SHARDS = 16
_KEY = ("handler", "publisher", "source", "day", "outcome", "shard")

Counts = Counter[tuple[str, str, str, str]]
"""(publisher, source, day, outcome) -> events."""


class Tally:
    """Adds to the counts of one handler."""

    def __init__(self, handler: str) -> None:
        self._handler = handler
        self._shard = random.randrange(_SHARDS)

    def add(
        self,
        uow: UnitOfWork,
        fresh: Sequence[Event] = (),
        repeats: Sequence[Event] = (),
        letters: Sequence[DeadLetter] = (),
    ) -> None:
        """The last statement of a transaction but the outbox, so that its locks are short.

        :param repeats: came again. Copies of dead letters that do are not counted.
        :param letters: those that were really buried.
        """
        found: Counts = Counter()
        for event in fresh:
            outcome = REPLAYED if event.letter else HANDLED
            found[event.publisher or "", event.source, _day(event.time, uow.zone), outcome] += 1
        for event in repeats:
            if not event.letter:
                found[event.publisher or "", event.source, _day(event.time, uow.zone), REPEATED] += 1
        for letter in letters:
            found[_of_letter(letter, uow)] += 1
        rows = [
            dict(zip(_KEY, (self._handler, *key, self._shard), strict=True)) | {"events": count}
            for key, count in sorted(found.items())
        ]
        add_to_rows(uow.conn, ARRIVED, rows, key=_KEY, add=("events",))


def _of_letter(letter: DeadLetter, uow: UnitOfWork) -> tuple[str, str, str, str]:
    """An event whose time cannot be read counts for the day on which it was buried."""
    publisher = str(letter.headers.get(ROUTING_KEY, "")).rpartition(".")[2]
    event = letter.event
    at = event.time if isinstance(event, Event) else uow.now
    if letter.follows:
        outcome = DEAD_AGAIN
    elif event is None:
        outcome = UNREAD
    else:
        outcome = EXPIRED if letter.death == EXPIRED else DEAD
    source = (event.source if event else None) or ""
    return publisher if is_publisher(publisher) else "", source, _day(at, uow.zone), outcome


def is_publisher(name: str) -> bool:
    """Whether it fits its columns."""
    return name.isprintable() and len(name) <= 100


def _day(moment: datetime, zone: ZoneInfo) -> str:
    """In the district's zone; none where the year is beyond what the zone can shift."""
    try:
        return moment.astimezone(zone).date().isoformat()
    except OverflowError:
        return ""
