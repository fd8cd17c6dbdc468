"""`doorstep audit`: does everything add up, from reports to messages, across the services?"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from operations.audit.balance import Balance

LOOK_AGAIN_S = 1.0
# Events in a consumer's hands stand in no queue: what seems lost is looked at again as long as it gets less.
RECHECK_S = 10.0
SHOWN = 20


def register(app: typer.Typer) -> None:
    app.command("audit")(audit)


def audit(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    wait: Annotated[
        float, typer.Option(help="Wait so many seconds until nothing is in flight any more", min=0)
    ] = 0,
) -> None:
    """Every report, arrival, case, task and message is accounted for, or is named as missing.

    Exit code 1 if anything is missing, or could be for all that is known while the broker is away. What is on
    its way, or dead-lettered, is counted and is not missing.
    """
    found = settled(wait)
    if as_json:
        print(json.dumps(as_dict(found), ensure_ascii=False))
    else:
        show(found)
    if not found.balanced:
        raise typer.Exit(1)


def settled(wait: float) -> Balance:
    """The balance once nothing is in flight, or when the time is up."""
    from operations.audit.balance import balance
    from operations.audit.in_flight import waiting

    deadline = time.monotonic() + wait
    while True:
        while time.monotonic() < deadline and not waiting().quiet:
            time.sleep(min(LOOK_AGAIN_S / 2, max(0.0, deadline - time.monotonic())))
        found = _steady(balance())
        left = deadline - time.monotonic()
        if left <= 0 or not (found.in_flight or found.missing_count):
            return found
        if found.missing_count and not found.only_lost and not found.in_flight:
            return found  # what is gone does not come back by waiting
        time.sleep(min(LOOK_AGAIN_S, left))


def _steady(found: Balance) -> Balance:
    from operations.audit.balance import balance

    while found.missing_count and found.only_lost:
        time.sleep(RECHECK_S)
        again = balance()
        if again.missing_count >= found.missing_count:
            return again
        found = again
    return found


def as_dict(found: Balance) -> dict[str, Any]:
    return {
        "balanced": found.balanced,
        "sums": found.sums,
        "missing": [one.as_dict() for one in found.missing],
        "missing_count": found.missing_count,
        "unseen": found.unseen,
        "in_flight": found.in_flight,
        "dead_letters": found.dead_letters,
        "broker": found.waiting.broker,
    }


def lines(sums: dict[str, dict[str, Any]]) -> list[tuple[str, int, str]]:
    """(what, how many, what they are made of) for people."""
    reports, arrivals, cases = sums["reports"], sums["arrivals"], sums["cases"]
    tasks, notices, messages = sums["tasks"], sums["notices"], sums["messages"]
    again = sums["reassessments"]
    return [
        ("reports received", reports["received"], _parts(reports, "received")),
        ("arrivals registered", arrivals["registered"], _parts(arrivals, "registered")),
        ("  assessed again", again["recorded"], _parts(again, "recorded")),
        ("cases", cases["all"], _parts(cases, "all", "by_state")),
        ("tasks planned", tasks["planned"], _parts(tasks["by_state"])),
        ("notices due", notices["due"], _parts(notices, "due")),
        ("messages planned", messages["planned"], _parts(messages["by_state"])),
        ("other events", sums["other_events"]["recorded"], _parts(sums["other_events"], "recorded")),
    ]


def show(found: Balance) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("", "count", "of which", title="Balance", title_justify="left")
    table.columns[1].justify = "right"
    for what, count, parts in lines(found.sums):
        table.add_row(what, str(count), parts)
    console.print(table)
    if found.waiting.queues is None:
        console.print(f"[yellow]judged by the databases only: {found.waiting.broker}[/]")
    elif unrouted := found.waiting.queues.get("doorstep.unrouted"):
        console.print(f"[yellow]{unrouted} messages found no queue: see `doorstep topology check`[/]")
    for title, counts in (("in flight", found.in_flight), ("dead letters", found.dead_letters)):
        console.print(f"{title}: {', '.join(f'{name} {n}' for name, n in counts.items()) or 'none'}")
    for one in found.missing[:SHOWN]:
        console.print(f"[red]missing {one.what}[/] {one.id}: {one.why}", highlight=False)
    if found.missing_count > SHOWN:
        console.print(f"… and {found.missing_count - SHOWN} more (--json names up to 100)")
    if found.missing_count:
        console.print("[red]it does not add up[/]")
    elif found.unseen:
        what = f"{found.unseen} events are neither handled nor dead, and the queues could not be looked at"
        console.print(f"[yellow]whether it adds up is not known: {what}[/]")
    else:
        console.print("[green]it adds up[/]")


def _parts(counts: dict[str, Any], *without: str) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count and name not in without
    )
