"""`doorstep replay --since`: the event logs of the services, published once more."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from cli.options import AsJson, moment, must_be_service
from cli.output import bar, print_json
from operations.databases import settings_of
from operations.replay import Resent, count_log, resend_log
from operations.services import SERVICES


def command(
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
    as_json: AsJson = False,
) -> None:
    """Publish the event log of the services again, from a moment on.

    For after a queue was lost, a broker set up anew or a backup restored. It does no harm to events that
    were handled: they are recognised and left alone; interrupted, it may be run again. The log reaches back
    DOORSTEP_OUTBOX_DAYS (7). Times are real, also where a demo has set the clock of the field. A publisher
    may read replies a second time.
    """
    must_be_service(service, "--service")
    began = moment(since, datetime.now(UTC), settings_of(SERVICES[0]).zone)
    chosen = [service] if service else list(SERVICES)
    sent = {name: _resend(name, began, replies, dry_run, quiet=as_json) for name in chosen}
    if as_json:
        services = {name: resent.as_dict() for name, resent in sent.items()}
        print_json({"since": began.isoformat(), "dry_run": dry_run, "services": services})
        return
    verb = "would be sent" if dry_run else "sent"
    for name, resent in sent.items():
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(resent.by_routing_key.items()))
        print(f"{name}: {resent.events} events in {resent.messages} messages {verb} ({kinds or 'none'})")


def _resend(service: str, since: datetime, replies: bool, dry_run: bool, *, quiet: bool) -> Resent:
    with bar(service, count_log(service, since, replies=replies), quiet=quiet) as progress:
        return resend_log(service, since, replies=replies, dry_run=dry_run, advance=progress.advance)
