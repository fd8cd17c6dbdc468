"""Two days of the field, moment by moment: reports come, people act at the doors, timers do what is due."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from subprocess import DEVNULL, STDOUT, Popen
from typing import Any

from chassis.ids import new_id
from contracts.faults import Refused
from demo.day import Line
from demo.days.doors import Who
from demo.days.played import chance
from deploy.local.ports import freeport
from operations.services import SERVICES
from services.console.doors import DoorAway, Doors
from tests import processes
from tests.chaos.conftest import Chaos
from tests.chaos.outcome import arrivals_of
from tests.doors import CONSOLE, public_pem
from tests.e2e.conftest import MORNING
from tests.system import ROOT, STOP_S
from tests.waiting import eventually

AT_ONCE = 4
ANSWERED_S = 120.0
SETTLED_S = 240.0
CONTACT, CHECK_IN = "first_contact", "check_in"


@dataclass(frozen=True)
class Moment:
    """:param share: of the reports, those from the first part of the day up to the second come now.
    :param acts: kinds of tasks that people do now, most of those that are due.
    """

    at: datetime
    share: tuple[float, float] = (0.0, 0.0)
    acts: tuple[str, ...] = ()


def _at(days: int, hour: int, minute: int) -> datetime:
    return MORNING.replace(hour=hour, minute=minute) + timedelta(days=days)


# Minutes away from any term, so that it does not matter how long a moment takes: who comes at 08:45 is to be
# tested within eight hours.
MOMENTS = (
    Moment(_at(0, 9, 0), share=(0.0, 0.6)),
    Moment(_at(0, 10, 5), acts=(CONTACT,)),
    Moment(_at(0, 16, 35), acts=(CHECK_IN,)),
    Moment(_at(1, 8, 45), share=(0.6, 1.0), acts=(CHECK_IN,)),
    Moment(_at(1, 16, 35), acts=(CONTACT, CHECK_IN)),
    Moment(_at(2, 0, 25)),
)

Storm = Callable[[Moment], AbstractContextManager[None]]
"""Lasts while the block does: whoever dies in it runs again when it is left."""


def calm(_moment: Moment) -> AbstractContextManager[None]:
    return nullcontext()


@dataclass
class DoorsProcess:
    """The doors of all services as one process that may be killed."""

    chaos: Chaos
    port: int = field(default_factory=freeport)
    process: Popen[bytes] | None = None

    def start(self) -> None:
        settings = self.chaos.system.settings(
            DOORSTEP_DOOR_PORT=str(self.port), DOORSTEP_DOOR_PUBLIC_KEY=public_pem()
        )
        with (self.chaos.system.logs / "doors.log").open("ab") as log:
            self.process = processes.start(
                [sys.executable, "-m", "deploy.local.doors"],
                cwd=ROOT,
                env=settings,
                stdin=DEVNULL,
                stdout=log,
                stderr=STDOUT,
                start_new_session=True,
            )

    def kill(self) -> None:
        """With its workers."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_S)
            self.process = None

    def asked(self) -> Doors:
        return Doors({name: f"http://127.0.0.1:{self.port}/{name}" for name in SERVICES}, CONSOLE)


@contextmanager
def doors_of(chaos: Chaos) -> Iterator[DoorsProcess]:
    doors = DoorsProcess(chaos)
    doors.start()
    try:
        yield doors
    finally:
        doors.kill()


def play(chaos: Chaos, doors: DoorsProcess, lines: list[Line], storm: Storm = calm) -> int:
    """Returns how many acts were said."""
    said = 0
    for number, moment in enumerate(MOMENTS, start=1):
        first, last = (round(share * len(lines)) for share in moment.share)
        with _moment(chaos, number, moment), storm(moment):
            acts = _acts(chaos, moment)
            said += len(acts)
            chaos.day = lines[first:last]
            with chaos.flow(seconds=2) if chaos.day else nullcontext(), ThreadPoolExecutor(AT_ONCE) as people:
                list(people.map(lambda act: _say(chaos, doors.asked(), *act), acts))
    return said


