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
NOT_KEPT: Final = "not_kept"
"""An event or body that nobody can read, of a publisher that sent too many such today: it has no letter."""
ONCE: Final = (HANDLED, DEAD, EXPIRED, UNREAD, NOT_KEPT)
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
        for (publisher, source, quarter, copy), count in _by_quarter(fresh).items():
            outcome = REPLAYED if copy else HANDLED
            found[publisher or "", source, _day(quarter, uow.zone), outcome] += count
        for (publisher, source, quarter, copy), count in _by_quarter(repeats).items():
            if not copy:
                found[publisher or "", source, _day(quarter, uow.zone), REPEATED] += count
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
    elif not letter.kept:
        outcome = NOT_KEPT
    elif letter.death == EXPIRED:
        outcome = EXPIRED
    else:
        outcome = DEAD if event else UNREAD
    source = (event.source if event else None) or ""
    return publisher if is_publisher(publisher) else "", source, _day(_quarter(at), uow.zone), outcome


def is_publisher(name: str) -> bool:
    """Whether it fits its columns."""
    return name.isprintable() and len(name) <= 100


def _by_quarter(events: Sequence[Event]) -> Counter[tuple[str | None, str, float, bool]]:
    """The only work for each event; a day in a zone is looked up for each quarter of an hour."""
    return Counter(
        (event.publisher, event.source, event.time.timestamp() // 900, event.letter is not None)
        for event in events
    )


def _quarter(moment: datetime) -> float:
    return moment.timestamp() // 900


def _day(quarter: float, zone: ZoneInfo) -> str:
    """No zone has smaller steps than quarters of an hour. Empty where the year is beyond all clocks."""
    try:
        return datetime.fromtimestamp(quarter * 900, zone).date().isoformat()
    except (OverflowError, ValueError):
        return ""
