"""A case that another community took over: place, team and tasks move in one step, days served stay."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.permits.decide_permit import decide_permit
from services.isolation.permits.request_permit import request_permit
from services.isolation.plans.states import LIVE
from services.isolation.release.decide_case import decide_case
from services.isolation.tasks.report_task import report_task
from services.isolation.teams.copies import PLACES, STAFF
from tests.doors import Visitor
from tests.integration.isolation.saying import LINK, speaking
from tests.integration.isolation.test_decisions import OFFICER, PERSON, decide, loads
from tests.integration.isolation.trial import STREET, Trial, arrival, china, place, staff

_request = speaking(request_permit, "permit.requested")
_decide_permit = speaking(decide_permit, "permit.decided")
_report_task = speaking(report_task, "task.reported")
_decide = speaking(decide_case, "case.decided")
THERE = {"community": "c-2", "grid": "g-9"}
OTHERS = (
    ("worker-9", "grid_worker", "g-9"),
    ("officer-9", "community_officer", "c-2"),
    ("nurse-9", "health_worker", "c-2"),
)


@pytest.fixture
def town(isolation: Trial) -> Trial:
    isolation.do(PLACES.keep, [place("c-2", STREET, "community"), place("g-9", "c-2", "grid")])
    isolation.do(STAFF.keep, [staff(*one) for one in OTHERS])
    return isolation


def came(town: Trial, home: str | None = None) -> Event:
    came = arrival(
        level="medium", left_on=date(2022, 9, 30), person=PERSON, worker="worker-1", household_id=home
    )
    town.follow(came)
    town.clock.moment = china("2022-10-02 09:00")
    town.run_timers()
    return came


def taken_over(town: Trial, came: Event, version: int = 2) -> None:
    """As registration says it once the other community has accepted."""
    moved = arrival(
        came.subject,
        version=version,
        level="medium",
        left_on=date(2022, 9, 30),
        at=town.clock.now(),
        why=["address_changed", "details_added"],
        destination=THERE,
        worker="worker-9",
        person=PERSON,
        household_id=came.data["household_id"],
    )
    town.follow(moved)


def given(town: Trial) -> set[str]:
    """Who hears that they have tasks now which went along."""
    change = town.recorded("case.changed")[-1].data["change"]
    return {member["staff_id"] for member in change.get("given") or ()}


def doers(town: Trial, came: Event) -> set[str | None]:
    return {task["staff_id"] for task in town.tasks(came, *LIVE)}


def test_place_team_and_tasks_move_in_one_step_and_days_served_stay(town: Trial) -> None:
    one = came(town)
    [met] = [task for task in town.tasks(one, "due", "missed") if task["kind"] == "first_contact"]
    _report_task(town, {"task_id": met["task_id"], "outcome": "done"}, author=OFFICER)
    before = town.case(one)
    taken_over(town, one)
    case = town.case(one)
    kept = ("state", "measure", "days", "counted_from", "release_on", "opened_at")
    assert {name: case[name] for name in kept} == {name: before[name] for name in kept}
    assert (case["community"], case["owner"], case["moved_at"]) == ("c-2", "worker-9", town.clock.now())
    assert doers(town, one) <= {"worker-9", "nurse-9", "officer-9"}
    assert loads(town).keys() == {staff_id for _, staff_id in case["team"]}
    told = town.recorded("case.changed")[-1].data["change"]
    assert {"assigned", "handed_on", "door"} <= set(told["kinds"]), "both teams and the resident are told"
    assert told["previous_owner"]["staff_id"] == "worker-1"
    visitor = Visitor(DOOR, town.work)
    rows = {who: visitor.get(who, "/lists/open_cases").get_json()["rows"] for who in ("officer", "officer-9")}
    assert rows["officer"] == [] and [row["case_id"] for row in rows["officer-9"]] == [one.subject]
    changed = visitor.get("officer-9", "/lists/changed_cases", change="moved").get_json()["rows"]
    assert [row["case_id"] for row in changed] == [one.subject]
    assert town.audit()["balanced"]


def test_what_an_officer_has_to_decide_is_decided_where_they_are_now(town: Trial) -> None:
    one = came(town)
    times = {"begins": china("2022-10-03 08:00"), "ends": china("2022-10-03 12:00")}
    wanted = {"case_ids": [one.subject], "kind": "treatment", "where": "second hospital", "outings": [times]}
    permit = _request(town, wanted, author=LINK).result["permit_id"]
    assert decide(town, one, "transfer", place="Qilihe district").kind == "done"
    taken_over(town, one)
    tasks = {task["kind"]: task for task in town.tasks(one, "due") if task["about"]}
    assert {kind: task["staff_id"] for kind, task in tasks.items()} == {
        "decide_permit": "officer-9",
        "confirm_transfer": "officer-9",
        "see_silent": "worker-9",
    }
    visitor = Visitor(DOOR, town.work)
    for name in ("permits_to_decide", "transfers_to_confirm"):
        assert visitor.get("officer", f"/lists/{name}").get_json()["rows"] == []
        [row] = visitor.get("officer-9", f"/lists/{name}").get_json()["rows"]
        assert row["staff_id"] == "officer-9"
    assert given(town) == doers(town, one) - {"worker-9"} >= {"officer-9"}, "they hear of it, once"
    taken_over(town, one, 3)
    assert given(town) == set()
    said: dict[str, Any] = {"permit_id": permit, "decision": "granted", "expects": 0}
    assert _decide_permit(town, said, author=OFFICER).kind == "done"
    assert decide(town, one, "not_taken_over").kind == "done" and town.audit()["balanced"]


def test_one_of_a_household_moves_and_the_others_stay_with_one_link(town: Trial) -> None:
    home = new_id()
    one, other = came(town, home), came(town, home)
    taken_over(town, one)
    assert (town.case(one)["community"], town.case(other)["community"]) == ("c-2", "c-1")
    assert doers(town, other).isdisjoint({"worker-9", "nurse-9", "officer-9"})
    [links] = [row for row in town.rows(t.links) if row["household"] == home]
    assert sorted(links["cases"]) == sorted([one.subject, other.subject])
    assert town.audit()["balanced"]


def test_released_before_they_were_taken_over_nobody_is_asked_for_anything_there(town: Trial) -> None:
    one = came(town)
    decide(town, one, "cancel")
    before = town.case(one)
    taken_over(town, one)
    case = town.case(one)
    assert (case["state"], case["community"], case["team"]) == ("cancelled", "c-1", before["team"])
    assert town.tasks(one, *LIVE) == [] and loads(town) == {} and town.audit()["balanced"]


def test_taken_over_after_the_end_and_opened_again_they_are_followed_at_the_new_door(town: Trial) -> None:
    one = came(town)
    assert decide(town, one, "cancel").kind == "done"
    taken_over(town, one)
    assert town.case(one)["heard"]["community"] == "c-2"
    assert decide(town, one, "reopen").kind == "done"
    case = town.case(one)
    assert [case[name] for name in ("state", "community", "grid")] == ["open", "c-2", "g-9"]
    assert case["owner"] == "worker-9"
    assert case["heard"] is None and doers(town, one) <= {"worker-9", "nurse-9", "officer-9"}
    assert loads(town).keys() == {staff_id for _, staff_id in case["team"]}
    assert "assigned" in town.recorded("case.changed")[-1].data["change"]["kinds"]
    assert given(town) == doers(town, one) - {"worker-9"}
    assert town.audit()["balanced"]


def test_asked_and_taken_over_in_any_order_with_other_news_they_end_the_same(town: Trial) -> None:
    one, other = came(town), came(town)
    raised = {"level": "high", "left_on": date(2022, 9, 30), "person": PERSON}
    moved = {"destination": THERE, "worker": "worker-9"}
    # The newest version gives the facts, whichever comes first.
    town.follow(arrival(one.subject, version=2, **raised), arrival(one.subject, version=3, **raised, **moved))
    town.follow(arrival(other.subject, version=3, **raised, **moved))
    town.follow(arrival(other.subject, version=2, **raised))
    same = ("measure", "days", "release_on", "community", "grid", "owner")
    first, second = ({name: town.case(case)[name] for name in same} for case in (one, other))
    assert first == second and first["community"] == "c-2"
    assert doers(town, one) == doers(town, other) and town.audit()["balanced"]
