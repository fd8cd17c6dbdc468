"""Commands as use cases get them, made by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chassis.commands.command import Author, Said
from chassis.commands.settling import said
from chassis.ids import new_id
from contracts.envelope import ONE, dump_event, event_document, read_message
from contracts.registry import read_data
from field.scope import EVERYWHERE, Scope


def made_command(
    type: str,
    data: dict[str, Any],
    author: Author,
    now: datetime,
    *,
    scope: Scope = EVERYWHERE,
    id: str | None = None,
) -> Said:
    """As it comes, through JSON and its contract. Times may be moments."""
    document = event_document(id=id or new_id(), source=author.source, type=type, data=data, time=now)
    event = read_data(read_message(dump_event(document), ONE)[0])
    assert not event.problems, event.problems
    return said(event, author, scope, now)
