"""What officers see first: how the day stands with workers and places, of whom nothing was reported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, update

from chassis.ids import new_id
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.teams.copies import PLACES, STAFF
from tests.doors import Visitor
from tests.integration.isolation.trial import COMMUNITY, GRID, SEALER, STREET, Trial, arrival, place, staff

PHONE, NONE = (SEALER.seal({"name": "某", "phone": phone}, "person") for phone in ("13909311234", None))


@pytest.fixture
def door(isolation: Trial) -> Iterator[Visitor]:
    isolation.do(PLACES.keep, [place("c-2", STREET, "community"), place("g-2", "c-2", "grid")])
    isolation.do(STAFF.keep, [staff("worker-3", "grid_worker", "g-2")])
    yield Visitor(DOOR, isolation.work)


def ask(door: Visitor, who: str, **data: Any) -> Any:
    said = {"measure": "home_isolation", **data}
    return door.look_up(who, "board", **said)


def check_in(door: Visitor, of: Any, temperature: float) -> None:
    person = {"case_id": of.data["arrival_id"], "temperature": temperature, "how_known": "by_phone"}
    assert door.say("worker-1", "report_check_in", {"people": [person]}).status_code == 200


def listed(door: Visitor, who: str, name: str, **asked: str) -> tuple[int, int]:
    figures = door.get(who, f"/lists/{name}", **asked).json["figures"]
    return figures["rows"], figures["households"]


def test_each_figure_of_a_worker_is_that_of_its_list(door: Visitor, isolation: Trial) -> None:
    together = new_id()
    first = arrival(person=PHONE, worker="worker-1", household_id=together)
    isolation.follow(first, arrival(person=PHONE, worker="worker-1", household_id=together))
    isolation.follow(*(arrival(person=PHONE, worker="worker-2") for _ in range(2)))
    isolation.clock.advance(hours=4)
    isolation.run_timers()
    [contact] = [one for one in isolation.tasks(first) if one["kind"] == "first_contact"]
    said = {"task_id": contact["task_id"], "outcome": "done", "how": "seen"}
    assert door.say("worker-1", "report_task", said).status_code == 200
    check_in(door, first, 39.4)

    found = ask(door, "officer").json
    rows = {row["staff_id"]: row for row in found["staff"]}
    assert found["more_than"] is None and {"worker-1", "worker-2", "nurse"} <= set(rows)
    for staff_id, row in rows.items():
        by = staff_id or "-"
        assert row["people"] == listed(door, "officer", "open_cases", owner=by)[0]
        assert row["overdue"] == listed(door, "officer", "overdue_tasks", staff_id=by)[0]
        assert row["due"] == listed(door, "officer", "open_tasks", staff_id=by, state="due")[0]
        assert row["done"] == listed(door, "officer", "done_tasks", staff_id=by)[0]
        abnormal = listed(door, "officer", "open_tasks", staff_id=by, kind="see_abnormal")[0]
        assert row["abnormal"] == abnormal
    assert rows["worker-1"]["done"] >= 1 and rows["worker-2"]["overdue"] >= 1
    assert [row["place"] for row in found["below"]] == [GRID]


def test_places_below_are_counted_for_street_and_district(door: Visitor, isolation: Trial) -> None:
    there = {"community": "c-2", "grid": "g-2"}
    isolation.follow(arrival(person=PHONE), arrival(person=PHONE, destination=there))
    below = {row["place"]: row["people"] for row in ask(door, "street").json["below"]}
    assert below == {COMMUNITY: 1, "c-2": 1}
    assert ask(door, "district").json["below"][0]["place"] == STREET
    one = ask(door, "street", place="c-2").json
    assert [row["place"] for row in one["below"]] == ["g-2"]
    assert {row["staff_id"] for row in one["staff"]} == {"worker-3"}, "who works there, with or without cases"
    assert ask(door, "worker-1").status_code == 403
    assert ask(door, "street", place=7).status_code == 422


def test_two_of_one_role_each_see_their_own_place(door: Visitor, isolation: Trial) -> None:
    isolation.do(STAFF.keep, [staff("officer-2", "community_officer", "c-2")])
    there = {"community": "c-2", "grid": "g-2"}
    isolation.follow(arrival(person=PHONE), *(arrival(person=PHONE, destination=there) for _ in range(2)))
    for who, place_below, people in (("officer", GRID, 1), ("officer-2", "g-2", 2), ("officer", GRID, 1)):
        found = ask(door, who).json
        assert found["below"] == [{"place": place_below, "people": people}]
        for one in (found, ask(door, who, place=place_below).json):
            assert one["changes"]["opened"]["people"] == people
            assert sum(row["people"] for row in one["staff"]) == people


def test_who_works_at_another_place_is_nobodys_to_see(door: Visitor, isolation: Trial) -> None:
    for other in ("c-2", "g-2", STREET, "nowhere"):
        assert ask(door, "officer", place=other).status_code == 404, other
    own = ask(door, "officer", place=GRID).json
    assert {row["staff_id"] for row in own["staff"]} == {"worker-1", "worker-2"}
    away = {"away_from": isolation.clock.now(), "away_to": None, "deputy": "worker-3"}
    isolation.do(STAFF.keep, [staff("officer", "community_officer", COMMUNITY, 2, **away)])
    instead = ask(door, "worker-3").json
    assert (instead["place"], instead["staff"]) == (None, []), "they answer for another place than their own"
    there = ask(door, "worker-3", place=COMMUNITY).json
    assert {row["staff_id"] for row in there["staff"]} == {"nurse", "worker-1", "worker-2"}


def test_wish_3_so_many_that_they_are_not_counted_are_counted_by_place(
    door: Visitor, isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    for counted in ("workers_today", "board"):
        monkeypatch.setattr(f"services.isolation.tasks.{counted}.COUNTED", 1)
    isolation.follow(*(arrival(person=PHONE) for _ in range(3)))
    found = ask(door, "street").json
    assert (found["more_than"], found["staff"]) == (1, [])
    assert {row["place"]: (row["people"], row["more"]) for row in found["below"]} == {
        COMMUNITY: (1, True),
        "c-2": (0, False),
    }


def test_who_reported_in_no_window_that_ended_today_is_counted_with_the_reason(
    door: Visitor, isolation: Trial
) -> None:
    """Five households of home isolation: one reports late, of the others each has another reason."""
    home = {"level": "medium", "worker": "worker-1"}
    reports, silent, unanswered, phoneless, unowned = (
        arrival(person=person, **home) for person in (PHONE, PHONE, PHONE, NONE, PHONE)
    )
    isolation.follow(reports, silent, unanswered, phoneless, unowned)
    everything = ask(door, "officer").json["check_ins"]
    assert (everything["whole"], everything["without"]["people"]) == ({"people": 5, "households": 5}, 0)
    isolation.clock.advance(hours=25)  # 08:00 of the day after: no window of this day has ended
    isolation.run_timers()
    quiet = ask(door, "officer").json["check_ins"]
    assert quiet["without"]["people"] == 0, "at 08:00 nobody is missing yet"
    isolation.clock.advance(hours=4)
    isolation.run_timers()
    new = arrival(person=PHONE, at=isolation.clock.now(), **home)
    isolation.follow(new)
    with isolation.database.begin() as conn:
        of = t.cases.c.case_id == unowned.data["arrival_id"]
        conn.execute(update(t.cases).where(of).values(owner=None))
    check_in(door, reports, 36.5)
    [task] = [
        one
        for one in isolation.tasks(unanswered, "missed")
        if one["kind"] == "check_in" and one["due_by"] > isolation.clock.now() - timedelta(hours=6)
    ][:1]
    tried = {"task_id": task["task_id"], "outcome": "attempt"}
    assert door.say("worker-1", "report_task", tried).status_code == 200
    found = ask(door, "officer", place=GRID).json["check_ins"]
    assert found["whole"] == {"people": 6, "households": 6}
    assert found["because"] == {"nobody": 1, "no_phone": 1, "no_answer": 1, "other": 1}
    assert found["without"] == {"people": 4, "households": 4}
    assert listed(door, "officer", "without_check_in", measure="home_isolation", place=GRID) == (4, 4)
    assert ask(door, "officer", measure="x").status_code == 422


def test_a_child_without_a_phone_lives_with_somebody_who_has_one(door: Visitor, isolation: Trial) -> None:
    of = {"level": "medium", "worker": "worker-1", "household_id": new_id()}
    isolation.follow(arrival(person=NONE, **of), arrival(person=PHONE, **of))
    isolation.clock.advance(hours=29)
    isolation.run_timers()
    found = ask(door, "officer").json["check_ins"]
    assert found["without"] == {"people": 2, "households": 1} and found["because"] == {"other": 1}


def test_wish_2_as_many_statements_however_many_workers_there_are(door: Visitor, isolation: Trial) -> None:
    isolation.follow(*(arrival(person=PHONE) for _ in range(20)))
    said: list[str] = []
    event.listen(isolation.database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    ask(door, "street")
    assert len(said) <= 14, said


def test_a_list_that_looks_through_too_many_cases_asks_for_a_place(
    door: Visitor, isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the first window has ended nobody is found, however many are looked at."""
    elsewhere = {"destination": {"community": "c-2", "grid": "g-2"}}
    isolation.follow(*(arrival(person=PHONE) for _ in range(3)), arrival(person=PHONE, **elsewhere))
    monkeypatch.setattr("chassis.doors.pages.COUNTED", 2)
    for name in ("without_check_in", "done_tasks"):
        refused = door.get("street", f"/lists/{name}")
        assert refused.status_code == 422, name
        assert [(one["field"], one["code"]) for one in refused.json["faults"]] == [("place", "too_many")]
        assert door.get("street", f"/lists/{name}", place=COMMUNITY).status_code == 422
        assert listed(door, "street", name, place="c-2") == (0, 0)
        assert listed(door, "street", name, measure="home_isolation") == (0, 0), "so few are looked through"
    assert listed(door, "street", "open_cases", place="c-2") == (1, 1)


def test_the_console_of_the_version_before_finds_its_first_page_beside_a_new_door(
    door: Visitor, isolation: Trial
) -> None:
    isolation.follow(arrival(person=PHONE))
    page = ask(door, "officer").json

    def before(name: str, **data: Any) -> Any:
        answer = door.look_up("officer", name, **data)
        assert answer.status_code == 200, answer.json
        return answer.json

    workers = before("workers_today")
    for name in ("as_of", "staff", "below", "left_out", "more_than"):
        assert workers[name] == page[name], name
    assert before("check_ins_today", measure="home_isolation", place=GRID) == {
        "as_of": page["as_of"],
        **page["check_ins"],
    }
