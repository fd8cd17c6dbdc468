"""The days, moment by moment: the clock is set, everything settles, and then people act."""

from __future__ import annotations

import csv
import io
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from demo.days.doors import Doors
from demo.days.laboratory import report_results
from demo.days.officers import acknowledge, release
from demo.days.outcome import lines
from demo.days.residents import check_in
from demo.days.scene import Scene
from demo.days.workers import do_tasks
from demo.report import Line
from demo.samples import STAFF, sample
from deploy.local.door_keys import door_private_key
from deploy.local.system import LocalSystem, Stopped
from operations.audit.waiting_messages import waiting
from operations.counts import acts, progress

SETTLED_S = 60.0
_LOOK_EVERY_S = 0.4
# Timers see that the clock was set within half a second, and take a moment for what they find.
_TIMERS_S = 1.5

Say = Callable[[str], object]


@dataclass(frozen=True)
class Moment:
    at: time_of_day
    act: Callable[[Scene], object]


def residents(scene: Scene) -> None:
    check_in(scene, scene.open_tasks())


def workers(scene: Scene) -> None:
    do_tasks(scene, sorted({task["staff_id"] for task in scene.open_tasks() if task["staff_id"]}))


def laboratory(scene: Scene) -> None:
    report_results(scene, scene.open_tasks())


def officers(scene: Scene) -> None:
    release(scene, scene.to_release())
    acknowledge(scene, (task for task in scene.open_tasks() if task["state"] == "missed"))


MOMENTS = (
    Moment(time_of_day(8, 30), residents),
    Moment(time_of_day(9, 30), workers),
    Moment(time_of_day(12, 0), laboratory),
    Moment(time_of_day(16, 30), residents),
    Moment(time_of_day(17, 30), workers),
    Moment(time_of_day(20, 0), officers),
)


def play_in(
    system: LocalSystem, days: int, began: datetime, say: Say, stopped: Callable[[], bool]
) -> list[Line]:
    """In a local system whose doors are open. Returns what came of it, beside what was played."""
    scene = play(days, doors_of(system), Clock(system.directory / "clock"), began, say, stopped)
    for why, times in scene.played.refused.most_common(5):
        say(f"refused, {times} times: {why}")
    return lines(scene.played.counts, acts())


def doors_of(system: LocalSystem) -> Doors:
    port = system.chosen()["DOORSTEP_DOOR_PORT"]
    return Doors(f"http://127.0.0.1:{port}", door_private_key(system.directory / "keys"))


def play(
    days: int,
    doors: Doors,
    clock: Clock,
    began: datetime,
    say: Say,
    stopped: Callable[[], bool],
    seed: int = 7,
) -> Scene:
    """Play so many days from `began` on, which has a zone. Raises Stopped."""
    places, district = _officers()
    scene = Scene(doors, seed, places, district, began)
    for number in range(days):
        day = (began + timedelta(days=number)).date()
        say(f"playing {day.isoformat()}: residents, workers, a laboratory, officers")
        for moment in MOMENTS:
            at = _moment(day, moment.at, began.tzinfo)
            if at <= began:
                continue
            clock.set(at)
            settle(stopped)
            scene.now = at
            moment.act(scene)
            settle(stopped)
    return scene


def settle(stopped: Callable[[], bool]) -> None:
    """Until the timers have looked, nothing waits in outboxes and queues, and all messages are out."""
    time.sleep(_TIMERS_S)
    deadline, quiet = time.monotonic() + SETTLED_S, 0
    while quiet < 2 and time.monotonic() < deadline:
        if stopped():
            raise Stopped
        now = progress()
        quiet = quiet + 1 if waiting(in_hand=False).quiet and now.messages == now.messages_sent else 0
        time.sleep(_LOOK_EVERY_S)


def _moment(day: date, at: time_of_day, zone: object) -> datetime:
    assert isinstance(zone, ZoneInfo)
    return datetime.combine(day, at, zone)


def _officers() -> tuple[dict[str, tuple[str, ...]], str]:
    """Of each place those who answer for it, and whoever answers for the district."""
    places: dict[str, list[str]] = defaultdict(list)
    district = ""
    for row in csv.DictReader(io.StringIO(sample(STAFF).read_text(encoding="utf-8"))):
        if row["role"] in ("community_officer", "street_officer"):
            places[row["place"]].append(row["staff_id"])
        elif row["role"] == "district_officer":
            district = district or row["staff_id"]
    return {place: tuple(ids) for place, ids in places.items()}, district
