"""`doorstep demo`: a system of its own follows a sample day, and shows the outcome."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.cells import set_cell_size
from rich.console import Console
from rich.table import Table

from chassis.clock import Clock
from cli.arrivals.trace_tree import tree
from cli.operate.audit_table import show_audit
from cli.options import AsJson
from cli.output import Bar, bars, print_json, say
from demo.cast import Member
from demo.day import Day, Truth
from demo.follow_day import (
    MORNING,
    ZONE,
    Followed,
    Watching,
    alone,
    follow,
    fresh,
    handled,
    start_here,
    start_own,
)
from demo.log_ins import PASSWORD, LogIns, OfficerLogIn, make_log_ins
from demo.report import Line, Report
from deploy.local import processes
from deploy.local.running import asked_to_stop, pidfile_of, watch
from deploy.local.system import LocalSystem, Stopped
from operations.counts import Progress
from operations.settings import local_folder

ARRIVALS, FEWER = 1000, 200
BARS = ("reports", "arrivals", "cases", "messages queued", "messages sent")


def command(
    once: Annotated[
        bool, typer.Option("--once", help="End when it is shown; nothing is left running")
    ] = False,
    arrivals: Annotated[
        int | None,
        typer.Option(min=1, help=f"How many people arrive. Default: {ARRIVALS}, with --days {FEWER}"),
    ] = None,
    days: Annotated[
        int,
        typer.Option(
            min=0,
            help="Then play so many days: residents, workers, officers and a laboratory say what they did",
        ),
    ] = 0,
    here: Annotated[
        bool,
        typer.Option(
            "--here",
            envvar="DOORSTEP_DEMO_HERE",
            help="Against the system that is set up, which must be empty, instead of one of its own",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """A day of arrivals to Lanzhou's Chengguan district, at the start of October 2022.

    Starts a broker, an SMS simulator and the services on SQLite, all below var/demo and beside whatever
    `doorstep up` runs; its clock begins at 9:00 on 1 October 2022. Once all of the morning is handled, the
    day is played on to the evening, for you to try the console as several people. All are invented. Exit
    code 1 if what came of the day is not what had to come of it.
    """
    began = time.monotonic()
    many = arrivals or (FEWER if days else ARRIVALS)
    if here and days:
        raise typer.BadParameter("days are played in a system of its own, without --here")
    if here:
        right = _follow(partial(start_here, say), many, asked_to_stop(), as_json, began)
    else:
        right = _follow_alone(once, many, days, as_json, began)
    if not right:
        raise typer.Exit(1)


def _follow_alone(once: bool, arrivals: int, days: int, as_json: bool, began: float) -> bool:
    """In a system of its own, which ends with it. Whether the day had the right outcome."""
    folder = local_folder() / "demo"
    pidfile = pidfile_of(folder)
    if (pid := processes.running(pidfile)) is not None:
        raise processes.LocalNodeError(f"a demo runs already (pid {pid}): end it with Ctrl-C")
    alone(folder)
    stop = asked_to_stop()
    system = LocalSystem(folder, stopped=stop.is_set, links=True)
    try:
        system.stop()  # what a killed demo left behind
        fresh(folder)
        processes.remember(pidfile, os.getpid())
        start, go_on = partial(start_own, system, say), partial(_play, system, days, stop)
        right = _follow(start, arrivals, stop, as_json, began, go_on)
        if not once:
            _stay(system, stop, folder, days)
    except Stopped:
        right = not once
    finally:
        system.stop(say)
        pidfile.unlink(missing_ok=True)
        say(f"everything is stopped ({time.monotonic() - began:.0f} s); what it wrote is in {folder}")
    return right


def _play(system: LocalSystem, days: int, stop: threading.Event, truth: Truth) -> list[Line]:
    if not days:
        return []
    from demo.days.operators import Operators
    from demo.days.play import play_in  # only who plays needs HTTP and its keys

    return play_in(Operators(system, say), days, MORNING, truth, stop.is_set)


def _follow(
    start: Callable[[], object],
    arrivals: int,
    stop: threading.Event,
    as_json: bool,
    began: float,
    go_on: Callable[[Truth], list[Line]] = lambda _: [],
) -> bool:
    with ExitStack() as stack:
        shown: dict[str, Bar] = {}

        def look(now: Progress, day: Day) -> None:
            if not shown:
                shown.update(stack.enter_context(bars(dict.fromkeys(BARS), quiet=as_json, stay=True)))
            _show_progress(shown, now, day)
            if handled(now, day):
                stack.close()

        followed = follow(start, arrivals, Watching(say, look, stop.is_set), began, go_on)
    if as_json:
        seconds = {name: round(value, 1) for name, value in followed.seconds.items()}
        trace = followed.trace.as_dict() if followed.trace else None
        print_json(followed.report.as_dict() | {"seconds": seconds, "trace": trace})
    else:
        _show(followed, Console())
    return followed.report.adds_up


def _show_progress(shown: dict[str, Bar], now: Progress, day: Day) -> None:
    shown["reports"].show(now.reports, day.truth.reports)
    shown["arrivals"].show(now.arrivals, day.truth.comings)
    shown["cases"].show(now.cases, day.truth.comings)
    shown["messages queued"].show(now.messages, now.messages)
    shown["messages sent"].show(now.messages_sent, now.messages)


def _stay(system: LocalSystem, stop: threading.Event, folder: Path, days: int) -> None:
    _show_log_ins(_made_ready(system, stop, folder, days))
    called = f"DOORSTEP_VAR={_short(folder)} {_short(Path(sys.argv[0]))}"
    say("\nIt stays up until Ctrl-C. In another terminal:")
    for words in ("status", "trace --pick medium", "audit", "dead list", "simulate --arrivals 50 --publish"):
        say(f"  {called} {words}")
    watch(system, stop, say)


def _made_ready(system: LocalSystem, stop: threading.Event, folder: Path, days: int) -> LogIns:
    """For whoever tries the console. Where days were played there is enough to try already."""
    from demo.afternoon import play_afternoon, write_results  # only who stays needs HTTP and its keys
    from demo.cast import cast_of
    from demo.days.play import doors_of
    from demo.days.rest import Rest

    doors, clock = doors_of(system), Clock(system.directory / "clock")
    cast = cast_of(doors)
    if not days:
        play_afternoon(doors, clock, cast, MORNING, say, Rest(system, say, stop.is_set))
    now = clock.now().astimezone(ZONE)
    return make_log_ins(system, cast, write_results(doors, cast, now, folder / "results.txt"), now)


def _show_log_ins(known: LogIns) -> None:
    """Each code and each link counts once, but for the resident's."""
    cast = known.cast
    rows = [
        (f"the worker {_named(cast.worker)}, by phone", known.worker),
        ("", "her doors: first visits, what is overdue, a fever"),
        ("a resident at one of these doors", known.resident or "no household of this worker has a link"),
        ("", "a check-in that is just late and still counts; what happens after a fever"),
        *_rows_of("the street officer", known.street, known.console),
        ("", f"who has not reported, an overdue wave; {_named(cast.away)} is away"),
        *_rows_of("the community officer", known.community, known.console),
        ("", f"a possible duplicate; results of tests to paste from {_short(known.results)}"),
        ("an administrator", known.administrator),
        ("", "accounts, phones, who saw what"),
    ]
    say(f"\nThe console, where it is {known.now:%H:%M on %-d %B %Y}. Open as")
    for who, where in rows:
        say(f"  {set_cell_size(who, 42)} {where}")


