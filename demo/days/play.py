"""The days, moment by moment: the clock is set, everything settles, and then people act."""

from __future__ import annotations

import csv
import io
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from chassis.errors import is_world_away
from demo.day import Truth
from demo.days import absences, arrivals, breaches, central, close_contacts, officers, refusals, transfers
from demo.days.central import Ill
from demo.days.doors import Doors
from demo.days.laboratory import report_results
from demo.days.mass_round import MassRound
from demo.days.needs import ask_needs
from demo.days.operators import Operators
from demo.days.outcome import lines
from demo.days.outings import Outings
from demo.days.residents import check_in
from demo.days.scene import Scene
from demo.days.workers import do_tasks
from demo.report import Line
from demo.samples import STAFF, sample
from deploy.local.door_keys import door_private_key
from deploy.local.system import LocalSystem, Stopped
from operations.audit.waiting_messages import waiting
from operations.counts import acts, progress, what_became

SETTLED_S = 120.0
_LOOK_EVERY_S = 0.2
# Timers see that the clock was set within half a second, and take a moment for what they find.
TIMERS_S = 1.2
# What people said through a door is on its way within that time.
_IN_HAND_S = 0.4
_HURRIES_ON, _MOVES_ON = 3, 4
"""Days on which somebody must go out at once, and on which a household moves to another town."""


@dataclass
class Players:
    """Those who act, in whose hands something stays from one moment to the next.

    :param truth: what must come of the arrivals so far.
    :param workers: community -> its workers.
    """

    scene: Scene
    operators: Operators
    truth: Truth
    workers: dict[str, list[str]]
    outings: Outings = field(default_factory=Outings)
    mass_round: MassRound = field(default_factory=MassRound)
    ill: Ill = field(default_factory=Ill)


@dataclass(frozen=True)
class Moment:
    at: time_of_day
    act: Callable[[Players], object]


def morning(players: Players) -> None:
    scene = players.scene
    players.operators.in_the_morning(scene)
    absences.begin_or_end(scene, players.workers)
    arrivals.come(scene, players.truth)
    check_in(scene, scene.open_tasks())
    kept_in = scene.kept_in()
    ask_needs(scene, kept_in)
    players.outings.ask(scene, kept_in)
    if scene.day == _HURRIES_ON:
        players.outings.hurry(scene, kept_in)
    transfers.ask(scene, kept_in)
    players.mass_round.open(scene)


def rounds(players: Players) -> None:
    """Workers at the doors."""
    scene = players.scene
    players.outings.pass_back(scene)
    do_tasks(scene, sorted({task["staff_id"] for task in scene.open_tasks() if task["staff_id"]}))
    absences.stand_in(scene)
    arrivals.call_expected(scene)
    central.admit(scene)


def first_rounds(players: Players) -> None:
    rounds(players)
    refusals.refuse(players.scene, players.scene.kept_in())


def noon(players: Players) -> None:
    scene = players.scene
    players.operators.at_noon(scene)
    due = scene.open_tasks()
    players.mass_round.sample(scene, due)
    report_results(scene, due)
    players.outings.pass_out(scene, scene.kept_in())
    players.outings.decide(scene)
    refusals.settle(scene)
    central.decide_again(scene)
    transfers.answer(scene)
    close_contacts.call(scene)


def afternoon(players: Players) -> None:
    scene = players.scene
    players.operators.in_the_afternoon(scene)
    players.outings.pass_back(scene)
    check_in(scene, scene.open_tasks())
    officers.send_to_hospital(scene)
    close_contacts.put_down(scene)
    breaches.judge(scene)
    central.move_household(scene, scene.kept_in())
    players.ill.comes_back(scene)
    players.ill.falls_ill(scene)


def last_rounds(players: Players) -> None:
    rounds(players)
    players.mass_round.knock(players.scene)


def evening(players: Players) -> None:
    """Officers at their lists."""
    scene = players.scene
    officers.release(scene, scene.to_release())
    central.release_there(scene)
    players.mass_round.close(scene)
    if scene.day == _MOVES_ON:
        officers.let_go(scene, scene.kept_in())
    breaches.settle(scene)
    transfers.confirm(scene)
    transfers.settle(scene)
    officers.waive(scene)
    officers.acknowledge(scene, (task for task in scene.open_tasks() if task["state"] == "missed"))
    arrivals.settle(scene)
    arrivals.place(scene)


