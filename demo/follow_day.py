"""A system follows the sample day: set up, publish the morning, wait until all is handled, audit."""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from chassis.errors import SettingsError
from demo.day import Day, Truth
from demo.report import Line, Report, report
from demo.samples import PLACES, RISK_AREAS, STAFF, sample
from deploy.local.system import LocalSystem, Stopped
from doorstep_client import Publisher, Raw
from operations.audit.take import take_settled_audit
from operations.counts import Progress, counts, progress
from operations.databases import settings_of
from operations.errors import BrokerRefused
from operations.sample_imports import import_samples
from operations.trace.find import picked
from operations.trace.gather import Trace, gather

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2022, 10, 1, 9, tzinfo=ZONE)
SETTLED_S = 300.0
LOOK_EVERY_S = 0.2
AUDIT_WAIT_S = 60.0
# The simulated gateway takes what comes; a real one sets a limit.
DEMO_SETTINGS = {"DOORSTEP_SMS_RATE": "1000", "DOORSTEP_TIMEZONE": "Asia/Shanghai"}

Say = Callable[[str], object]


@dataclass(frozen=True)
class Watching:
    """How the day is watched.

    :param say: is called with each step; `look`: with the progress and the day, again and again.
    :param stopped: asked while waiting; True ends it with Stopped.
    """

    say: Say
    look: Callable[[Progress, Day], object]
    stopped: Callable[[], bool]


@dataclass(frozen=True)
class Followed:
    """:param trace: of one arrival from a high-risk place, if there was any.
    :param seconds: by step.
    """

    report: Report
    trace: Trace | None
    seconds: dict[str, float]


def follow(
    start: Callable[[], object],
    arrivals: int,
    watching: Watching,
    began: float,
    go_on: Callable[[Truth], list[Line]] = lambda _: [],
) -> Followed:
    """:param start: sets the system up; `began`: when the whole began, by `time.monotonic()`.
    :param go_on: what is played when the morning's arrivals are handled; returns what came of it, and adds
        to the truth of the morning what must come of later ones.
    """
    seconds: dict[str, float] = {}
    with _timed(seconds, "start"):
        start()
    with _timed(seconds, "work"):
        day = _publish(arrivals, watching.say)
        _wait_until_handled(day, watching)
    with _timed(seconds, "days"):
        played = go_on(day.truth)
    with _timed(seconds, "audit"):
        audit = take_settled_audit(AUDIT_WAIT_S)
    found = report(day.truth.as_dict(), counts(), audit, played)
    trace = gather(picked("high")) if found.has_risk("high") else None
    seconds["all"] = time.monotonic() - began
    return Followed(found, trace, seconds)


# -- the system ----------------------------------------------------------------------------------------------


def alone(folder: Path) -> None:
    """The demo has a system of its own, whatever is set outside: it must never write into a real one."""
    for name in [name for name in os.environ if name.startswith("DOORSTEP_")]:
        del os.environ[name]
    os.environ |= DEMO_SETTINGS | {"DOORSTEP_VAR": str(folder)}


def fresh(folder: Path) -> None:
    """Everything of an earlier run goes, but the keys."""
    for name in ("broker", "data", "log", "run"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("environment.json", "clock", "sms.record"):
        (folder / name).unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)


def start_own(system: LocalSystem, say: Say) -> None:
    Clock(system.directory / "clock").set(MORNING)
    system.start(say)
    _import_samples(say)


def start_here(say: Say) -> None:
    """In the system that is set up. Its clock is set, so it must have one that can be, and be empty.

    Raises SettingsError.
    """
    clock_file = settings_of("registration").clock_file
    if clock_file is None:
        raise SettingsError("DOORSTEP_CLOCK_FILE is not set: the demo needs one that all services share")
    if progress().reports:
        raise SettingsError("there are reports in this system already: the demo needs an empty one")
    Clock(clock_file).set(MORNING)
    _import_samples(say)


def _import_samples(say: Say) -> None:
    say("importing places, staff, risk areas and policies")
    import_samples(
        places=sample(PLACES).read_text(encoding="utf-8"),
        staff=sample(STAFF).read_text(encoding="utf-8"),
        official_list=json.loads(sample(RISK_AREAS).read_text(encoding="utf-8")),
        source="National Health Commission",
    )


# -- the day -------------------------------------------------------------------------------------------------


def _publish(arrivals: int, say: Say) -> Day:
    """All of the day that lies before 9:00; its truth is complete afterwards."""
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    day = Day(arrivals, date(2022, 10, 1), now=MORNING)
    say(f"publishing a morning of {arrivals} arrivals")

    def sendable() -> Iterator[dict[str, Any] | Raw]:
        for line in day:
            broken = line.get("broken")
            if broken:
                yield Raw(broken["body"].encode(), broken["content_type"], broken["publisher"])
            else:
                yield line

    with Publisher(settings_of("registration").broker_url) as publisher:
        outcomes = publisher.publish_many(sendable())
    if not outcomes.complete:
        raise BrokerRefused(f"the broker did not take everything: {outcomes.counts()}")
    return day


def _wait_until_handled(day: Day, watching: Watching) -> None:
    """Until every report is handled and every message is out, by the databases. Raises Stopped."""
    deadline = time.monotonic() + SETTLED_S
    while True:
        if watching.stopped():
            raise Stopped
        now = progress()
        watching.look(now, day)
        if handled(now, day):
            return
        if time.monotonic() > deadline:
            watching.say(f"not all is done after {SETTLED_S:.0f} s: {now}")
            return
        time.sleep(LOOK_EVERY_S)


def handled(now: Progress, day: Day) -> bool:
    """Every report has its case, and every message is out."""
    truth = day.truth
    taken = now.reports >= truth.reports and now.arrivals >= truth.comings and now.cases >= truth.comings
    return taken and 0 < now.messages == now.messages_sent


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[name] = time.monotonic() - began
