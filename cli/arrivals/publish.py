"""`doorstep publish FILE`: hand in reports of arrivals as another system would."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NoReturn
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from doorstep_client import BrokerError, Outcome, Publisher, Raw, Replies, Reply, Standing, publisher_of
from operations.publishing.report_lines import BrokenLine, Item, ReportLines, WrongFile
from operations.settings import environment

BROKER = "DOORSTEP_BROKER_URL"
LISTED = 1000  # troubles kept for the summary; beyond it they are only counted
SHOWN = 50
_GIVEN_UP = (Standing.UNSENT, Standing.UNKNOWN)

BrokerUrl = Annotated[
    str | None,
    typer.Option("--broker", envvar=BROKER, help="amqp://user:password@host:5672/", show_envvar=True),
]


def fail(message: str) -> NoReturn:
    """Ends the command with one line."""
    typer.echo(f"doorstep: {message}", err=True)
    raise typer.Exit(1)


@dataclass(slots=True)
class Tally:
    """What became of a file. `waiting`: accepted events whose reply has not come yet, with their line."""

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
        told = [{"field": r.field, "code": r.code, "message": r.message} for r in reply.reasons]
        words = "; ".join(f"{r.field}: {r.message} ({r.code})" for r in reply.reasons)
        tally.trouble(line, "rejected", words, id=reply.event_id, reasons=told)

    publishers = sorted({publisher_of(source) for source, _id in waiting})
    with Replies(url, *publishers) as replies:
        replies.read(heard, until=lambda: not waiting, idle=wait)


def register(app: typer.Typer) -> None:
    app.command("publish")(publish)


def publish(
    file: Annotated[Path, typer.Argument(help="JSON lines or CSV; - reads JSON lines from standard input")],
    publisher: Annotated[
        str | None, typer.Option(help="Your name at the broker. Default: from each event's source")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Source of lines that have none. Default: /PUBLISHER/files")
    ] = None,
    broker: BrokerUrl = None,
    format: Annotated[str | None, typer.Option(help="jsonl or csv. Default: by the file's name")] = None,
    replies: Annotated[
        bool,
        typer.Option(
            "--replies", help="Wait for what became of each report. Takes the replies out of the queue"
        ),
    ] = False,
    wait: Annotated[
        float, typer.Option(help="With --replies: give up after so many seconds without one", min=0)
    ] = 30,
    rate: Annotated[float | None, typer.Option(help="At most so many reports a second", min=0.1)] = None,
    time_limit: Annotated[
        float, typer.Option(help="Seconds until a message that the broker does not take is given up", min=1)
    ] = 30,
    timezone: Annotated[
        str, typer.Option(envvar="DOORSTEP_TIMEZONE", help="Of CSV times without a zone")
    ] = "Asia/Shanghai",
    as_json: Annotated[bool, typer.Option("--json", help="Print the outcome as JSON")] = False,
) -> None:
    """Publish reports of arrivals from a file.

    Event ids come from source, line number and content: publishing a file again, or after an interruption,
    doubles nothing. Broken lines are listed and do not stop the others. Exit code 1 if anything was not
    accepted, or with --replies not answered or rejected.

    CSV columns: name and arrived_at; and as known id, source, time, source_kind, reference, identity_type,
    identity_number, phone, birth_date, sex, nationality, transport_mode, transport_number, carriage, seat,
    expected, destination_division, destination_address, remarks, language,
    companions (name/identity_type/identity_number/phone;…) and
    stops (620402:2022-09-20:2022-10-01;… with code, address, or code and address).
    """
    broker = broker or environment().get(BROKER)
    if not broker:
        fail(f"no broker given: use --broker or set {BROKER}")
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    tally = Tally(waiting={} if replies else None)
    lines = ReportLines(source or (f"/{publisher}/files" if publisher else None), _zone(timezone))
    try:
        with _opened(file) as stream, _bar(file, quiet=as_json) as (advance, _):
            kind = format or ("csv" if file.suffix.lower() == ".csv" else "jsonl")
            items = lines.csv_rows(stream) if kind == "csv" else lines.json_lines(stream)
            with publisher_at(broker, publisher, rate=rate, time_limit=time_limit) as door:
                publish_items(door, items, tally, rate=rate, advance=advance)
        if replies:
            read_replies(broker, tally, wait)
    except (WrongFile, OSError) as error:
        fail(f"{file}: {error.strerror if isinstance(error, OSError) and error.strerror else error}")
    except (BrokerError, ValueError) as error:
        fail(str(error))
    if as_json:
        typer.echo(json.dumps(tally.as_dict(), ensure_ascii=False))
    else:
        _tell(tally)
    if not tally.good:
        raise typer.Exit(1)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        fail(f"no such time zone: {name}")


def publisher_at(
    url: str, name: str | None, *, rate: float | None = None, time_limit: float = 30
) -> Publisher:
    """A slow stream is packed less, so that a report does not wait long for others to travel with."""
    packed = 50 if rate is None else max(1, min(50, int(rate / 10)))
    return Publisher(url, name, events_per_message=packed, time_limit=time_limit, connect_limit=5)


def _opened(file: Path) -> Any:
    stream: BinaryIO = sys.stdin.buffer
    return nullcontext(stream) if str(file) == "-" else file.open("rb")


class _bar:
    """A progress bar on stderr, by bytes of the file; nothing where nobody sees it."""

    def __init__(self, file: Path, *, quiet: bool) -> None:
        self._total = file.stat().st_size if str(file) != "-" and file.is_file() else None
        shown = not quiet and sys.stderr.isatty()
        columns = (TextColumn("publishing"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
        self._progress = Progress(
            *columns, TimeRemainingColumn(), console=Console(stderr=True), disable=not shown, transient=True
        )

    def __enter__(self) -> tuple[Callable[[int], object], TaskID]:
        self._progress.start()
        task = self._progress.add_task("publishing", total=self._total)
        return (lambda read: self._progress.update(task, completed=read)), task

    def __exit__(self, *_: object) -> None:
        self._progress.stop()


def _tell(tally: Tally) -> None:
    for trouble in tally.troubles[:SHOWN]:
        typer.echo(
            f"line {trouble['line']}: {trouble['kind'].replace('_', ' ')}: {trouble['reason']}", err=True
        )
    if tally.trouble_count > SHOWN:
        typer.echo(f"… and {tally.trouble_count - SHOWN} more (--json lists up to {LISTED})", err=True)
    parts = [f"{count} {standing}" for standing, count in sorted(tally.standings.items()) if count]
    parts.append(f"{tally.broken_lines} broken lines")
    typer.echo(f"{tally.lines} lines: {', '.join(parts)}, in {tally.seconds:.1f} s")
    if tally.waiting is not None:
        answers = [f"{tally.outcomes[kind]} {kind}" for kind in ("registered", "merged", "rejected")]
        typer.echo(f"replies: {', '.join(answers)}, {len(tally.waiting)} missing")
        if tally.waiting:
            typer.echo("a report that was published before is not answered again", err=True)
    if tally.stopped_at is not None:
        typer.echo(
            f"stopped near line {tally.stopped_at}: run the same command again, nothing is doubled", err=True
        )
