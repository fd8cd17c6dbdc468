"""What a household learns of itself at isolation's door, and that nobody learns more."""

from __future__ import annotations

from typing import Any

from chassis.commands.command import Author
from chassis.ids import new_id
from services.isolation import tables as t
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.door import DOOR
from services.isolation.teams.copies import STAFF
from tests.doors import Visitor
from tests.integration.isolation.saying import LINK, speaking
from tests.integration.isolation.trial import GRID, SEALER, Trial, arrival, china, staff

check_in = speaking(report_check_in, "check_in.reported")


def ask(isolation: Trial, household: str | None, who: str | Author = LINK) -> Any:
    door = Visitor(DOOR, isolation.work)
    headers = door.headers(who, household=household)
    return door.client.post("/lookups/household", json={}, headers=headers)


def somebody(name: str, **more: Any) -> str:
    return SEALER.seal({"name": name, "phone": "13900001111", "address": "花园路1号", **more})


def test_a_household_learns_what_is_asked_of_each_and_nobody_is_named_but_staff(isolation: Trial) -> None:
    home, elsewhere = new_id(), new_id()
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, person=somebody("李兰"))])
    of_home = {"level": "medium", "household_id": home, "worker": "worker-1"}
    isolation.follow(
        arrival(**of_home, person=somebody("王小雨", birth_date="2014-03-02")),
        arrival(**of_home, person=somebody("王小雪")),
        arrival(level="medium", household_id=elsewhere, person=somebody("赵一")),
    )
    isolation.clock.moment = china("2022-10-01 08:10")
    answer = ask(isolation, home)
    assert answer.status_code == 200
    page = answer.json
    assert [(one["label"]["name"], one["label"]["years"]) for one in page["people"]] == [
        ("*雨", 8),
        ("*雪", None),
    ]
    for one in page["people"]:
        assert (one["measure"], one["days"], one["day"]) == ("home_isolation", 7, 1)
        assert one["window"] == {
            **{"from": "2022-10-01T08:00:00+08:00", "by": "2022-10-01T10:00:00+08:00"},
            **{"done": False, "late": False},
        }
        assert one["next_window"]["from"] == "2022-10-01T16:00:00+08:00"
        assert [test["day"] for test in one["tests"]] == [1, 4, 7]
    assert page["contacts"] == [{"role": "grid_worker", "name": "李兰", "phone": "13900001111"}]
    for hidden in ("小雨", "小雪", "花园路", "赵一"):
        assert hidden not in answer.text


def test_it_learns_of_its_check_ins_and_that_somebody_saw_what_alarmed(isolation: Trial) -> None:
    alone = arrival(level="medium", person=somebody("王敏"))
    isolation.follow(alone)
    isolation.clock.moment = china("2022-10-01 08:10")
    case_id = alone.data["arrival_id"]
    for temperature in (36.5, 38.6):
        said = {"case_id": case_id, "temperature": temperature, "symptoms": [], "how_known": "by_link"}
        assert check_in(isolation, {"people": [said]}, author=LINK).kind == "done"
        isolation.clock.advance(minutes=5)
    [one] = ask(isolation, case_id).json["people"]
    fever, well = one["check_ins"]
    assert (fever["temperature"], well["temperature"], well["alarm"]) == (38.6, 36.5, None)
    assert fever["alarm"]["by"] == "2022-10-01T08:45:00+08:00" and fever["alarm"]["seen_at"] is None
    assert {told["role"] for told in fever["alarm"]["told"]} >= {"health_worker"}
    assert one["window"]["done"] is True


def test_a_household_that_there_is_not_and_whoever_is_no_resident_learn_nothing(isolation: Trial) -> None:
    isolation.follow(arrival(level="medium"))
    [link] = isolation.rows(t.links)
    assert ask(isolation, new_id()).status_code == 404
    assert ask(isolation, None).status_code == 404
    assert ask(isolation, link["household"], "officer").status_code == 403
    edge = Author("console", "/console/residents", "residents")
    assert ask(isolation, link["household"], edge).status_code == 403


def test_the_page_opens_though_what_is_sealed_cannot_be_read(isolation: Trial) -> None:
    """The key is gone: people are told apart by a number."""
    home = new_id()
    isolation.follow(*(arrival(level="medium", household_id=home) for _ in range(2)))
    people = ask(isolation, home).json["people"]
    assert [(one["label"]["name"], one["label"]["number"]) for one in people] == [("*", 1), ("*", 2)]
