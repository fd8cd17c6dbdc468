"""What a worker said today is shown to them until midnight, of whomever it was."""

from __future__ import annotations

from typing import Any

import pytest

from services.registration.door import DOOR
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.doors import Visitor
from tests.integration.registration.test_lists_at_the_door import ELSEWHERE, MORE_PLACES, MORE_STAFF
from tests.integration.registration.trial import Trial, report


@pytest.fixture
def door(trial: Trial) -> Visitor:
    with trial.work.unit() as uow:
        import_places(uow, MORE_PLACES)
        import_staff(uow, MORE_STAFF)
    return Visitor(DOOR, trial.work)


def said_today(door: Visitor, who: str) -> list[dict[str, Any]]:
    answer = door.look_up(who, "followed_today")
    assert answer.status_code == 200, answer.json
    return [dict(one) for one in answer.json["said"]]


def test_whoever_said_lives_elsewhere_does_not_read_where_another_finds_them(
    trial: Trial, door: Visitor
) -> None:
    trial.receive(report(1))
    [here] = trial.arrivals()
    said = {"arrival_id": here["id"], "outcome": "lives_elsewhere"}
    assert door.say("w1", "follow_arrival", said).status_code == 200
    [before] = said_today(door, "w1")
    assert before["name"] == "旅客1" and before["address"].startswith("石榴雅苑")
    mended = door.say("o4", "mend_person", {"arrival_id": here["id"], "destination": ELSEWHERE})
    assert mended.status_code == 200, mended.json
    [after] = said_today(door, "w1")
    assert after == before | {"address": None}, "the name, and what was said"
    back = {"arrival_id": here["id"], "number": after["number"]}
    assert door.say("w1", "take_back_following", back).status_code == 200
    assert said_today(door, "w1") == []
