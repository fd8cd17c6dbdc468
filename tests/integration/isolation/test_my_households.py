"""The households of a worker at the door: who, what is due, what was done today, and who saw it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.database.tables import TABLES
from chassis.ids import new_id
from services.isolation.door import DOOR
from services.isolation.teams.copies import PLACES, STAFF
from tests.doors import Visitor
from tests.integration.isolation.trial import GRID, SEALER, STREET, Trial, arrival, china, place, staff


def sealed(name: str, **more: Any) -> str:
    person = {"name": name, "phone": "13909311234", "address": "石榴雅苑3号楼2单元501"}
    return SEALER.seal(person | {"identity_type": None, "identity_number": None} | more)


@pytest.fixture
def town(isolation: Trial) -> Trial:
    named = [("worker-1", "grid_worker", GRID), ("nurse", "health_worker", "c-1")]
    contact = {id: SEALER.seal({"name": f"name of {id}", "phone": "13909310000"}) for id, _, _ in named}
    isolation.do(STAFF.keep, [staff(id, role, at, 2, person=contact[id]) for id, role, at in named])
    return isolation


@pytest.fixture
def door(town: Trial) -> Visitor:
    return Visitor(DOOR, town.work)


def family(town: Trial) -> tuple[str, str, str]:
    """Mother and child; returns the household and their cases."""
    household = new_id()
    people = [
        sealed("周玉兰", identity_type="resident_id", identity_number="620102198503070027"),
        sealed("周小雨"),
    ]
    came = [arrival(level="medium", household_id=household, worker="worker-1", person=one) for one in people]
    town.follow(*came)
    return household, came[0].data["arrival_id"], came[1].data["arrival_id"]


def mine(door: Visitor, who: str = "worker-1") -> list[dict[str, Any]]:
    answer = door.look_up(who, "my_households")
    assert answer.status_code == 200, answer.json
    return answer.json["households"]


def test_a_round_is_shown_whole_and_noted_once_a_day(door: Visitor, town: Trial) -> None:
    household, mother, child = family(town)
    family(town)
    for _ in range(2):
        answer = door.look_up("worker-1", "my_households")
        assert answer.json["more"] is False and answer.json["as_of"] == "2022-10-01T07:00:00+08:00"
    one = next(one for one in answer.json["households"] if one["household"] == household)
    by_case = {person["case_id"]: person for person in one["people"]}
    assert (by_case[mother]["name"], by_case[mother]["born"]) == ("周玉兰", "1985-03-07")
    assert (by_case[child]["born"], by_case[child]["phone"]) == (None, "13909311234")
    assert "identity_number" not in answer.text and "6201021985" not in answer.text
    kinds = {task["kind"] for task in one["tasks"]}
    assert {"first_contact", "supplies"} <= kinds and all(task["mine"] for task in one["tasks"])
    views = town.rows(TABLES["views"])
    assert len(views) == 4 and {view["reason"] for view in views} == {"own task"}


def test_what_was_done_today_stays_until_tomorrow(door: Visitor, town: Trial) -> None:
    family(town)
    before = {task["task_id"] for task in mine(door)[0]["tasks"]}
    for task in mine(door)[0]["tasks"]:
        said = {"task_id": task["task_id"], "outcome": "done", "how": "seen"}
        assert door.say("worker-1", "report_task", said).status_code == 200
    [one] = mine(door)
    assert {task["task_id"] for task in one["tasks"]} == before
    assert {task["state"] for task in one["tasks"]} == {"done"}
    assert all(task["done_at"] == "2022-10-01T07:00:00+08:00" for task in one["tasks"])
    town.clock.advance(days=3)
    town.run_timers()
    assert not before & {task["task_id"] for task in mine(door)[0]["tasks"]}


def test_a_try_says_when_the_next_one_is(door: Visitor, town: Trial) -> None:
    family(town)
    first = next(task for task in mine(door)[0]["tasks"] if task["kind"] == "first_contact")
    again = town.clock.now() + timedelta(hours=3)
    said = {"task_id": first["task_id"], "outcome": "attempt", "next_try_at": again.isoformat()}
    assert door.say("worker-1", "report_task", said).status_code == 200
    found = next(t for t in mine(door)[0]["tasks"] if t["task_id"] == first["task_id"])
    assert (found["attempts"], found["next_try_at"], found["state"]) == (1, again.isoformat(), "due")


def test_the_page_of_a_household_says_who_was_told_and_who_is_called(door: Visitor, town: Trial) -> None:
    household, mother, child = family(town)
    people = [{"case_id": mother, "temperature": 38.6, "symptoms": [], "how_known": "seen"}]
    assert door.say("worker-1", "report_check_in", {"people": people}).status_code == 200
    contact = {"case_ids": [mother, child], "marks": ["pregnant"], "best_time": "after 19:00"}
    assert door.say("worker-1", "change_contact", contact).status_code == 200
    page = door.look_up("worker-1", "my_household", household=household).json
    [check_in] = page["check_ins"]
    assert (check_in["temperature"], check_in["abnormal"], check_in["mine"]) == (38.6, ["temperature"], True)
    told = {"staff_id": "nurse", "role": "health_worker", "name": "name of nurse", "phone": "13909310000"}
    assert told in check_in["told"] and check_in["due_by"] and check_in["seen_at"] is None
    assert check_in["sees_to_it"] == {"mine": False, "role": "health_worker", "name": "name of nurse"}
    hers = door.look_up("nurse", "my_household", household=household).json["check_ins"]
    assert [one["sees_to_it"]["mine"] for one in hers] == [True]
    assert told in page["team"] and "fever" in page["symptoms"]
    assert (page["abnormal"], page["marks"], page["best_time"]) == (True, ["pregnant"], "after 19:00")
    assert {task["kind"] for task in page["tasks"] if not task["mine"]} >= {"see_abnormal", "signed_notice"}
    assert {task["kind"] for task in page["tasks"] if task["urgent"]} == {"see_abnormal"}
    assert mine(door)[0]["abnormal"] is True
    right = {**people[0], "temperature": 36.8, "corrects": check_in["check_in_id"]}
    assert door.say("worker-1", "report_check_in", {"people": [right]}).status_code == 200
    [check_in] = door.look_up("worker-1", "my_household", household=household).json["check_ins"]
    assert (check_in["temperature"], check_in["abnormal"], check_in["corrected"]) == (36.8, [], True)
    assert mine(door)[0]["abnormal"] is False


def test_a_fever_that_nobody_has_seen_is_not_gone_at_midnight(door: Visitor, town: Trial) -> None:
    household, mother, child = family(town)
    town.clock.moment = china("2022-10-01 23:10")
    people = [
        {"case_id": id, "temperature": temperature, "symptoms": [], "how_known": "seen"}
        for id, temperature in ((mother, 38.6), (child, 36.6))
    ]
    assert door.say("worker-1", "report_check_in", {"people": people}).status_code == 200
    town.clock.moment = china("2022-10-02 00:20")
    page = door.look_up("worker-1", "my_household", household=household).json
    [fever] = page["check_ins"]
    assert (fever["case_id"], fever["seen_at"], fever["today"]) == (mother, None, False)
    assert (fever["at"], page["abnormal"]) == ("2022-10-01T23:10:00+08:00", True)
    [alarm] = [task["task_id"] for task in page["tasks"] if task["kind"] == "see_abnormal"]
    assert door.say("nurse", "report_task", {"task_id": alarm, "outcome": "taken"}).status_code == 200
    assert door.look_up("worker-1", "my_household", household=household).json["check_ins"] == []


def test_households_of_others_are_not_there(door: Visitor, town: Trial) -> None:
    household, mother, _ = family(town)
    assert mine(door, "worker-2") == []
    assert door.look_up("worker-2", "my_household", household=household).status_code == 404
    assert door.look_up("worker-1", "my_household", household=mother).status_code == 404
    assert door.look_up("worker-1", "my_household", household="x").status_code == 422
    for who in ("police", "nobody"):
        assert door.look_up(who, "my_households").status_code == 403
    assert town.rows(TABLES["views"]) == []


def test_whoever_stands_in_goes_to_their_doors(door: Visitor, town: Trial) -> None:
    household, _, _ = family(town)
    away = {"away_from": town.clock.now(), "away_to": None, "deputy": "worker-2"}
    contact = SEALER.seal({"name": "name of worker-1", "phone": "13909310000"})
    town.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 3, person=contact, **away)])
    assert [one["household"] for one in mine(door, "worker-2")] == [household]
    assert all(task["mine"] for task in mine(door, "worker-2")[0]["tasks"])


def test_whoever_stands_in_acts_at_each_door_that_they_see(door: Visitor, town: Trial) -> None:
    """Also where the grid is not known, and whoever goes for them works elsewhere."""
    town.do(PLACES.keep, [place("c-2", STREET, "community"), place("g-2", "c-2", "grid")])
    away = {"away_from": town.clock.now(), "away_to": None, "deputy": "worker-9"}
    contact = SEALER.seal({"name": "name of worker-1", "phone": "13909310000"})
    gone = staff("worker-1", "grid_worker", GRID, 3, person=contact, **away)
    came = arrival(level="medium", worker="worker-1", person=sealed("周玉兰"), destination={"grid": None})
    town.follow(came)
    town.do(STAFF.keep, [staff("worker-9", "grid_worker", "g-2"), gone])
    [task, *_] = mine(door, "worker-9")[0]["tasks"]
    said = {"task_id": task["task_id"], "outcome": "done", "how": "seen"}
    assert door.say("worker-9", "report_task", said).status_code == 200
    assert door.get("worker-9", f"/case/{came.subject}").status_code == 200
    back = staff("worker-1", "grid_worker", GRID, 4, person=contact)
    town.clock.advance(hours=1)
    town.do(STAFF.keep, [back])
    assert door.say("worker-9", "report_task", said | {"how": "by_phone"}).status_code == 404
    assert door.get("worker-9", f"/case/{came.subject}").status_code == 404
