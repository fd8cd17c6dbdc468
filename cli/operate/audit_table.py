"""An audit as a table for the terminal."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from operations.audit.intake import parts_of
from operations.audit.result import Audit

SHOWN = 20


def show_audit(audit: Audit, console: Console) -> None:
    table = Table("", "count", "of which", title="Balance", title_justify="left")
    table.columns[1].justify = "right"
    for what, count, parts in _lines(audit.sums):
        table.add_row(what, str(count), parts)
    console.print(table)
    if audit.waiting.queues is None:
        console.print(f"[yellow]judged by the databases only: {audit.waiting.broker}[/]")
    elif audit.waiting.only_ready:
        unseen = "messages in a service's hands are not counted"
        console.print(f"[yellow]{unseen}: {audit.waiting.only_ready}[/]", highlight=False)
    if unrouted := audit.waiting.unrouted:
        console.print(f"[yellow]{unrouted} messages found no queue: see `doorstep topology check`[/]")
    _show_publishers_counts(audit.sums["publishers_counts"], console)
    for title, counts in (("in flight", audit.in_flight), ("dead letters", audit.dead_letters)):
        console.print(f"{title}: {', '.join(f'{name} {n}' for name, n in counts.items()) or 'none'}")
    for missing in audit.missing[:SHOWN]:
        console.print(f"[red]missing {missing.what}[/] {missing.id}: {missing.why}", highlight=False)
    if audit.missing_count > SHOWN:
        console.print(f"… and {audit.missing_count - SHOWN} more (--json names up to 100)")
    for late in audit.late[:SHOWN]:
        console.print(f"[yellow]late {late.what}[/] {late.id}: {late.why}", highlight=False)
    if audit.late_count > SHOWN:
        console.print(f"… and {audit.late_count - SHOWN} more (--json names up to 100 of each kind)")
    console.print(_verdict(audit))


def _show_publishers_counts(sums: dict[str, Any], console: Console) -> None:
    """What is missing is named below; here what a publisher did not count."""
    if not sums["counts"]:
        return
    console.print(f"publishers' own counts: {sums['counts']}, {sums['missing']} events of them missing")
    for one in [one for one in sums["differences"] if one["more"]][:SHOWN]:
        what = f"{one['more']} more arrived than it counts ({one['said']})"
        console.print(f"[yellow]{one['source']}[/] {one['day']}: {what}", highlight=False)


def _verdict(audit: Audit) -> str:
    if audit.missing_count:
        return "[red]it does not add up[/]"
    if audit.unseen:
        what = f"{audit.unseen} events are neither handled nor dead, and the queues could not be looked at"
        return f"[yellow]whether it adds up is not known: {what}[/]"
    if audit.late_count:
        return f"[yellow]it adds up, and {audit.late_count} stand still: see `doorstep stuck list`, alerts[/]"
    return "[green]it adds up[/]"


_COMMANDS = {
    "commands_to_registration": "commands done by registration",
    "commands_to_isolation": "commands done by isolation",
}


def _lines(sums: dict[str, dict[str, Any]]) -> list[tuple[str, int, str]]:
    """(what, how many, the parts of that number)."""
    reports, arrivals, cases = sums["reports"], sums["arrivals"], sums["cases"]
    tasks, notices, messages = sums["tasks"], sums["notices"], sums["messages"]
    again, digests = sums["reassessments"], sums["digests"]
    return [
        ("events arrived", sums["intake"]["arrived"], _parts(parts_of(sums["intake"]))),
        ("reports received", reports["received"], _parts(reports, "received")),
        ("  a part of them to correct", sums["reports_in_part"]["to_correct"], ""),
        ("arrivals registered", arrivals["registered"], _parts(arrivals, "registered")),
        ("  assessed again", again["recorded"], _parts(again, "recorded")),
        ("cases", cases["all"], _parts(cases, "all", "by_state")),
        ("tasks planned", tasks["planned"], _parts(tasks["by_state"])),
        *((what, *_commands(sums[name])) for name, what in _COMMANDS.items() if name in sums),
        ("notices due", notices["due"], _parts(notices, "due")),
        ("messages planned", messages["planned"], _parts(messages["by_state"])),
        ("  not told by them", sum(messages["not_told"].values()), _parts(messages["not_told"])),
        ("  told by digests", digests["folded"], _parts({"waiting": digests["folded_waiting"]})),
        ("new cases in digests", digests["cases"], _parts({"waiting": digests["cases_waiting"]})),
        ("rows removed by hand", sums["removed_by_hand"]["noted"], _parts(sums["removed_by_hand"], "noted")),
        ("rows of trails sealed", sums["trails"]["sealed"], _parts(sums["trails"], "sealed")),
        ("rows of copies compared", sums["copies"]["compared"], _parts(sums["copies"], "compared")),
        ("other events", sums["other_events"]["recorded"], _parts(sums["other_events"], "recorded")),
    ]


def _commands(counts: dict[str, int]) -> tuple[int, str]:
    return counts["done"], _parts(counts, "done")


def _parts(counts: dict[str, Any], *without: str) -> str:
    return ", ".join(
        f"{name.replace('_', ' ')} {count}" for name, count in counts.items() if count and name not in without
    )
