"""`doorstep demo`: the whole system on this machine follows a sample day, and shows what came of it."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from operations.settings import var

if TYPE_CHECKING:
    from chassis.unit_of_work import UnitOfWork
    from demo.day import Day
    from deploy.local.system import LocalSystem

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2022, 10, 1, 9, tzinfo=ZONE)
SETTLED_S = 300.0
LOOK_EVERY_S = 0.2
WATCH_EVERY_S = 0.5
# The simulated gateway takes what comes; a real one sets a limit.
DEMO_SETTINGS = {"DOORSTEP_SMS_RATE": "1000", "DOORSTEP_TIMEZONE": "Asia/Shanghai"}


def register(app: typer.Typer) -> None:
    app.command()(demo)


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="End when it is shown; nothing is left running")
    ] = False,
    arrivals: Annotated[int, typer.Option(help="How many people arrive", min=1)] = 1000,
    here: Annotated[
        bool,
        typer.Option(
            "--here",
            envvar="DOORSTEP_DEMO_HERE",
            help="Against the system that is set up, which must be empty, instead of one of its own",
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """A day of arrivals to Lanzhou's Chengguan district, at the start of October 2022.

    Starts a broker, an SMS simulator and the services on SQLite, all below var/demo and beside whatever
    `doorstep up` runs; its clock begins at 9:00 on 1 October 2022. All persons are invented. Exit code 1 if
    what came of the day is not what had to come of it.
    """
    from deploy.local import processes
    from deploy.local.system import LocalSystem, Stopped

    if here:
        shown = _show(_start_here, arrivals, _asked_to_stop(), as_json=as_json, began=time.monotonic())
        raise typer.Exit(0 if shown["adds_up"] else 1)
    directory = var() / "demo"
    pidfile = directory / "doorstep.pid"
    if (pid := processes.running(pidfile)) is not None:
        raise processes.LocalNodeError(f"a demo runs already (pid {pid}): end it with Ctrl-C")
    began = time.monotonic()
    _alone(directory)
    stop = _asked_to_stop()
    system = LocalSystem(directory, stopped=stop.is_set)
    try:
        system.stop()  # what a killed demo left behind
        _fresh(directory)
        processes.remember(pidfile, os.getpid())
        shown = _show(partial(_start, system), arrivals, stop, as_json=as_json, began=began)
        if not once:
            _stay(system, stop, directory)
    except Stopped:
        shown = {"adds_up": once is False}
    finally:
        system.stop(_say)
        pidfile.unlink(missing_ok=True)
        _say(f"everything is stopped ({time.monotonic() - began:.0f} s); what it wrote is in {directory}")
    if not shown["adds_up"]:
        raise typer.Exit(1)


def _show(
    start: Callable[[], None], arrivals: int, stop: threading.Event, *, as_json: bool, began: float
) -> dict[str, Any]:
    from rich.console import Console

    from cli.arrivals.trace import gather, picked
    from cli.arrivals.trace_tree import tree
    from cli.operate.audit import settled
    from demo.report import Report

    seconds: dict[str, float] = {}
    with _timed(seconds, "start"):
        start()
    with _timed(seconds, "work"):
        day = _publish(arrivals)
        _watch(day, stop, quiet=as_json)
    with _timed(seconds, "audit"):
        balance = settled(60)
    report = Report.read(day.truth.as_dict(), balance)
    trace = gather(picked("high")) if report.has_risk("high") else None
    seconds["all"] = time.monotonic() - began
    shown = report.as_dict() | {"seconds": {name: round(value, 1) for name, value in seconds.items()}}
    if as_json:
        from cli.arrivals.trace import plain

        print(json.dumps(shown | {"trace": trace}, ensure_ascii=False, default=plain), flush=True)
        return shown
    console = Console()
    report.show(console)
    if trace:
        console.print("\n[bold]One arrival from a high-risk place[/]")
        console.print(tree(trace, ZONE))
    times = ", ".join(f"{name} {value:.1f} s" for name, value in seconds.items())
    console.print(f"\n[dim]time: {times}[/]")
    report.verdict(console)
    return shown


# -- the system ----------------------------------------------------------------------------------------------


def _alone(directory: Path) -> None:
    """The demo has a system of its own, whatever is set outside: it must never write into a real one."""
    for name in [name for name in os.environ if name.startswith("DOORSTEP_")]:
        del os.environ[name]
    os.environ |= DEMO_SETTINGS | {"DOORSTEP_VAR": str(directory)}


def _fresh(directory: Path) -> None:
    """Everything of an earlier run goes, but the keys."""
    import shutil

    for name in ("broker", "data", "log", "run"):
        shutil.rmtree(directory / name, ignore_errors=True)
    for name in ("environment.json", "clock", "sms.record"):
        (directory / name).unlink(missing_ok=True)
    directory.mkdir(parents=True, exist_ok=True)


def _start(system: LocalSystem) -> None:
    from chassis.clock import Clock

    Clock(system.directory / "clock").set(MORNING)
    system.start(_say)
    _say("importing places, staff, risk areas and policies")
    _import_samples()


def _start_here() -> None:
    """Its clock is set, so it must have one that can be, and hold nothing that anybody needs."""
    from chassis.clock import Clock
    from chassis.errors import SettingsError
    from demo.report import progress
    from operations.databases import settings_of

    clock_file = settings_of("registration").clock_file
    if clock_file is None:
        raise SettingsError("DOORSTEP_CLOCK_FILE is not set: the demo needs one that all services share")
    if progress()["reports"]:
        raise SettingsError("there are reports in this system already: the demo needs an empty one")
    Clock(clock_file).set(MORNING)
    _say("importing places, staff, risk areas and policies")
    _import_samples()


def _import_samples() -> None:
    import services.isolation
    from demo.samples import PLACES, RISK_AREAS, STAFF, sample
    from services.isolation.policies.import_policy import import_policy
    from services.registration.places.import_places import import_places
    from services.registration.risk.import_risk_list import import_risk_list
    from services.registration.risk.published_lists import read_official
    from services.registration.staff.import_staff import import_staff

    assert services.isolation.__file__
    policies = sorted((Path(services.isolation.__file__).parent / "policies").glob("*.json"))
    with _announcing("isolation") as isolation:
        for policy in policies:
            isolation(partial(import_policy, document=json.loads(policy.read_text(encoding="utf-8"))))
    with _announcing("registration") as registration:
        registration(lambda uow: import_places(uow, sample(PLACES).read_text(encoding="utf-8")))
        registration(lambda uow: import_staff(uow, sample(STAFF).read_text(encoding="utf-8")))
        official = json.loads(sample(RISK_AREAS).read_text(encoding="utf-8"))
        source = "National Health Commission"
        registration(lambda uow: import_risk_list(uow, read_official(official, uow.zone), source))


@contextmanager
def _announcing(service: str) -> Iterator[Callable[[Callable[[UnitOfWork], Any]], None]]:
    """Units of work whose events go out at once, instead of waiting for the service's sweep."""
    from chassis.messaging.outbox import Outbox
    from chassis.messaging.publisher import Publisher
    from chassis.unit_of_work import Work
    from operations.databases import database_of, settings_of

    settings = settings_of(service)
    outlet = Outbox(Publisher(settings.broker_url, "doorstep demo"))
    work = Work.of(settings, database_of(service), outlet)

    def do(what: Callable[[UnitOfWork], Any]) -> None:
        with work.unit() as uow:
            what(uow)

    yield do
    outlet.settle()
    work.write_marks()
    outlet.publisher.drop()