MOMENTS = (
    Moment(time_of_day(8, 15), morning),
    Moment(time_of_day(9, 20), first_rounds),
    Moment(time_of_day(12, 5), noon),
    Moment(time_of_day(16, 30), afternoon),
    Moment(time_of_day(17, 25), last_rounds),
    Moment(time_of_day(20, 10), evening),
)
"""Of the first day. What is said at one of them is due minutes before or after any other, never in the same
minute: so it does not matter how long a moment takes."""
LATER_EACH_DAY = timedelta(minutes=2)
"""So that what is due a day afterwards is overdue by then, each time the days are played."""
Around = Callable[[Scene], AbstractContextManager[None]]
"""Lasts while people act: tests let everything die in it."""


def undisturbed(_scene: Scene) -> AbstractContextManager[None]:
    return nullcontext()


def play_in(
    operators: Operators,
    days: int,
    began: datetime,
    truth: Truth,
    stopped: Callable[[], bool],
    around: Around = undisturbed,
) -> list[Line]:
    """In the operators' local system, whose doors are open. Returns what came of it, beside what was played.

    :param truth: what must come of the first morning; what is reported later is added. Raises Stopped.
    """
    doors, clock = doors_of(operators.system), Clock(operators.system.directory / "clock")
    scene = play(days, doors, clock, began, operators, truth, stopped, around)
    truth.unplaced -= scene.played.counts["placed"]
    for why, times in scene.played.refused.most_common(5):
        operators.say(f"refused, {times} times: {why}")
    return lines(scene.played, acts(), what_became())


def doors_of(system: LocalSystem) -> Doors:
    port = system.chosen()["DOORSTEP_DOOR_PORT"]
    return Doors(f"http://127.0.0.1:{port}", door_private_key(system.directory / "keys"))


def play(
    days: int,
    doors: Doors,
    clock: Clock,
    began: datetime,
    operators: Operators,
    truth: Truth,
    stopped: Callable[[], bool],
    around: Around = undisturbed,
    seed: int = 7,
) -> Scene:
    """Play so many days from `began` on, which has a zone. Raises Stopped."""
    staff = _staff()
    scene = Scene(doors, seed, staff.officers, staff.district, began, began)
    players = Players(scene, operators, truth, staff.workers)
    operators.begin()
    for number in range(days):
        day = (began + timedelta(days=number)).date()
        operators.say(f"playing {day.isoformat()}: residents, workers, a laboratory, officers")
        for moment in MOMENTS:
            at = _moment(day, moment.at, began.tzinfo) + number * LATER_EACH_DAY
            if at <= began:
                continue
            clock.set(at)
            settle(stopped, operators.up, after=TIMERS_S)
            scene.now = at
            with around(scene):
                moment.act(players)
            settle(stopped, operators.up)  # before the clock goes on
    return scene


def settle(
    stopped: Callable[[], bool], up: Callable[[], bool] = lambda: True, *, after: float = _IN_HAND_S
) -> None:
    """Until nothing waits in outboxes and queues, all messages are out, and everything runs. Raises Stopped.

    :param up: whether everything runs; it may start again what does not.
    :param after: so many seconds: until then nothing that was caused by now must stand in a queue.
    """
    time.sleep(after)
    deadline, quiet = time.monotonic() + SETTLED_S, 0
    while True:
        if stopped():
            raise Stopped
        is_quiet = up() and _all_is_out()
        quiet = quiet + 1 if is_quiet else 0
        if quiet == 2 or time.monotonic() > deadline:
            return
        time.sleep(_LOOK_EVERY_S)


def _all_is_out() -> bool:
    """False where a database is away."""
    try:
        now = progress()
        return waiting(in_hand=False).quiet and now.messages == now.messages_sent
    except Exception as error:
        if not is_world_away(error):
            raise
        return False


def _moment(day: date, at: time_of_day, zone: object) -> datetime:
    assert isinstance(zone, ZoneInfo)
    return datetime.combine(day, at, zone)


@dataclass(frozen=True)
class _Staff:
    """:param officers: place -> those who answer for it; `workers`: community -> those of its grids.
    :param district: whoever answers for all of it.
    """

    officers: dict[str, tuple[str, ...]]
    workers: dict[str, list[str]]
    district: str


def _staff() -> _Staff:
    officers: dict[str, tuple[str, ...]] = {}
    workers: dict[str, list[str]] = defaultdict(list)
    district = ""
    for row in csv.DictReader(io.StringIO(sample(STAFF).read_text(encoding="utf-8"))):
        place, id = row["place"], row["staff_id"]
        if row["role"] in ("community_officer", "street_officer"):
            officers[place] = (*officers.get(place, ()), id)
        elif row["role"] == "grid_worker":
            workers[place.partition("-")[0]].append(id)
        elif row["role"] == "district_officer":
            district = district or id
    return _Staff(officers, workers, district)