def _rows_of(who: str, officer: OfficerLogIn, console: str) -> list[tuple[str, str]]:
    return [
        (f"{who} {_named(officer.member)}", f"{console}/log-in"),
        ("", f"name {officer.member['staff_id']}, password: {PASSWORD}, code: {officer.codes[0]}"),
        ("", f"codes for further times: {', '.join(officer.codes[1:4])}"),
    ]


def _named(member: Member) -> str:
    return f"{member['name']} ({member['staff_id']})"


def _short(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


# -- the outcome ---------------------------------------------------------------------------------------------


def _show(followed: Followed, console: Console) -> None:
    _show_report(followed.report, console)
    if followed.trace:
        console.print("\n[bold]One arrival from a high-risk place[/]")
        console.print(tree(followed.trace, ZONE))
    times = ", ".join(f"{name} {value:.1f} s" for name, value in followed.seconds.items())
    console.print(f"\n[dim]time: {times}[/]")
    console.print(_verdict(followed.report))


def _show_report(report: Report, console: Console) -> None:
    table = Table("what came of the day", "expected", "found", "")
    for column in table.columns[1:3]:
        column.justify = "right"
    for line in report.lines:
        expected = "" if line.expected is None else str(line.expected)
        mark = "" if line.expected is None else "[green]✓[/]" if line.right else "[red]✗[/]"
        table.add_row(line.what, expected, str(line.found), mark)
    console.print(table)
    details = Table("by", "how many", title="What was made of it", title_justify="left")
    counts = report.counts_by_title()
    for title in ("cases", "tasks", "messages", "dead letters"):
        parts = ", ".join(f"{name} {count}" for name, count in counts[title].items())
        details.add_row(title, parts or "none")
    console.print(details)
    show_audit(report.audit, console)


def _verdict(report: Report) -> str:
    if report.adds_up:
        return "[bold green]Everybody who came is accounted for.[/]"
    if report.wrong:
        return f"[bold red]Not as expected: {', '.join(report.wrong)}[/]"
    return "[bold red]The balance does not add up: see above.[/]"