def _stay(system: LocalSystem, stop: threading.Event, directory: Path) -> None:
    command = f"DOORSTEP_VAR={_short(directory)} {_short(Path(sys.argv[0]))}"
    _say("\nIt stays up until Ctrl-C. In another terminal:")
    for words in ("status", "trace --pick medium", "audit", "dead list", "simulate --arrivals 50 --publish"):
        _say(f"  {command} {words}")
    while not stop.wait(WATCH_EVERY_S):
        system.watch(_say)


# -- the day -------------------------------------------------------------------------------------------------


def _publish(arrivals: int) -> Day:
    """All of the day that lies before 9:00; its truth is complete afterwards."""
    import logging

    from demo.day import Day
    from deploy.local.processes import LocalNodeError
    from doorstep_client import Publisher, Raw
    from operations.databases import settings_of

    logging.getLogger("pika").setLevel(logging.CRITICAL)
    day = Day(arrivals, date(2022, 10, 1), now=MORNING)
    _say(f"publishing a morning of {arrivals} arrivals")

    def sendable() -> Iterator[Any]:
        for line in day:
            broken = line.get("broken")
            if broken:
                yield Raw(broken["body"].encode(), broken["content_type"], broken["publisher"])
            else:
                yield line

    with Publisher(settings_of("registration").broker_url) as publisher:
        outcomes = publisher.publish_many(sendable())
    if not outcomes.complete:
        raise LocalNodeError(f"the broker did not take everything: {outcomes.counts()}")
    return day


def _watch(day: Day, stop: threading.Event, *, quiet: bool) -> None:
    """Progress from the databases, until every report is handled and every message is out."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from demo.report import progress
    from deploy.local.system import Stopped

    truth = day.truth
    wanted = {"reports": truth.reports, "arrivals": truth.comings, "cases": truth.comings}
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=quiet or not console.is_terminal) as bars:
        tasks = {
            name: bars.add_task(name, total=wanted.get(name))
            for name in ("reports", "arrivals", "cases", "messages queued", "messages sent")
        }
        deadline = time.monotonic() + SETTLED_S
        while True:
            if stop.is_set():
                raise Stopped
            now = progress()
            for name, task in tasks.items():
                total = wanted.get(name, now["messages queued"])
                bars.update(task, completed=now[name], total=total)
            done = all(now[name] >= count for name, count in wanted.items())
            if done and now["messages queued"] and now["messages sent"] == now["messages queued"]:
                return
            if time.monotonic() > deadline:
                _say(f"not all is done after {SETTLED_S:.0f} s: {now}")
                return
            time.sleep(LOOK_EVERY_S)


# -- around it -----------------------------------------------------------------------------------------------


def _asked_to_stop() -> threading.Event:
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, asked)
    return stop


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[name] = time.monotonic() - began


def _short(path: Path) -> str:
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
