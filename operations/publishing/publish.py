"""Handing in events as another system would: streamed, confirmed, and with their replies."""

from __future__ import annotations

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from doorstep_client import (
    BrokerError,
    Outcome,
    Publisher,
    QueueMissing,
    Raw,
    Reason,
    Replies,
    Reply,
    Standing,
    publisher_of,
)
from operations.errors import OperationFailed, WrongInput
from operations.publishing.report_lines import BrokenLine, Item, ReportLines

LISTED = 1000  # troubles kept for the summary; beyond it they are only counted
SETTLED_KINDS = ("done", "unknown", "not_allowed", "invalid", "conflict")
"""What becomes of an event that is no report of an arrival."""
UNANSWERED = ("batch.closed",)
_GIVEN_UP = (Standing.UNSENT, Standing.UNKNOWN)


@dataclass(slots=True)
class Tally:
    """The outcome of a file.

    :param waiting: accepted events whose reply has not come yet, with their line; None: no replies are read.
    :param by_outcome: the lines of each outcome. Every line with something in it has one.
    """

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
    by_outcome: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def accounts(self) -> dict[str, str]:
        """What became of each line: outcome -> lines, as `2-4, 7`."""
        found = {**self.by_outcome}
        if self.waiting:
            found["published, not answered yet"] = list(self.waiting.values())
        return {outcome: _runs(lines) for outcome, lines in sorted(found.items()) if lines}

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
            "accounts": self.accounts(),
        }
        if self.waiting is not None:
            found["replies"] = {
                "registered": self.outcomes["registered"],
                "merged": self.outcomes["merged"],
                "rejected": self.outcomes["rejected"],
                **{kind: self.outcomes[kind] for kind in SETTLED_KINDS if self.outcomes[kind]},
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
                tally.by_outcome["broken, not published"].append(item.line)
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
        answered = outcome.type not in UNANSWERED
        if tally.waiting is not None and answered and outcome.id and outcome.source:
            twin = tally.waiting.pop((outcome.source, outcome.id), None)
            if twin is not None:
                tally.by_outcome["published, the same event as another line"].append(twin)
            tally.waiting[(outcome.source, outcome.id)] = line
        else:
            tally.by_outcome["published"].append(line)
        return
    tally.by_outcome[f"{outcome.standing.value}, not published"].append(line)
    tally.trouble(line, outcome.standing.value, outcome.reason or "", id=outcome.id)
    if outcome.standing in _GIVEN_UP and tally.stopped_at is None:
        tally.stopped_at = line


def read_replies(url: str, tally: Tally, wait: float) -> None:
    """Until every accepted event is answered, or no reply came for `wait` seconds."""
    waiting = tally.waiting
    if not waiting:
        return

    def heard(reply: Reply) -> None:
        line = waiting.pop((reply.event_source, reply.event_id), None)
        if line is None:
            return
        if reply.command:
            _note_settled(tally, line, reply)
            return
        if reply.accepted:
            outcome = reply.outcome or "registered"
            tally.outcomes[outcome] += 1
            if reply.to_correct:
                outcome += ", a part waits for correction"
                _name_reasons(tally, line, "to_correct", reply, reply.to_correct)
            tally.by_outcome[outcome].append(line)
            return
        tally.outcomes["rejected"] += 1
        tally.by_outcome["rejected, waits for correction"].append(line)
        tally.reasons.update(reason.code for reason in reply.reasons)
        _name_reasons(tally, line, "rejected", reply, reply.reasons)

    publishers = sorted({publisher_of(source) for source, _id in waiting})
    with client_errors():
        _read_when_there(url, publishers, heard, lambda: not waiting, wait)


def _note_settled(tally: Tally, line: int, reply: Reply) -> None:
    outcome = reply.outcome or "invalid"
    tally.outcomes[outcome] += 1
    tally.by_outcome[outcome].append(line)
    if not reply.accepted:
        tally.reasons.update(reason.code for reason in reply.reasons)
        _name_reasons(tally, line, outcome, reply, reply.reasons)


def _read_when_there(
    url: str,
    publishers: Sequence[str],
    heard: Callable[[Reply], None],
    until: Callable[[], bool],
    wait: float,
) -> None:
    """The reply queue of a new publisher is made with the first answer: it may take a moment."""
    given_up = time.monotonic() + wait
    while not until():
        try:
            with Replies(url, *publishers) as replies:
                return replies.read(heard, until=until, idle=wait)
        except QueueMissing:
            if time.monotonic() >= given_up:
                break
            time.sleep(0.2)
    for publisher in publishers if len(publishers) > 1 else ():  # one of them may never have been answered
        try:
            with Replies(url, publisher) as replies:
                replies.read(heard, until=until, idle=1)
        except QueueMissing:
            continue


def _name_reasons(tally: Tally, line: int, kind: str, reply: Reply, reasons: Sequence[Reason]) -> None:
    words = "; ".join(f"{r.field}: {r.message} ({r.code})" for r in reasons)
    listed = [{"field": r.field, "code": r.code, "message": r.message} for r in reasons]
    tally.trouble(line, kind, words, id=reply.event_id, reasons=listed)


def _runs(lines: Sequence[int]) -> str:
    """`2-4, 7` for 2, 3, 4, 7."""
    runs: list[list[int]] = []
    for line in sorted(lines):
        if runs and line <= runs[-1][1] + 1:
            runs[-1][1] = line
        else:
            runs.append([line, line])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)


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
