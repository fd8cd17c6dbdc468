"""`doorstep replay --since`: send what the services have recorded once more."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from cli.arrivals.publish import fail
from operations.settings import SERVICES

_DURATION = re.compile(r"(\d+)\s*(s|min|h|d)")
_UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days"}
PAGE = 500


def register(app: typer.Typer) -> None:
    app.command("replay")(replay)


def replay(
    since: Annotated[
        str, typer.Option(help="Real time: 2h, 30min, 3d ago, or 2022-10-01T08:00 (in the district's zone)")
    ],
    service: Annotated[
        str | None, typer.Option(help=f"Only what one recorded: {', '.join(SERVICES)}")
    ] = None,
    replies: Annotated[
        bool, typer.Option("--replies", help="Also the replies to outside publishers")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Publish the event log of the services again, from a moment on.

    For after a queue was lost, a broker set up anew or a backup restored. It does no harm to events that
    were handled: they are recognised and left alone; interrupted, it may be run again. The log reaches back
    DOORSTEP_OUTBOX_DAYS (7). Times are real, also where a demo has set the clock of the field. A publisher
    may read replies a second time.
    """
    from operations.databases import settings_of

    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"{service} is none of {', '.join(SERVICES)}", param_hint="--service")
    began = moment(since, datetime.now(UTC), settings_of(SERVICES[0]).zone)
    chosen = [service] if service else list(SERVICES)
    sent = {one: _resend(one, began, replies, dry_run, quiet=as_json) for one in chosen}
    if as_json:
        print(json.dumps({"since": began.isoformat(), "dry_run": dry_run, "services": sent}))
        return
    verb = "would be sent" if dry_run else "sent"
    for name, found in sent.items():
        kinds = ", ".join(f"{kind} {count}" for kind, count in found["by_routing_key"].items())
        print(f"{name}: {found['events']} events in {found['messages']} messages {verb} ({kinds or 'none'})")


def moment(text: str, now: datetime, zone: ZoneInfo, option: str = "--since") -> datetime:
    """A point in time, given as such or as how long ago. Raises BadParameter."""
    try:
        if ago := _DURATION.fullmatch(text.strip().removesuffix(" ago")):
            return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        found = datetime.fromisoformat(text.strip())
        return (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):  # also what lies before all calendars
        raise typer.BadParameter("give 2h, 30min, 3d, or 2022-10-01T08:00", param_hint=option) from None


def _resend(service: str, since: datetime, replies: bool, dry_run: bool, *, quiet: bool) -> dict[str, Any]:
    by_key: Counter[str] = Counter()
    messages = 0
    with (
        Bar(service, _count(service, since, replies), quiet=quiet) as advance,
        _sender(service, dry_run) as send,
    ):
        for row in _rows(service, since, replies, bodies=not dry_run):
            send(row)
            messages += 1
            by_key[row.routing_key] += row.events
            advance()
    return {
        "messages": messages,
        "events": by_key.total(),
        "by_routing_key": dict(sorted(by_key.items())),
    }


def _wanted(since: datetime, replies: bool) -> Any:
    from chassis.messaging.outbox import OUTBOX
    from chassis.names import REPLIES

    recent = OUTBOX.c.created_at >= since
    return recent if replies else recent & (OUTBOX.c.exchange != REPLIES)


def _count(service: str, since: datetime, replies: bool) -> int:
    from sqlalchemy import func, select

    from chassis.messaging.outbox import OUTBOX
    from operations.databases import database_of

    with database_of(service).read() as conn:
        wanted = select(func.count()).select_from(OUTBOX).where(_wanted(since, replies))
        return int(conn.execute(wanted).scalar_one())


def _rows(service: str, since: datetime, replies: bool, *, bodies: bool) -> Iterator[Any]:
    """In order of id, which is the order of time; page by page, so that no transaction stays open."""
    from sqlalchemy import select

    from chassis.messaging.outbox import OUTBOX
    from operations.databases import database_of

    columns = [OUTBOX.c.id, OUTBOX.c.exchange, OUTBOX.c.routing_key, OUTBOX.c.events]
    wanted = select(*columns, *([OUTBOX.c.body] if bodies else [])).where(_wanted(since, replies))
    last = None
    while True:
        page = wanted if last is None else wanted.where(OUTBOX.c.id > last)
        with database_of(service).read() as conn:
            rows = conn.execute(page.order_by(OUTBOX.c.id).limit(PAGE)).all()
        yield from rows
        if len(rows) < PAGE:
            return
        last = rows[-1].id


class _sender:
    """Publishes rows with confirms; leaving the block waits for the last of them."""

    def __init__(self, service: str, dry_run: bool) -> None:
        self._service = service
        self._publisher: Any = None
        if not dry_run:
            from chassis.messaging.publisher import Publisher
            from operations.databases import settings_of

            self._publisher = Publisher(settings_of(service).broker_url, "doorstep replay")

    def __enter__(self) -> Callable[[Any], None]:
        return self._send

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._publisher is None:
            return
        try:
            if kind is None:
                self._publisher.wait()
                if self._publisher.refused:
                    fail(f"the broker refused {self._publisher.refused} messages of {self._service}")
        finally:
            self._publisher.drop()

    def _send(self, row: Any) -> None:
        if self._publisher is None:
            return
        from contracts.envelope import BATCH

        self._publisher.send(
            row.id,
            row.exchange,
            row.routing_key,
            row.body.encode(),
            content_type=BATCH,
            on_confirmed=lambda _id: None,
        )


class Bar:
    """A progress bar on stderr; nothing where nobody sees it."""

    def __init__(self, title: str, total: int, *, quiet: bool) -> None:
        import sys

        from rich.console import Console
        from rich.progress import Progress

        shown = not quiet and sys.stderr.isatty()
        self._progress = Progress(console=Console(stderr=True), disable=not shown, transient=True)
        self._task = self._progress.add_task(title, total=total)

    def __enter__(self) -> Callable[[], None]:
        self._progress.start()
        return lambda: self._progress.advance(self._task)

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
