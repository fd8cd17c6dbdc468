"""Handing in reports of arrivals as another system would: streamed, confirmed, and with their replies."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from doorstep_client import BrokerError, Outcome, Publisher, Raw, Replies, Reply, Standing, publisher_of
from operations.errors import OperationFailed, WrongInput
from operations.publishing.report_lines import BrokenLine, Item, ReportLines

LISTED = 1000  # troubles kept for the summary; beyond it they are only counted
_GIVEN_UP = (Standing.UNSENT, Standing.UNKNOWN)


@dataclass(slots=True)
class Tally:
    """The outcome of a file. `waiting`: accepted events whose reply has not come yet, with their line."""

    lines: int = 0
    standings: Counter[str] = field(default_factory=Counter)
    troubles: list[dict[str, Any]] = field(default_factory=list)
    trouble_count: int = 0
    broken_lines: int = 0
    publishers: set[str] = field(default_factory=set)
    waiting: dict[tuple[str, str], int] | None = None
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    stopped_at: int | None = None

    def trouble(self, line: int, kind: str, reason: str, **more: Any) -> None:
        self.trouble_count += 1
        if len(self.troubles) < LISTED:
            self.troubles.append({"line": line, "kind": kind, "reason": reason} | more)

    @property
    def good(self) -> bool:
        unanswered = bool(self.waiting)
        return not (self.trouble_count or self.stopped_at is not None or unanswered)

    def as_dict(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "lines": self.lines,
            "broken_lines": self.broken_lines,
            "published": {standing.value: self.standings[standing.value] for standing in Standing},
            "publishers": sorted(self.publishers),
            "seconds": round(self.seconds, 3),
            "troubles": self.troubles,
            "troubles_not_listed": self.trouble_count - len(self.troubles),
            "stopped_at_line": self.stopped_at,
        }
        if self.waiting is not None:
            found["replies"] = {
                "registered": self.outcomes["registered"],
                "merged": self.outcomes["merged"],
                "rejected": self.outcomes["rejected"],
                "missing": len(self.waiting),
                "reasons": dict(sorted(self.reasons.items())),
            }
        return found


def publish_items(
    publisher: Publisher,
    items: Iterable[Item | BrokenLine],
    tally: Tally,
    *,
    rate: float | None = None,
    advance: Callable[[int], object] = lambda _bytes_read: None,
) -> None:
    """Streams the items to the broker. Stops reading once a message has outlived its time limit."""
    lines: dict[int, int] = {}
    started = time.monotonic()

    def events() -> Iterator[dict[str, Any] | Raw]:
        position = 0
        for item in items:
            if tally.stopped_at is not None:
                return
            tally.lines += 1
            if isinstance(item, BrokenLine):
                tally.broken_lines += 1
                tally.trouble(item.line, "broken_line", item.reason)
                continue
            if rate:
                time.sleep(max(0.0, started + position / rate - time.monotonic()))
            lines[position] = item.line
            position += 1
            advance(item.end)
            yield item.send

    for outcome in publisher.stream(events()):
        _note(outcome, lines.pop(outcome.position), tally)
    tally.seconds = time.monotonic() - started


def _note(outcome: Outcome, line: int, tally: Tally) -> None:
    tally.standings[outcome.standing.value] += 1
    tally.publishers.add(outcome.publisher)
    if outcome.accepted:
        if tally.waiting is not None and outcome.id and outcome.source:
            tally.waiting[(outcome.source, outcome.id)] = line
        return
    tally.trouble(line, outcome.standing.value, outcome.reason or "", id=outcome.id)
    if outcome.standing in _GIVEN_UP and tally.stopped_at is None:
        tally.stopped_at = line


def read_replies(url: str, tally: Tally, wait: float) -> None:
    """Until every accepted report is answered, or no reply came for `wait` seconds."""
    waiting = tally.waiting
    if not waiting:
        return

    def heard(reply: Reply) -> None:
        line = waiting.pop((reply.event_source, reply.event_id), None)
        if line is None:
            return
        if reply.accepted:
            tally.outcomes[reply.outcome or "registered"] += 1
            return
        tally.outcomes["rejected"] += 1
        tally.reasons.update(reason.code for reason in reply.reasons)
        reasons = [{"field": r.field, "code": r.code, "message": r.message} for r in reply.reasons]
        words = "; ".join(f"{r.field}: {r.message} ({r.code})" for r in reply.reasons)
        tally.trouble(line, "rejected", words, id=reply.event_id, reasons=reasons)

    publishers = sorted({publisher_of(source) for source, _id in waiting})
    with client_errors(), Replies(url, *publishers) as replies:
        replies.read(heard, until=lambda: not waiting, idle=wait)


def publish_stream(
    stream: BinaryIO,
    lines: ReportLines,
    url: str,
    tally: Tally,
    *,
    csv: bool,
    publisher: str | None = None,
    rate: float | None = None,
    time_limit: float = 30,
    advance: Callable[[int], object] = lambda _bytes_read: None,
) -> None:
    """Publish what a file holds, JSON lines or CSV.

    :param publisher: the name at the broker. Default: from each event's source.
    :param rate: at most so many reports a second.
    :raises WrongFile: the file as a whole cannot be used; OperationFailed: the broker cannot be reached.
    """
    items = lines.csv_rows(stream) if csv else lines.json_lines(stream)
    with publishing_to(url, publisher, rate=rate, time_limit=time_limit) as door:
        publish_items(door, items, tally, rate=rate, advance=advance)


@contextmanager
def publishing_to(
    url: str, name: str | None, *, rate: float | None = None, time_limit: float = 30
) -> Iterator[Publisher]:
    """A slow stream is packed less, so that a report does not wait long for others to travel with."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    packed = 50 if rate is None else max(1, min(50, int(rate / 10)))
    with (
        client_errors(),
        Publisher(url, name, events_per_message=packed, time_limit=time_limit, connect_limit=5) as publisher,
    ):
        yield publisher


@contextmanager
def client_errors() -> Iterator[None]:
    """Errors of the client library as those of operations."""
    try:
        yield
    except BrokerError as error:
        raise OperationFailed(str(error)) from None
    except ValueError as error:
        raise WrongInput(str(error)) from None
