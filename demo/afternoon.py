"""From the morning to an hour at which there is something to try for everybody at the console.

Most people do what is theirs. One worker has done nothing yet, and another is away since the morning: what
was theirs is overdue. Whoever comes after noon comes to the first one's doors; one of them is reported twice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, Final

from chassis.clock import Clock
from demo.cast import Cast
from demo.days.doors import Doors, Who
from demo.days.operators import Say
from demo.days.residents import check_in
from demo.days.rest import Rest
from demo.days.scene import Scene, household_of
from demo.days.workers import CHECK_IN, FIRST_CONTACT, TEST, do_tasks
from demo.geography import Destinations, Origins, Stop
from demo.people import People, Person
from doorstep_client import Publisher, arrival_event
from operations.databases import settings_of
from operations.errors import BrokerRefused

_MORNING: Final = time(9, 40)
_AFTERNOON: Final = time(17, 0)
"""Within the window of the second check-in."""
EVENING: Final = time(18, 10)
"""That window has just ended; doors are rung until 20:00."""
_SEED: Final = 7
_DISTRICT: Final = "620102"
_DONE_BY_NOW: Final = frozenset({FIRST_CONTACT, "escort_to_site", "supplies"})
_MOST_RESULTS: Final = 6
_FAMILIES: Final = (3, 1, 2)
"""How many come together after noon."""


def play_afternoon(doors: Doors, clock: Clock, cast: Cast, began: datetime, say: Say, rest: Rest) -> None:
    """In a local system that has followed the morning. Its clock stands at EVENING afterwards, and goes on.

    :param began: of this day, with the district's zone. Raises Stopped, BrokerRefused.
    """
    say(f"playing the day on to {EVENING:%H:%M}: most do what is theirs, one worker is away")
    scene = Scene(doors, _SEED, {}, cast.district["staff_id"], began, began)
    for at, act in ((_MORNING, _morning), (_AFTERNOON, _afternoon), (EVENING, _fall_ill)):
        scene.now = datetime.combine(began.date(), at, began.tzinfo)
        clock.set(scene.now)
        rest.reached()
        act(scene, cast)
        rest.reached()


def _morning(scene: Scene, cast: Cast) -> None:
    _send_away(scene, cast)
    do_tasks(scene, _at_work(scene, cast), _DONE_BY_NOW)


def _afternoon(scene: Scene, cast: Cast) -> None:
    _arrive(scene, cast)
    check_in(scene, (task for task in scene.open_tasks() if task["staff_id"] not in cast.idle))
    do_tasks(scene, _at_work(scene, cast), {"see_abnormal"})


def _at_work(scene: Scene, cast: Cast) -> list[str]:
    doers = {task["staff_id"] for task in scene.open_tasks()} - cast.idle
    return sorted(filter(None, doers))


def _send_away(scene: Scene, cast: Cast) -> None:
    """Without a deputy: that is left for whoever tries it."""
    officer = Who.staff(cast.street_officer["staff_id"])
    given = {"staff_id": cast.away["staff_id"], "what": "away", "expects": 1}
    assert scene.say(officer, "registration", "amend_staff", given) is not None, scene.played.refused


def _arrive(scene: Scene, cast: Cast) -> None:
    """Families who stay at home to the worker's doors, and one person by two reports of another number."""
    rng, origins = random.Random(_SEED), Origins.shipped(_DISTRICT)
    came_from = next(stop for stop in iter(lambda: origins.risky(rng), None) if stop.level == "medium")
    people = People(rng, scene.now.date())
    homes = _homes(rng, cast.worker["place"])
    families: list[tuple[str, list[Person], str]] = []
    for size in _FAMILIES:
        head = people.adult()
        families.append(
            ("rail-lanzhou", [head, *(people.companion(head) for _ in range(size - 1))], next(homes))
        )
    once, twice = people.adult(), people.adult()
    home = next(homes)
    again = replace(twice, name=once.name, phone=once.phone)
    families += [("rail-lanzhou", [once], home), ("employers-chengguan", [again], home)]
    events = [_report(scene.now, came_from, *family) for family in families]
    with Publisher(settings_of("registration").broker_url, closing_counts=False) as publisher:
        outcomes = publisher.publish_many(events)
    if not outcomes.complete:
        raise BrokerRefused(f"the broker did not take all who came after noon: {outcomes.counts()}")


def _report(
    now: datetime, came_from: Stop, publisher: str, people: list[Person], home: str
) -> dict[str, Any]:
    today = now.date()
    head, *companions = [one.as_reported() for one in people]
    first = (today - timedelta(days=4)).isoformat()
    stop = {
        "division": came_from.division,
        "address": came_from.address,
        "from": first,
        "to": today.isoformat(),
    }
    data = {
        "source_kind": "transport" if publisher.startswith("rail") else "employer",
        "person": head,
        "companions": companions,
        "stops": [stop | {"to": today.isoformat()}],
        "arrival": {"at": (now - timedelta(minutes=50)).isoformat(), "expected": False},
        "destination": {"division": _DISTRICT, "address": home},
        "language": "zh-CN",
    }
    return arrival_event(f"/{publisher}/demo", data, time=now)


def _homes(rng: random.Random, grid: str) -> Iterator[str]:
    """Doors in the courtyards of a grid."""
    rows = {row["place_id"]: row for row in Destinations.shipped(_DISTRICT).rows()}
    courtyards = [
        row["name"] for row in rows.values() if row["parent"] == grid and row["level"] == "courtyard"
    ]
    above = rows[grid]["parent"]
    street = rows[rows[above]["parent"]]["name"]
    names = courtyards or [rows[above]["name"]]
    while True:
        door = f"{rng.randint(3, 12)}号楼{rng.randint(1, 4)}单元{rng.randint(1, 18)}0{rng.randint(1, 4)}"
        yield f"{street}{rng.choice(names)}{door}"


def _fall_ill(scene: Scene, cast: Cast) -> None:
    """Somebody at one of the worker's doors, not at the one whose link is given away."""
    for task in cast.of_worker(scene.open_tasks()):
        if task["kind"] == CHECK_IN and household_of(task) != cast.household:
            who = Who.resident(household_of(task))
            said = {"case_id": task["case_id"], "temperature": 38.4, "symptoms": [], "how_known": "by_link"}
            scene.say(who, "isolation", "report_check_in", {"people": [said]})
            return


def write_results(doors: Doors, cast: Cast, now: datetime, file: Path) -> Path:
    """Negative results of samples that were taken today, as a laboratory's table: to be pasted."""
    officer = Who.staff(cast.community_officer["staff_id"])
    tested = {
        task["case_id"]: None
        for task in doors.rows(officer, "isolation", "open_tasks")
        if task["kind"] == TEST or (task["kind"] == FIRST_CONTACT and task["state"] == "missed")
    }
    sampled = now.replace(hour=14, minute=0)
    lines = ["证件号码\t样本编号\t采样时间\t结果"]
    for number, case_id in enumerate(list(tested)[:_MOST_RESULTS], 1):
        shown = doors.reveal(officer, "isolation", "case", case_id, "results of the demo")
        if shown["identity_number"]:
            lines.append(f"{shown['identity_number']}\tS-{number:03d}\t{sampled:%Y-%m-%d %H:%M}\t阴性")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file
