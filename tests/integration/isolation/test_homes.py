"""A home that does not suit leads to central isolation or another home; whom the policy names may stay."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import permutations
from typing import Any

from chassis.commands.command import Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.central.import_centres import import_centres
from services.isolation.central.report_home import report_home
from services.isolation.door import DOOR
from services.isolation.tasks.report_task import report_task
from tests.doors import Visitor
from tests.integration.isolation.saying import WORKER, command, say_all, speaking
from tests.integration.isolation.test_central import SITE, moved, person
from tests.integration.isolation.test_decisions import OFFICER
from tests.integration.isolation.test_merged_cases import Two
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

_report = speaking(report_home, "home.reported")
_report_task = speaking(report_task, "task.reported")
NINE = china("2022-10-01 09:00")
NO_TOILET = ["own_toilet"]


def family(isolation: Trial, *levels: str) -> list[Event]:
    household = new_id()
    people = [arrival(level=level, household_id=household) for level in levels]
    isolation.follow(*people)
    return people


def said(
    people: list[Event], groups: tuple[str | None, ...], lacks: list[str], **more: Any
) -> dict[str, Any]:
    each = [
        {"case_id": came.data["arrival_id"], "group": group, "carer": "the grandmother" if group else None}
        for came, group in zip(people, groups, strict=True)
    ]
    return {"people": each, "lacks": lacks, "at": NINE} | more


def reported(isolation: Trial, *given: Any, **more: Any) -> Outcome:
    return _report(isolation, said(*given, **more), author=WORKER)


def homes(isolation: Trial, came: Event) -> list[str]:
    return [task["state"] for task in isolation.tasks(came) if task["kind"] == "settle_home"]


def test_an_officer_decides_where_they_go_and_whom_the_policy_names_stays(isolation: Trial) -> None:
    mother, child = family(isolation, "medium", "medium")
    assert reported(isolation, [mother, child], (None, "under_14"), NO_TOILET).kind == "done"
    assert (homes(isolation, mother), homes(isolation, child)) == (["due"], [])
    [task] = [one for one in isolation.tasks(mother) if one["kind"] == "settle_home"]
    assert (task["role"], task["staff_id"]) == ("community_officer", "officer")
    assert task["due_by"] == isolation.clock.now() + timedelta(hours=4)
    [line] = Visitor(DOOR, isolation.work).get("officer", "/lists/waiting_for_bed").get_json()["rows"]
    assert (line["kind"], line["case_id"]) == ("settle_home", mother.data["arrival_id"])
    [of_child] = [
        row["detail"]
        for row in isolation.rows(t.case_history)
        if row["what"] == "home" and row["case_id"] == child.data["arrival_id"]
    ]
    assert (of_child["lacks"], of_child["group"], of_child["stays"]) == (NO_TOILET, "under_14", True)
    assert SEALER.unseal(of_child["note"], "note") == "the grandmother"
    story = Visitor(DOOR, isolation.work).get("officer", f"/case_story/{child.data['arrival_id']}").get_json()
    [shown] = [one for one in story["history"] if one["what"] == "home"]
    assert shown["with"] == {"lacks": NO_TOILET, "group": "under_14", "stays": True} and shown["note"]
    door, id = Visitor(DOOR, isolation.work), child.data["arrival_id"]
    assert door.get("officer", f"/case/{id}").json["home_carer"] == story["home_carer"] == "****"
    assert door.reveal("officer", "case", id, "to call them").json["home_carer"] == "the grandmother"
    assert door.get("officer", f"/case/{mother.data['arrival_id']}").json["home_carer"] is None
    page = door.look_up("worker-1", "my_household", household=child.data["household_id"])
    assert {one["case_id"]: one["home_carer"] for one in page.json["people"]}[id] == "the grandmother"
    another_home = {"task_id": task["task_id"], "outcome": "done"}
    assert _report_task(isolation, another_home, author=OFFICER).kind == "done"
    assert isolation.audit()["balanced"]


def test_whom_else_a_home_concerns_and_who_stays_nowhere_alone(isolation: Trial) -> None:
    """Who is to go to central isolation may stay where the policy says so; who may go out is free."""
    man, old = family(isolation, "high", "high")
    assert reported(isolation, [man, old], (None, "aged"), []).kind == "done"
    assert (homes(isolation, man), homes(isolation, old)) == ([], ["due"])
    [free] = family(isolation, "low")
    assert reported(isolation, [free], (None,), NO_TOILET).kind == "done"
    assert homes(isolation, free) == []
    child = family(isolation, "medium")
    data = said(child, ("under_14",), NO_TOILET)
    data["people"][0]["carer"] = " "
    outcome = _report(isolation, data, author=WORKER)
    assert [(fault.where, fault.code) for fault in outcome.faults] == [("people[0].carer", "needs_carer")]
    assert {row["case_id"] for row in isolation.rows(t.case_history) if row["what"] == "home"} == {
        came.data["arrival_id"] for came in (man, old, free)
    }


def test_what_was_seen_last_counts_in_whatever_order_it_comes(isolation: Trial) -> None:
    isolation.clock.moment = china("2022-10-01 12:00")
    seen = enumerate((NO_TOILET, [], ["own_room", "own_toilet"]))
    for order in permutations([(NINE + timedelta(minutes=number), lacks) for number, lacks in seen]):
        people = family(isolation, "medium")
        commands = [
            command(isolation, "home.reported", said(people, (None,), lacks, at=at), author=WORKER)
            for at, lacks in order
        ]
        for one in (*commands, *commands):
            assert [outcome.kind for outcome in say_all(isolation, report_home, [one])] == ["done"]
        assert homes(isolation, people[0]).count("due") == 1
        [case_id] = [came.data["arrival_id"] for came in people]
        lines = [row for row in isolation.rows(t.case_history) if row["case_id"] == case_id]
        assert [row["what"] for row in lines].count("home") == 3
    assert isolation.audit()["balanced"]


def test_the_officers_task_goes_along_with_the_case_that_goes_on_and_comes_back_with_it(
    isolation: Trial,
) -> None:
    two = Two(isolation)
    medium = {"level": "medium", "left_on": date(2022, 9, 30)}
    isolation.follow(two.news(two.ends, **medium), two.news(two.goes_on, **medium))
    data = {"people": [{"case_id": two.ends, "group": None, "carer": None}], "lacks": NO_TOILET, "at": NINE}
    assert _report(isolation, data, author=WORKER).kind == "done"
    two.merge(**medium)
    assert two.live(two.goes_on).count("settle_home") == 1 and two.live(two.ends) == []
    isolation.follow(two.news(two.ends, why=["not_the_same"], **medium))
    two.timers()
    assert "settle_home" in two.live(two.ends) and "settle_home" not in two.live(two.goes_on)
    two.merge(**medium)
    two.done(two.goes_on, "settle_home")
    isolation.follow(two.news(two.ends, why=["not_the_same"], **medium))
    two.merge(**medium)
    assert "settle_home" not in two.live(two.goes_on), "an officer has decided"
    assert isolation.audit()["balanced"]


def test_no_officer_is_asked_of_whoever_has_a_bed_or_is_kept_in_no_more(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    [away], [free] = family(isolation, "medium"), family(isolation, "medium")
    moved(isolation, person(isolation, away))
    for one in (away, free):
        assert reported(isolation, [one], (None,), NO_TOILET).kind == "done"
    assert (homes(isolation, away), homes(isolation, free)) == ([], ["due"])
    isolation.follow(arrival(free.subject, version=2, level="low", left_on=date(2022, 9, 30)))
    assert (isolation.case(free)["measure"], homes(isolation, free)) == ("self_monitoring", ["cancelled"])
    assert isolation.audit()["balanced"]
