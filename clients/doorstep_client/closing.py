"""Closing counts: how many arrivals of each source and day the broker took, said as `batch.closed`.

They travel over a connection of their own. A broker user of an older set-up may not say them, and its reports
must not feel that.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from queue import Empty, SimpleQueue

from doorstep_client.errors import BrokerError
from doorstep_client.events import ARRIVAL_REPORTED, dump, publisher_of
from doorstep_client.link import Link, Parcel
from doorstep_client.outcomes import Standing
from doorstep_client.packing import ONE, Member, Message

BATCH_CLOSED = "batch.closed"
# One count names so many events at most: more would not fit in a message.
MOST_IDS = 5000
SAY_EVERY = 3600.0
"""Seconds after which what was counted is said though the block is not left: programs run for weeks."""
TIME_LIMIT = 5.0
CHINA = timezone(timedelta(hours=8))

Key = tuple[str, str, str]
"""(publisher, source, day)."""


class Closing:
    """Collects the ids of accepted events and says their number. Threads may share it.

    It never raises for the broker's sake. Once a count was refused, nothing more is counted.
    """

    def __init__(self, link: Callable[[], Link]) -> None:
        """`link`: makes a connection of its own for a round of counts."""
        self._link = link
        self._lock = threading.Lock()
        self._sent: dict[Key, set[str]] = {}
        self._saying: list[threading.Thread] = []
        self._taken = 0
        self._counted_since = time.monotonic()
        self.refused: str | None = None

    def count(self, members: Iterable[Member]) -> None:
        """A count that is as long as a message can hold, or old, is said meanwhile: nothing waits for it."""
        full: dict[Key, set[str]] = {}
        with self._lock:
            if self.refused:
                return
            if not self._sent:
                self._counted_since = time.monotonic()
            for member in members:
                if member.type != ARRIVAL_REPORTED:  # of all others, outcomes and answers tell
                    continue
                if member.id is None or member.source is None or len(member.id) > 200:
                    continue
                key = (member.publisher, member.source, day_of(member.time))
                ids = self._sent.setdefault(key, set())
                ids.add(member.id)
                if len(ids) >= MOST_IDS:
                    full[key] = self._sent.pop(key)
            if time.monotonic() - self._counted_since > SAY_EVERY:
                full, self._sent = full | self._sent, {}
        if full:
            saying = threading.Thread(
                target=self._say, args=(full,), name="doorstep-client count", daemon=True
            )
            self._saying.append(saying)
            saying.start()

    def say(self) -> int:
        """Says all that was counted since the last time. Returns how many counts the broker took."""
        while self._saying:
            self._saying.pop().join()
        with self._lock:
            sent, self._sent = self._sent, {}
        if sent and not self.refused:
            self._say(sent)
        with self._lock:
            taken, self._taken = self._taken, 0
        return taken

    def _say(self, sent: dict[Key, set[str]]) -> None:
        link, settled = self._link(), SimpleQueue[Parcel]()
        try:
            link.open(TIME_LIMIT)
        except BrokerError:
            return
        try:
            for key, ids in sent.items():
                link.submit(_message(key, sorted(ids)), settled)
                taken = self._is_taken(settled)
                with self._lock:
                    self._taken += taken
                if self.refused:
                    break
        finally:
            link.close()

    def _is_taken(self, settled: SimpleQueue[Parcel]) -> bool:
        try:
            parcel = settled.get(timeout=TIME_LIMIT * 2)
        except Empty:
            return False
        if parcel.standing is Standing.REFUSED:
            with self._lock:
                self.refused = parcel.reason or "refused"
                self._sent.clear()
        return parcel.standing is Standing.ACCEPTED


def day_of(time: str | None) -> str:
    """The day of an event in China; today where its time cannot be read."""
    try:
        moment = datetime.fromisoformat(time) if time else None
        if moment is not None and moment.tzinfo is not None:
            return moment.astimezone(CHINA).date().isoformat()
    except (ValueError, OverflowError):
        pass
    return today().isoformat()


def today() -> date:
    return datetime.now(CHINA).date()


def closing_event(source: str, day: str, count: int, ids: Iterable[str] = ()) -> dict[str, object]:
    """One count, for programs that keep count themselves: without `ids` that of the whole day so far."""
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": source,
        "type": BATCH_CLOSED,
        "time": datetime.now(UTC).isoformat(),
        "datacontenttype": "application/json",
        "data": {"source": source, "day": day, "count": count, "ids": list(ids)},
    }


def _message(key: Key, ids: list[str]) -> Message:
    publisher, source, day = key
    assert publisher_of(source) == publisher
    body = dump(closing_event(source, day, len(ids), ids))
    return Message(body, ONE, f"{BATCH_CLOSED}.{publisher}", [Member(0, publisher, None, source)])
