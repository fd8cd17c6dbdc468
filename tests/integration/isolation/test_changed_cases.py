"""Cases by the day of their measure, and what changed of them since this hour yesterday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation.door import DOOR
from services.isolation.teams.copies import PLACES
from tests.doors import Visitor
from tests.integration.isolation.trial import COMMUNITY, GRID, SEALER, STREET, Trial, arrival, place

PERSON = SEALER.seal({"name": "某", "phone": "13909311234"}, "person")
CHANGES = ("opened", "ended", "moved", "abnormal")


@pytest.fixture
def door(isolation: Trial) -> Iterator[Visitor]:
    isolation.do(PLACES.keep, [place("g-2", COMMUNITY, "grid"), place("c-2", STREET, "community")])
    yield Visitor(DOOR, isolation.work)


def came(isolation: Trial, **changed: Any) -> Event:
    given = {"level": "medium", "worker": "worker-1", "person": PERSON, **changed}
    one = arrival(at=isolation.clock.now(), **given)
    isolation.follow(one)
    return one


def news(isolation: Trial, of: Event, **changed: Any) -> None:
    given = {"level": "medium", "worker": "worker-1", "person": PERSON, **changed}
    isolation.follow(arrival(of.subject, version=2, at=isolation.clock.now(), **given))


def check_in(door: Visitor, of: Event, temperature: float, **more: Any) -> str:
    person = {"case_id": of.subject, "temperature": temperature, "how_known": "by_phone", **more}
    answer = door.say("worker-1", "report_check_in", {"people": [person]})
    assert answer.status_code == 200, answer.json
    return str(answer.json["result"]["check_ins"][0])


def listed(door: Visitor, who: str = "officer", name: str = "changed_cases", **asked: str) -> set[str]:
    answer = door.get(who, f"/lists/{name}", **asked)
    assert answer.status_code == 200, answer.json
    found = [row["case_id"] for row in answer.json["rows"]]
    assert len(found) == len(set(found)) == answer.json["figures"]["rows"], "each person stands there once"
    return set(found)


def counted(door: Visitor, who: str = "officer", **data: Any) -> dict[str, tuple[int, int]]:
    said = {"measure": "home_isolation", **data}
    found = door.look_up(who, "board", **said).json["changes"]
    return {name: (found[name]["people"], found[name]["households"]) for name in CHANGES}


def test_a_case_is_found_by_the_day_of_its_measure(door: Visitor, isolation: Trial) -> None:
    home, advised = came(isolation), came(isolation, level="none", left_on=None)
    assert isolation.case(advised)["days"] == 0
    isolation.clock.advance(days=3)
    later = came(isolation, arrived_at=isolation.clock.now(), left_on=None)
    day = (isolation.clock.now().date() - isolation.case(home)["counted_from"]).days
    assert listed(door, name="open_cases", day=str(day)) == {home.subject}, "advice has no days"
    assert listed(door, name="open_cases", day="0") == {later.subject}
    assert listed(door, name="open_cases", day=str(day), measure="central_isolation") == set()
    isolation.clock.advance(hours=17)  # at midnight here the next day begins
    assert listed(door, name="open_cases", day=str(day + 1)) == {home.subject}
    assert listed(door, name="without_check_in", day="1", place=GRID) == set()
    for wrong in ("x", "-1", "1.5", "9999", "\u0663"):
        refused = door.get("officer", "/lists/open_cases", day=wrong)
        assert refused.status_code == 422, wrong
        assert [fault["field"] for fault in refused.json["faults"]] == ["day"]


def test_each_change_since_this_hour_yesterday_is_counted_and_its_figure_is_its_list(
    door: Visitor, isolation: Trial
) -> None:
    together = new_id()
    quiet, mover, ill, mistaken, leaver = (came(isolation) for _ in range(5))
    gone_before = came(isolation)
    isolation.clock.advance(hours=2)
    news(isolation, gone_before, expected=True, not_coming=True, why=["called_off"])
    isolation.clock.advance(hours=24, seconds=1)
    isolation.run_timers()
    assert counted(door) == dict.fromkeys(CHANGES, (0, 0)) and listed(door) == set()

    news(isolation, mover, destination={"grid": "g-2"})
    check_in(door, ill, 38.9)
    wrong = check_in(door, mistaken, 39.6)
    check_in(door, mistaken, 36.9, corrects=wrong)
    news(isolation, leaver, expected=True, not_coming=True, why=["called_off"])
    came(isolation, expected=True)  # only announced: there is nobody yet
    new, beside = came(isolation, household_id=together), came(isolation, household_id=together)
    check_in(door, new, 38.5)

    expected = {
        "opened": {new.subject, beside.subject},
        "ended": {leaver.subject},
        "moved": {mover.subject},
        "abnormal": {ill.subject, new.subject},
    }
    for change, cases in expected.items():
        assert listed(door, change=change) == cases, change
    assert listed(door) == set().union(*expected.values())
    assert quiet.subject not in listed(door)
    assert counted(door) == {"opened": (2, 1), "ended": (1, 1), "moved": (1, 1), "abnormal": (2, 2)}
    assert counted(door, place="g-2")["moved"] == (1, 1), "where they are now"
    assert counted(door, place=GRID)["moved"] == (0, 0)
    assert listed(door, change="moved", place="g-2") == {mover.subject}
    rows = {row["case_id"]: row for row in door.get("officer", "/lists/changed_cases").json["rows"]}
    assert rows[ill.subject]["abnormal_at"] and rows[mover.subject]["abnormal_at"] is None
    assert rows[mover.subject]["moved_at"] and rows[leaver.subject]["closed_at"]

    isolation.clock.advance(hours=24)
    assert listed(door, change="opened") == {new.subject, beside.subject}, "to the hour, and with it"
    isolation.clock.advance(seconds=1)
    assert listed(door) == set()


def test_who_is_placed_for_the_first_time_or_whose_grid_is_only_told_has_not_moved(
    door: Visitor, isolation: Trial
) -> None:
    nowhere = came(isolation, worker=None, destination={"community": None, "grid": None})
    known = came(isolation)
    news(isolation, nowhere)
    news(isolation, known, language="en")
    assert listed(door, change="moved") == set()
    news_of = arrival(
        known.subject, version=3, at=isolation.clock.now(), person=PERSON, destination={"grid": None}
    )
    isolation.follow(news_of)
    assert listed(door, change="moved") == {known.subject}, "nobody knows the grid any more"


def test_changes_are_seen_at_ones_own_places_alone(
    door: Visitor, isolation: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {"community": "c-2", "grid": None}
    here, there = came(isolation), came(isolation, worker=None, destination=elsewhere)
    assert listed(door) == {here.subject} and counted(door)["opened"] == (1, 1)
    assert listed(door, "street") == {here.subject, there.subject}
    assert counted(door, "street", place="c-2")["opened"] == (1, 1)
    assert door.get("worker-1", "/lists/changed_cases").status_code == 403
    assert door.get("officer", "/lists/changed_cases", change="grown").status_code == 422
    monkeypatch.setattr("services.isolation.tasks.changed_cases.COUNTED", 1)
    found = door.look_up("street", "board", measure="home_isolation").json
    assert (found["more_than"], found["changes"]) == (None, None), "so many changed"


def test_a_household_of_which_one_has_ended_and_one_goes_on_is_counted_once(
    door: Visitor, isolation: Trial
) -> None:
    together = new_id()
    ended, goes_on = came(isolation, household_id=together), came(isolation, household_id=together)
    news(isolation, ended, household_id=together, expected=True, not_coming=True, why=["called_off"])
    check_in(door, goes_on, 38.5)
    assert counted(door) == {"opened": (2, 1), "ended": (1, 1), "moved": (0, 0), "abnormal": (1, 1)}
    assert listed(door) == {ended.subject, goes_on.subject}


def test_as_many_statements_however_much_changed(door: Visitor, isolation: Trial) -> None:
    for _ in range(30):
        came(isolation)
    said: list[str] = []
    event.listen(isolation.database.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
    assert len(listed(door)) == 30 and counted(door)["opened"] == (30, 30)
    said.clear()
    assert len(listed(door)) == 30
    listing = len(said)
    assert counted(door)["opened"] == (30, 30)
    assert listing <= 5 and len(said) - listing <= 8, said


def test_an_index_finds_what_has_ended_at_a_place(isolation: Trial) -> None:
    """However many ended before: they are found by place and time, without those that are only expected."""
    ended = (
        "SELECT case_id FROM cases WHERE closed_at >= :since AND cases.version > 0 AND community IN ('c-1')"
    )
    assert "cases_ended_in_community" in plan_of(isolation, ended)


def test_an_index_finds_what_alarmed_lately(isolation: Trial) -> None:
    alarmed = "SELECT case_id FROM tasks WHERE tasks.kind = 'see_abnormal' AND due_from >= :since"
    assert "tasks_of_alarms" in plan_of(isolation, alarmed)


def plan_of(isolation: Trial, query: str) -> str:
    since = isolation.clock.now() - timedelta(days=1)
    explain = "EXPLAIN " if isolation.database.engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN "
    with isolation.database.begin() as conn:
        if conn.dialect.name == "postgresql":
            conn.execute(text("SET LOCAL enable_seqscan = off"))
        return " ".join(str(row) for row in conn.execute(text(explain + query), {"since": since}))
