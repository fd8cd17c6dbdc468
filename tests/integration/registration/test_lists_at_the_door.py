"""What officers find at registration's door: arrivals that wait, pairs, reports to correct, staff, places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from services.registration import handover
from services.registration import tables as t
from services.registration.door import DOOR
from services.registration.following.counts import oldest_on_lists, on_lists
from services.registration.places.import_places import import_places
from services.registration.staff.import_staff import import_staff
from tests.doors import Visitor
from tests.integration.registration.trial import CHINA, PLACES, STAFF, Trial, person, report

MORE_PLACES = PLACES + "s2,d,street,雁北街道,,620102015,\nc9,s2,community,北面滩社区,,,\n"
MORE_STAFF = (
    STAFF
    + """o1,community_officer,c1,甲,13909310011,zh-CN,true
o2,street_officer,s1,乙,13909310012,zh-CN,true
o3,street_officer,s2,丙,13909310013,zh-CN,true
o4,district_officer,d,丁,13909310014,zh-CN,true
a1,administrator,s1,戊,13909310015,zh-CN,true
"""
)
ELSEWHERE = {"division": "620102015", "address": "北面滩社区1号"}


@pytest.fixture
def door(trial: Trial) -> Visitor:
    with trial.work.unit() as uow:
        import_places(uow, MORE_PLACES)
        import_staff(uow, MORE_STAFF)
    return Visitor(DOOR, trial.work)


def rows(door: Visitor, who: str, name: str, **asked: str) -> list[dict]:
    answer = door.get(who, f"/lists/{name}", **asked)
    assert answer.status_code == 200, answer.json
    return answer.json["rows"]


def test_an_arrival_that_waits_is_seen_by_those_whose_it_may_be(door: Visitor, trial: Trial) -> None:
    elsewhere = {"division": "620102015", "address": "北面滩1号"}
    trial.receive(
        report(1, address="无人知道的地方"),
        report(2, destination=elsewhere),
        report(3, destination={"division": None, "address": "某处"}),
        report(4),
    )
    assert len(rows(door, "o4", "waiting_arrivals")) == 3
    [there] = rows(door, "o3", "waiting_arrivals")
    assert there["street"] == "s2" and there["name"] == "旅*"
    assert rows(door, "o1", "waiting_arrivals") == rows(door, "o2", "waiting_arrivals") == []
    assert door.get("w1", "/lists/waiting_arrivals").status_code == 403
    assert door.get("a1", "/lists/waiting_arrivals").status_code == 403


def test_a_pair_is_seen_from_either_side_and_masked(door: Visitor, trial: Trial) -> None:
    trial.receive(
        report(1, people=[person(1, name="欧阳建国")]),
        report(2, people=[person(2, name="欧阳建国", phone=person(1)["phone"])], publisher="bus"),
    )
    pairs = rows(door, "o4", "possible_duplicates")
    assert len(pairs) == 1
    assert pairs[0]["first_name"] == "欧*" and "建国" not in str(pairs)
    assert rows(door, "o1", "possible_duplicates") == pairs
    assert rows(door, "o3", "possible_duplicates") == []
    assert rows(door, "o4", "possible_duplicates", why="same_number") == []
    door.say("o4", "mend_person", {"arrival_id": pairs[0]["second"], "destination": ELSEWHERE})
    [theirs], [both] = (rows(door, who, "possible_duplicates") for who in ("o1", "o4"))
    assert both["second_community"] == "c9" and both["second_name"] == "欧*"
    assert theirs == both | {"second_name": None, "second_phone": None}, "who is elsewhere is not theirs"


def test_pairs_made_one_are_listed_the_newest_first_where_one_reaches_them(
    door: Visitor, trial: Trial
) -> None:
    for number in (1, 3):
        same = person(number)["phone"]
        trial.receive(
            report(number, people=[person(number, name="欧阳建国")]),
            report(number + 1, people=[person(number + 1, name="欧阳建国", phone=same)], publisher="bus"),
        )
    pairs = rows(door, "o1", "possible_duplicates")
    assert len(pairs) >= 2 and rows(door, "o1", "pairs_made_one") == []
    for pair in pairs[:2]:
        trial.clock.moment += timedelta(minutes=1)
        said = {"first": pair["first"], "second": pair["second"], "decision": "same", "expects": 1}
        assert door.say("o1", "decide_duplicate", said).status_code == 200
    made = rows(door, "o2", "pairs_made_one")
    assert [one["first"] for one in made] == [pair["first"] for pair in reversed(pairs[:2])]
    assert {one["decided_by"] for one in made} == {"/console/o1"} and "建国" not in str(made)
    assert rows(door, "o3", "pairs_made_one") == []
    assert door.get("w1", "/lists/pairs_made_one").status_code == 403


def test_reports_to_correct_are_the_districts(door: Visitor, trial: Trial) -> None:
    trial.receive(report(1, arrival={"at": "some day"}), report(2))
    [waits] = rows(door, "o4", "reports_to_correct")
    assert waits["publisher"] == "rail" and waits["reasons"] and not waits["in_part"]
    for who in ("o1", "o2", "a1"):
        assert door.get(who, "/lists/reports_to_correct").status_code == 403


@pytest.mark.parametrize(
    ("who", "staff", "places"),
    [
        ("o1", {"w1", "w2", "o1"}, {"c1", "g1", "y1"}),
        ("o2", {"w1", "w2", "w3", "o1", "o2", "a1"}, {"s1", "c1", "c2", "g1", "y1", "y2"}),
        ("o3", {"o3"}, {"s2", "c9"}),
        ("a1", {"w1", "w2", "w3", "o1", "o2", "a1"}, {"s1", "c1", "c2", "g1", "y1", "y2"}),
    ],
)
def test_staff_and_places_are_those_of_ones_own_place_and_below(
    door: Visitor, who: str, staff: set[str], places: set[str]
) -> None:
    assert {row["staff_id"] for row in rows(door, who, "staff")} == staff
    assert {row["place_id"] for row in rows(door, who, "places")} == places
    assert {row["name"] for row in rows(door, who, "staff")} <= {
        "张*",
        "李*",
        "赵*",
        "甲*",
        "乙*",
        "丙*",
        "戊*",
    }


def test_names_of_places_and_colleagues_are_found_by_id(door: Visitor) -> None:
    wanted = {"staff": ["w1", "o4", "nobody"], "places": ["s1", "nowhere"]}

    def ask(who: str, data: dict) -> TestResponse:
        return door.client.post("/lookups/names", json=data, headers=door.headers(who))

    found = ask("o1", wanted).json
    assert found["you"] == {
        "staff_id": "o1",
        "role": "community_officer",
        "place": "c1",
        "level": "community",
    }
    assert {id: one["name"] for id, one in found["staff"].items()} == {"w1": "张三", "o4": "丁", "o1": "甲"}
    assert {id for id, one in found["staff"].items() if one["yours"]} == {"w1", "o1"}
    assert set(found["places"]) >= {"s1", "c1"} and found["places"]["c1"]["parent"] == "s1"
    assert "1390931" not in str(found), "phones are revealed elsewhere"
    assert found["below"] == {}, "nothing was to be chosen"
    for below, chosen in (("", {"g1"}), ("g1", {"y1"}), ("y1", {"y1"}), ("s2", set())):
        assert set(ask("o1", {"below": below}).json["below"]) == chosen, below
    assert ask("w1", wanted).status_code == 403
    for wrong in ({"staff": "w1"}, {"places": [1]}, {"staff": ["x"] * 501}, {"below": 1}):
        assert ask("o1", wrong).status_code == 422


def test_what_must_be_settled_and_who_is_expected_stand_on_lists_with_a_clock(
    door: Visitor, trial: Trial
) -> None:
    trial.receive(report(1), report(2, publisher="self", expected=True, at="2022-10-03T10:00:00+08:00"))
    here, coming = (row["id"] for row in sorted(trial.arrivals(), key=lambda row: row["expected"]))
    said = door.say("w1", "follow_arrival", {"arrival_id": here, "outcome": "no_such_door"})
    assert said.status_code == 200, said.json
    door.say("w3", "follow_arrival", {"arrival_id": here, "outcome": "verified"})  # of another community
    [matter] = rows(door, "o1", "arrivals_to_settle")
    assert (matter["arrival_id"], matter["to_settle"], matter["level"]) == (
        *(here, "no_such_door", "community"),
    )
    assert rows(door, "o3", "arrivals_to_settle") == []
    [call] = rows(door, "o1", "expected_arrivals")
    assert (call["arrival_id"], call["overdue"], call["level"]) == (coming, False, "community")

    assert trial.read(on_lists, trial.clock.now()) == {("to_settle",): 1, ("expected_and_overdue",): 0}
    trial.clock.moment += timedelta(days=4)
    assert trial.read(on_lists, trial.clock.now()) == {("to_settle",): 1, ("expected_and_overdue",): 1}
    oldest = trial.read(oldest_on_lists, trial.clock.now())
    assert oldest[("to_settle",)] == 4 * 86400 and oldest[("expected_and_overdue",)] == 50 * 3600
    assert rows(door, "o1", "arrivals_to_settle")[0]["level"] == "district"
    [call] = rows(door, "w1", "expected_arrivals")
    assert (call["overdue"], call["level"]) == (True, "district"), "who does not come is not forgotten"
    door.say("o1", "mend_person", {"arrival_id": here, "destination": {"address": "石榴雅苑2号楼"}})
    assert rows(door, "o1", "arrivals_to_settle") == []


def test_an_officer_amends_staff_at_the_door(door: Visitor, trial: Trial) -> None:
    away = {"staff_id": "w1", "what": "away", "expects": 1, "deputy": "w2"}
    assert door.say("o1", "amend_staff", away).status_code == 200
    assert door.say("o1", "amend_staff", away).status_code == 409
    assert door.say("o3", "amend_staff", {**away, "expects": 2}).status_code == 404
    assert door.say("w2", "amend_staff", {**away, "expects": 2}).status_code == 403


def test_a_deputy_reaches_what_whoever_is_away_reaches(door: Visitor, trial: Trial) -> None:
    trial.receive(report(1, publisher="self", expected=True, at="2022-10-03T10:00:00+08:00"))
    [call] = rows(door, "o1", "expected_arrivals")
    called = {"arrival_id": call["arrival_id"], "outcome": "no_answer"}
    assert rows(door, "o3", "expected_arrivals") == []
    away = {"staff_id": "o1", "what": "away", "expects": 1, "deputy": "o3"}
    assert door.say("o2", "amend_staff", away).status_code == 200
    assert rows(door, "o3", "expected_arrivals") == [call]
    assert door.say("o3", "follow_arrival", called).status_code == 200
    assert door.say("o2", "amend_staff", {"staff_id": "o1", "what": "back", "expects": 2}).status_code == 200
    assert rows(door, "o3", "expected_arrivals") == []


def test_the_audit_finds_a_command_whose_line_somebody_removed(door: Visitor, trial: Trial) -> None:
    trial.receive(report(1), report(2, people=[{**person(2), "identity_number": "620402196001020011"}]))
    (here,) = (row["id"] for row in trial.arrivals())
    [waits] = [row["id"] for row in trial.rows(t.reports) if row["outcome"] == "needs_correction"]
    said = [
        door.say("w1", "follow_arrival", {"arrival_id": here, "outcome": "contacted"}, key="command-1"),
        door.say("o1", "mend_person", {"arrival_id": here, "phone": "13800138000"}, key="command-2"),
        door.say("o1", "amend_staff", {"staff_id": "w1", "what": "back", "expects": 1}, key="command-3"),
        door.say("o1", "amend_staff", {"staff_id": "w1", "what": "away", "expects": 1}, key="command-4"),
        door.say(
            "o2",
            "correct_report",
            {"report_id": waits, "data": report(2)["data"], "expects": 1},
            key="command-5",
        ),
    ]
    assert [answer.status_code for answer in said] == [200] * 5, [answer.json for answer in said]
    with trial.database.read() as conn:
        found = handover.sums(conn, trial.clock.today(CHINA))
    assert found.by_subject["commands_to_registration"] == {"done": 4, "in_history": 4}, (
        "the third changed nothing"
    )
    assert found.lacks == []

    with trial.work.unit() as uow:
        uow.conn.execute(t.arrival_history.delete().where(t.arrival_history.c.event_id == "command-2"))
    with trial.database.read() as conn:
        found = handover.sums(conn, trial.clock.today(CHINA))
    assert {(lack.what, lack.id) for lack in found.lacks} == {
        *(("command", "/console/o1 command-2"), ("arrival history", here)),
    }