@contextmanager
def _moment(chaos: Chaos, number: int, moment: Moment) -> Iterator[None]:
    """Over when timers and messages have done all that is due."""
    began = time.monotonic()
    chaos.system.set_clock(moment.at)
    yield
    chaos.system.wait_ready()
    eventually(lambda: not _due(chaos, moment), SETTLED_S, every=0.3, show=lambda: _due(chaos, moment))
    chaos.system.settled(SETTLED_S)
    spent = time.monotonic() - began
    print(f"moment {number} of {len(MOMENTS)}, {moment.at:%d %H:%M}: {spent:.0f} s", flush=True)


def _due(chaos: Chaos, moment: Moment) -> dict[str, int]:
    """What timers have still to do."""
    tomorrow = moment.at.date() + timedelta(days=1)
    [(unplanned, untold)] = chaos.system.ask(
        "isolation",
        "SELECT (SELECT count(*) FROM cases WHERE closed_at IS NULL AND plan_next <= :tomorrow), "
        "(SELECT count(*) FROM tasks WHERE tell_at <= :now)",
        tomorrow=tomorrow,
        now=moment.at,
    )
    return {name: n for name, n in (("unplanned", unplanned), ("untold", untold)) if n}


Act = tuple[Who, str, str, dict[str, Any], str]


def _acts(chaos: Chaos, moment: Moment) -> list[Act]:
    """Most of what is due of these kinds, the same in each run: chosen by who came, not by an id."""
    if not moment.acts:
        return []
    tasks = _asked_until_it_answers(chaos, moment)
    found: list[Act] = []
    for kind, case_id, staff_id, name in tasks:
        if chance("storm", kind, name, moment.at).random() > 0.7:
            continue
        who = Who.staff(staff_id)
        if kind == CONTACT:
            data: dict[str, Any] = {"arrival_id": case_id, "outcome": "contacted", "how": "phone"}
            found.append((who, "registration", "follow_arrival", data, new_id()))
        else:
            person = {"case_id": case_id, "temperature": 36.5, "symptoms": [], "how_known": "by_phone"}
            found.append((who, "isolation", "report_check_in", {"people": [person]}, new_id()))
    return found


def _asked_until_it_answers(chaos: Chaos, moment: Moment) -> list[tuple[str, str, str, str]]:
    """kind, case, member of staff and name of the tasks. In a storm the database may be away."""

    def ask() -> list[tuple[str, str, str, str]] | None:
        try:
            rows = chaos.system.ask(
                "isolation",
                "SELECT kind, case_id::text, staff_id FROM tasks WHERE kind = ANY(:kinds) "
                "AND due_from <= :now AND staff_id IS NOT NULL "
                "AND (state = 'due' AND due_by > :now OR state = 'missed' AND kind = 'first_contact')",
                kinds=list(moment.acts),
                now=moment.at,
            )
            database = chaos.system.database("registration")
            try:
                named, _ = arrivals_of(database)
            finally:
                database.dispose()
        except Exception:
            return None
        return [(kind, case, staff, named[case][0]) for kind, case, staff in rows if case in named] or [
            ("", "", "", "")
        ]

    return [task for task in eventually(ask, ANSWERED_S, every=0.5) if task[0]]


def _say(
    chaos: Chaos, doors: Doors, who: Who, service: str, command: str, data: dict[str, Any], key: str
) -> None:
    """As a console does for somebody who tries again, with the same key, until there is an answer.

    A report that comes just now may take somebody to another community: then whoever has them says it.
    """
    deadline = time.monotonic() + ANSWERED_S
    while True:
        try:
            doors.say(service, command, who.actor, key, data)
            return
        except Refused as refused:
            if refused.kind != "unknown" or (owner := _owner(chaos, data)) in (None, who.author.id):
                raise
            who = Who.staff(owner)
        except DoorAway:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def _owner(chaos: Chaos, data: dict[str, Any]) -> str | None:
    case_id = data["people"][0]["case_id"] if "people" in data else data["arrival_id"]

    def ask() -> list[str | None] | None:
        try:
            rows = chaos.system.ask("isolation", "SELECT owner FROM cases WHERE case_id = :id", id=case_id)
        except Exception:
            return None
        return [row.owner for row in rows] or [None]

    return eventually(ask, ANSWERED_S, every=0.5)[0]
