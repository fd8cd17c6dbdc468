"""`doorstep keys status`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.options import AsJson
from cli.output import bar, local_time, print_json
from operations.databases import database_of, settings_of
from operations.keys.reseal import InUse, look
from operations.services import SERVICES


def command(
    unused: Annotated[
        str | None, typer.Option("--unused", metavar="KEY", help="Exit code 1 if this key is still in use")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Which keys are on the ring, and what stands sealed under each but the newest. Reads all tables."""
    ids = list(settings_of(SERVICES[0]).sealer().ids)
    asked = [unused] if unused else ids[1:]
    found = looked(asked, quiet=as_json)
    if as_json:
        print_json({"keys": ids, "in_use": {name: _as_dict(by_id) for name, by_id in found.items()}})
    else:
        _show(ids, asked, found)
    if unused and any(use for by_id in found.values() for use in by_id.values()):
        raise typer.Exit(1)


def looked(ids: Sequence[str], *, quiet: bool) -> dict[str, dict[str, InUse]]:
    """Service -> key id -> what is sealed under it."""
    found = {}
    for service in SERVICES:
        with bar(f"keys of {service}", None, quiet=quiet) as progress:
            sealer, database = settings_of(service).sealer(), database_of(service)
            found[service] = look(service, database, list(ids), sealer, lambda *_: progress.advance())
    return found


def _as_dict(by_id: Mapping[str, InUse]) -> dict[str, Any]:
    return {
        id: {"values": dict(use.values), "logged": use.logged, "logged_until": use.until}
        for id, use in by_id.items()
    }


def _show(ids: Sequence[str], asked: Sequence[str], found: Mapping[str, Mapping[str, InUse]]) -> None:
    print(f"on the ring: {', '.join(ids)}; {ids[0]} seals")
    table = Table("key", "service", "sealed in", "values")
    for id in asked:
        for service, by_id in found.items():
            use = by_id[id]
            for where, number in sorted(use.values.items()):
                table.add_row(id, service, where, f"{number:,}")
            if use.logged and use.until:
                days = settings_of(service).outbox_days
                gone = local_time(use.until + timedelta(days=days))
                table.add_row(id, service, f"the log of what was said, until {gone}", f"{use.logged:,}")
    if table.row_count:
        Console().print(table)
    elif asked:
        print(f"nothing is sealed under {', '.join(asked)}: `doorstep keys retire {asked[0]}`")
