"""The days, moment by moment: the clock is set, everything comes to rest, and then people act."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from chassis.clock import Clock
from demo.day import Truth
from demo.days import absences, arrivals, breaches, central, close_contacts, officers, refusals, transfers
from demo.days.central import Ill
from demo.days.doors import Doors
from demo.days.laboratory import report_results
from demo.days.mass_round import MassRound
from demo.days.needs import ask_needs
from demo.days.operators import Operators
from demo.days.outcome import lines, otherwise
from demo.days.outings import Outings
from demo.days.residents import check_in
from demo.days.rest import Rest
from demo.days.scene import Scene
from demo.days.workers import do_tasks
from demo.report import Line
from demo.samples import STAFF, sample
from deploy.local.door_keys import door_private_key
from deploy.local.system import LocalSystem
from operations.counts import acts, what_became

_SEED = 7
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


Act = Callable[[Players], object]
"""What people do at once. False: there was nothing to do, and nothing follows."""


@dataclass(frozen=True)
class Moment:
    """:param acts: one after the other, each once all has been done that follows from the one before."""

    at: time_of_day
    acts: tuple[Act, ...]


# Within an act, what services hear by events comes last: how soon they hear it is a matter of the machine,
# and nobody may decide by it.


def day_begins(players: Players) -> bool:
    began_or_ended = absences.begin_or_end(players.scene, players.workers)
    return players.operators.in_the_morning(players.scene) or began_or_ended


def morning(players: Players) -> None:
    scene = players.scene
    check_in(scene, scene.open_tasks())
    kept_in = scene.kept_in()
    ask_needs(scene, kept_in)
    players.outings.ask(scene, kept_in)
    if scene.day == _HURRIES_ON:
        players.outings.hurry(scene, kept_in)
    players.mass_round.open(scene)
    transfers.ask(scene, kept_in)
    arrivals.come(scene, players.truth)


def rounds(players: Players) -> None:
    """Workers at the doors."""
    scene = players.scene
    do_tasks(scene, sorted({task["staff_id"] for task in scene.open_tasks() if task["staff_id"]}))


def first_rounds(players: Players) -> None:
    refusals.refuse(players.scene, players.scene.kept_in())
    rounds(players)


def last_rounds(players: Players) -> None:
    players.mass_round.knock(players.scene)
    rounds(players)


def after_rounds(players: Players) -> None:
    scene = players.scene
    central.admit(scene)
    absences.stand_in(scene)
    arrivals.call_expected(scene)
    players.outings.pass_back(scene)


def noon_begins(players: Players) -> bool:
    return players.operators.at_noon(players.scene)


def noon(players: Players) -> None:
    scene = players.scene
    due, kept_in = scene.open_tasks(), scene.kept_in()
    players.outings.decide(scene)
    refusals.settle(scene)
    central.decide_again(scene)
    close_contacts.call(scene)
    transfers.answer(scene)
    players.mass_round.sample(scene, due)
    report_results(scene, due)
    players.outings.pass_out(scene, kept_in)


def afternoon(players: Players) -> None:
    scene = players.scene
    players.operators.in_the_afternoon(scene)
    check_in(scene, scene.open_tasks())
    close_contacts.put_down(scene)
    breaches.judge(scene)
    central.move_household(scene, scene.kept_in())
    officers.send_to_hospital(scene)
    players.ill.comes_back(scene)
    players.ill.falls_ill(scene)
    players.outings.pass_back(scene)


def evening(players: Players) -> None:
    """Officers at their lists."""
    scene = players.scene
    officers.acknowledge(scene, (task for task in scene.open_tasks() if task["state"] == "missed"))
    players.mass_round.close(scene)
    officers.release(scene, scene.to_release())
    central.release_there(scene)
    if scene.day == _MOVES_ON:
        officers.let_go(scene, scene.kept_in())
    breaches.settle(scene)
    transfers.confirm(scene)
    transfers.settle(scene)
    officers.waive(scene)
    arrivals.settle(scene)
    arrivals.place(scene)


MOMENTS = (
    Moment(time_of_day(8, 15), (day_begins, morning)),
    Moment(time_of_day(9, 20), (first_rounds, after_rounds)),
    Moment(time_of_day(12, 5), (noon_begins, noon)),
    Moment(time_of_day(16, 30), (afternoon,)),
    Moment(time_of_day(17, 25), (last_rounds, after_rounds)),
    Moment(time_of_day(20, 10), (evening,)),
)
"""Of the first day. What is said at one of them is due minutes before or after any other, never in the same
minute: so it does not matter how long a moment takes."""
LATER_EACH_DAY = timedelta(minutes=2)
"""So that what is due a day afterwards is overdue by then, each time the days are played."""
Around = Callable[[Scene], AbstractContextManager[None]]
"""Lasts while people act: tests let everything die in it."""


def acts_in(days: int) -> int:
    """How often people act in days of which the first begins after the morning."""
    return days * sum(len(moment.acts) for moment in MOMENTS) - len(MOMENTS[0].acts)


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
    rest = Rest(operators.system, operators.say, stopped, operators.up)
    played, became = _play(days, began, operators, truth, rest, around).played, what_became()
    truth.unplaced -= played.counts["placed"]
    for why, times in played.refused.most_common(5):
        operators.say(f"refused, {times} times: {why}")
    for case_id in otherwise(played, became):
        operators.say(f"case {case_id}: played {played.ends.get(case_id)}, found {became.get(case_id)}")
    return lines(played, acts(), became)


def doors_of(system: LocalSystem) -> Doors:
    port = system.chosen()["DOORSTEP_DOOR_PORT"]
    return Doors(f"http://127.0.0.1:{port}", door_private_key(system.directory / "keys"))


def _play(
    days: int, began: datetime, operators: Operators, truth: Truth, rest: Rest, around: Around
) -> Scene:
    staff, clock = _staff(), Clock(operators.system.directory / "clock")
    scene = Scene(doors_of(operators.system), _SEED, staff.officers, staff.district, began, began)
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
            rest.reached()
            scene.now = at
            for act in moment.acts:
                with around(scene):
                    done = act(players)
                if done is not False:
                    rest.reached()
    return scene


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
