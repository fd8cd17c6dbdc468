"""Central isolation: a bed is held, they are fetched, admitted, and leave; no bed is given twice, no child is
moved alone, and nobody is forgotten on the way.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import text

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from contracts.faults import Refused
from field.scope import Scope
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.central import see_to_centres
from services.isolation.central.decide_move import decide_move
from services.isolation.central.import_centres import import_centres
from services.isolation.central.name_carer import name_carer
from services.isolation.central.settle_move import settle_move
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from tests.doors import Visitor
from tests.integration.isolation.saying import WORKER, command, speaking
from tests.integration.isolation.test_decisions import (
    OFFICER,
    PERSON,
    STREET,
    codes,
    decide,
    lines,
    live,
    loads,
    refuse,
    told,
)
from tests.integration.isolation.test_merged_cases import Two
from tests.integration.isolation.trial import CHINA, SEALER, Trial, arrival, china
from tests.waiting import eventually

_move = speaking(decide_move, "move.decided")
_name = speaking(name_carer, "carer.named")
_settle = speaking(settle_move, "move.settled")
_report_task = speaking(report_task, "task.reported")
_waive = speaking(waive_task, "task.waived")
NINE: Final = china("2022-10-01 09:00")
HEADER: Final = "centre_id,name,district,room,beds,families\n"
SITE: Final = HEADER + "site,雁白路隔离点,cg,101,1,no\nsite,雁白路隔离点,cg,102,3,yes\n"
ONE_BED: Final = HEADER + "site,雁白路隔离点,cg,101,1,no\n"
ADULT: Final = {"who": "adult", "dependants": "none"}


def comes(isolation: Trial, household: str | None = None) -> Event:
    came = arrival(new_id(), level="medium", left_on=date(2022, 9, 30), person=PERSON, household_id=household)
    isolation.follow(came)
    isolation.clock.moment = NINE
    return came


@pytest.fixture
def came(isolation: Trial) -> Event:
    isolation.do(import_centres, SITE)
    return comes(isolation)


def person(isolation: Trial, came: Event | str, **more: Any) -> dict[str, Any]:
    case_id = came if isinstance(came, str) else came.subject
    return {"case_id": case_id, "expects": isolation.case(case_id)["version"], **(more or ADULT)}


def move(isolation: Trial, *people: dict[str, Any], **more: Any) -> Outcome:
    how = {name: more.pop(name) for name in ("author", "scope") if name in more}
    data = {"people": list(people), "centre_id": "site", **more}
    return _move(isolation, data, **{"author": OFFICER, **how})


def moved(isolation: Trial, *people: dict[str, Any], **more: Any) -> list[str]:
    outcome = move(isolation, *people, **more)
    assert outcome.kind == "done", outcome
    return [one["move_id"] for one in outcome.result["moves"]]


def settle(
    isolation: Trial, move_id: str, outcome: str = "admitted", *, household: bool = False, **more: Any
) -> Outcome:
    data = {"move_id": move_id, "outcome": outcome, "with_household": household}
    return _settle(isolation, data, **{"author": OFFICER, **more})


def name(isolation: Trial, move_id: str, **more: Any) -> Outcome:
    how = {name: more.pop(name) for name in ("author", "scope") if name in more}
    return _name(isolation, {"move_id": move_id, **more}, **{"author": OFFICER, **how})


def states(isolation: Trial) -> list[str]:
    return sorted(row["state"] for row in isolation.rows(t.moves))


def listed(isolation: Trial, name: str, who: str = "officer") -> list[dict[str, Any]]:
    visitor = Visitor(DOOR, isolation.work)
    rows: list[dict[str, Any]] = visitor.get(who, f"/lists/{name}").get_json()["rows"]
    return rows


def beds(isolation: Trial) -> dict[str, tuple[int, int, int]]:
    """Room -> taken, held, free."""
    answer = Visitor(DOOR, isolation.work).look_up("officer", "centres").get_json()
    return {
        room["room_id"]: (room["taken"], room["held"], room["free"])
        for centre in answer["centres"]
        for room in centre["rooms"]
    }


def balanced(isolation: Trial) -> bool:
    with isolation.database.read() as conn:
        sums = handover.sums(conn, isolation.clock.today(CHINA))
    return bool(sums.balanced and isolation.audit()["balanced"])


def test_police_see_who_refuses_by_decision_and_whom_to_escort_and_nothing_of_their_health(
    isolation: Trial, came: Event
) -> None:
    case = {"case_id", "household_id", "street", "community", "grid", "name", "phone", "address"}
    refuse(isolation, came)
    assert listed(isolation, "decided_refusals", "police") == [], "nobody has decided it"
    decide(isolation, came, "refuse")
    [row] = listed(isolation, "decided_refusals", "police")
    assert row.keys() == case | {"decided_at"} and row["decided_at"].startswith("2022-10-01T09:00")
    assert (row["case_id"], row["name"]) == (came.subject, "某*")
    assert listed(isolation, "escorts", "police") == []
    [move_id] = moved(isolation, person(isolation, came))
    [row] = listed(isolation, "escorts", "police")
    assert row.keys() == case | {"move_id", "decided_at", "due_by", "centre", "room_id"}
    assert (row["move_id"], row["name"], row["centre"]) == (move_id, "某*", "雁白路隔离点")
    settle(isolation, move_id)
    assert listed(isolation, "escorts", "police") == listed(isolation, "decided_refusals", "police") == []


def test_a_bed_is_held_at_once_and_they_are_followed_here_until_they_are_admitted(
    isolation: Trial, came: Event
) -> None:
    refuse(isolation, came)
    assert decide(isolation, came, "refuse").kind == "done"
    [waits] = listed(isolation, "waiting_for_bed")
    assert (waits["case_id"], waits["kind"], waits["name"]) == (came.subject, "settle_refusal", "某*")
    [move_id] = moved(isolation, person(isolation, came), note="on insulin")
    assert beds(isolation) == {"101": (0, 1, 0), "102": (0, 0, 3)}
    assert listed(isolation, "waiting_for_bed") == []
    [on_the_way] = listed(isolation, "on_the_way")
    assert (on_the_way["move_id"], on_the_way["room_id"]) == (move_id, "101")
    case = isolation.case(came)
    assert (case["state"], case["closed_at"]) == ("refused", None)
    mine = {task["kind"]: task for task in isolation.tasks(came, "due") if task["about"] == move_id}
    assert mine.keys() == {"escort_to_site", "confirm_admission"}
    assert mine["confirm_admission"]["staff_id"] == "officer"
    assert mine["confirm_admission"]["due_by"] == NINE + timedelta(hours=12)
    assert mine["escort_to_site"]["staff_id"] and mine["escort_to_site"]["due_by"] == NINE + timedelta(
        hours=6
    )
    assert told(isolation)[-1] == ("refused", ["details", "central_decided"])
    assert "insulin" not in str([isolation.rows(one) for one in (t.moves, t.case_history, t.tasks)])
    assert balanced(isolation)

    assert settle(isolation, move_id, author=WORKER).kind == "done", "whoever fetched them says so"
    assert beds(isolation)["101"] == (1, 0, 0)
    case = isolation.case(came)
    assert (case["state"], case["closed_at"], case["plan_next"]) == ("moved_to_central", NINE, None)
    assert live(isolation, came) == [] and loads(isolation) == {}
    assert told(isolation)[-1] == ("moved_to_central", ["moved_to_central"])
    assert lines(isolation, came)[-1]["what"] == "moved_to_central"
    assert listed(isolation, "on_the_way") == []
    [there] = listed(isolation, "in_centres")
    assert (there["move_id"], there["carer_gone"]) == (move_id, False)
    isolation.until_done(plan_again)
    assert states(isolation) == ["admitted"] and balanced(isolation)


@pytest.mark.parametrize(
    ("decision", "state"),
    [("reopen", "open"), ("move_to_hospital", "moved_to_hospital"), ("release", "released")],
)
def test_whoever_leaves_the_centre_goes_home_to_hospital_or_is_released_and_the_bed_is_free(
    isolation: Trial, came: Event, decision: str, state: str
) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    settle(isolation, move_id)
    assert codes(decide(isolation, came, "release")) == ("conflict", ["held_by_days"]), "not before its days"
    before = isolation.case(came)["release_on"]
    isolation.clock.moment = china("2022-10-08 09:00")
    assert decide(isolation, came, decision).kind == "done"
    case = isolation.case(came)
    assert (case["state"], case["release_on"]) == (state, before)
    assert (case["closed_at"] is None) == (decision == "reopen")
    assert beds(isolation)["101"] == (0, 0, 1) and listed(isolation, "in_centres") == []
    [row] = isolation.rows(t.moves)
    assert (row["state"], row["ended_as"], row["settled_by"]) == ("left", decision, OFFICER.source)
    if decision == "reopen":
        assert live(isolation, came), "what is left of the measure is asked for at home"
        assert moved(isolation, person(isolation, came)), "and they may be moved once more"
    assert balanced(isolation)


def test_not_admitted_in_time_somebody_hears_of_it_and_taken_back_the_bed_is_free_and_an_officer_decides_anew(
    isolation: Trial, came: Event
) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    isolation.clock.moment = NINE + timedelta(hours=24)
    isolation.do(find_overdue)
    overdue = {e.data["kind"] for e in isolation.recorded("task.overdue")}
    assert "confirm_admission" in overdue, "past the term somebody hears of it"
    now = isolation.clock.now()
    assert settle(isolation, move_id, outcome="taken_back").kind == "done"
    assert beds(isolation)["101"] == (0, 0, 1) and states(isolation) == ["taken_back"]
    assert not {"confirm_admission", "escort_to_site"} & set(live(isolation, came))
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "settle_central"]
    assert (task["staff_id"], task["due_by"]) == ("officer", now + timedelta(hours=4))
    assert told(isolation)[-1] == ("open", ["details", "central_taken_back"])
    [waits] = listed(isolation, "waiting_for_bed")
    assert (waits["kind"], waits["task_id"]) == ("settle_central", task["task_id"])
    assert codes(settle(isolation, move_id)) == ("conflict", ["not_on_the_way"])
    assert moved(isolation, person(isolation, came)), "decided anew"
    assert listed(isolation, "waiting_for_bed") == [] and balanced(isolation)


def test_no_bed_is_free_so_the_proposal_stays_with_its_clock_and_says_what_is_free(isolation: Trial) -> None:
    isolation.do(import_centres, ONE_BED)
    first, second = comes(isolation), comes(isolation)
    refuse(isolation, second)
    decide(isolation, second, "refuse")
    moved(isolation, person(isolation, first))
    outcome = move(isolation, person(isolation, second))
    assert codes(outcome) == ("conflict", ["no_bed"]) and "no bed is free" in outcome.faults[0].message
    assert [row["case_id"] for row in listed(isolation, "waiting_for_bed")] == [second.subject]
    isolation.do(import_centres, HEADER + "other,九州隔离点,cg,7,1,no\n")
    outcome = move(isolation, person(isolation, second))
    assert "九州隔离点: room 7 has 1" in outcome.faults[0].message
    assert codes(move(isolation, person(isolation, second), centre_id="other", room_id="8"))[1] == ["no_bed"]
    assert moved(isolation, person(isolation, second), centre_id="other", room_id="7")
    assert listed(isolation, "waiting_for_bed") == [] and balanced(isolation)


@pytest.mark.postgresql
def test_two_officers_cannot_give_the_last_bed_twice(on_postgresql: Trial) -> None:
    isolation = on_postgresql
    isolation.do(import_centres, ONE_BED)
    people = [person(isolation, comes(isolation)) for _ in range(6)]
    with ThreadPoolExecutor(6) as officers:
        outcomes = list(officers.map(lambda one: move(isolation, one), people))
    assert sorted(outcome.kind for outcome in outcomes) == [*["conflict"] * 5, "done"]
    assert beds(isolation) == {"101": (0, 1, 0)} and balanced(isolation)


def test_one_batch_gives_the_last_bed_once(isolation: Trial) -> None:
    isolation.do(import_centres, ONE_BED)
    first, second = comes(isolation), comes(isolation)
    outcomes = [move(isolation, person(isolation, one)) for one in (first, second)]
    assert [outcome.kind for outcome in outcomes] == ["done", "conflict"]


def family(isolation: Trial) -> tuple[dict[str, Any], dict[str, Any]]:
    """A mother and her child."""
    household = new_id()
    mother, child = comes(isolation, household), comes(isolation, household)
    return (
        person(isolation, mother, who="adult", dependants="come_along"),
        person(isolation, child, who="child", carer=mother.subject),
    )


def test_a_child_goes_with_its_carer_into_one_room_and_neither_without_the_other(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    mother, child = family(isolation)
    case_ids = [mother["case_id"], child["case_id"]]
    assert codes(move(isolation, {**child, "carer": None})) == ("invalid", ["needs_carer"])
    assert codes(move(isolation, child)) == ("invalid", ["no_such_carer"])
    assert codes(move(isolation, {**mother, "dependants": None})) == ("invalid", ["missing"])
    assert codes(move(isolation, {**mother, "dependants": "minded"})) == ("invalid", ["missing"])
    stranger = comes(isolation)
    assert codes(move(isolation, mother, person(isolation, stranger)))[1] == ["other_household"]
    assert codes(move(isolation, mother, mother)) == ("invalid", ["named_twice"])
    assert states(isolation) == []
    _, its = moved(isolation, mother, child)
    assert {row["room_id"] for row in isolation.rows(t.moves)} == {"102"}
    assert codes(settle(isolation, its)) == ("conflict", ["carer_not_there"])
    assert settle(isolation, its, household=True).kind == "done"
    assert [isolation.case(id)["state"] for id in case_ids] == ["moved_to_central"] * 2
    isolation.clock.moment = china("2022-10-05 09:00")
    events = [arrival(id) for id in case_ids]
    for decision in ("release", "reopen"):
        assert codes(decide(isolation, events[0], decision))[1] == ["leaves_somebody_alone"]
    assert decide(isolation, events[0], "move_to_hospital").kind == "done", "an illness does not wait"
    [there] = listed(isolation, "in_centres")
    assert there["case_id"] == case_ids[1] and there["carer_gone"] is True
    assert isolation.until_done(plan_again) == 1 and isolation.until_done(plan_again) == 0
    [task] = isolation.tasks(case_ids[1], "due")
    assert (task["kind"], task["staff_id"]) == ("name_carer", "officer")
    assert task["due_by"] == isolation.clock.now() + timedelta(hours=1)
    isolation.clock.advance(hours=1, minutes=1)
    isolation.do(find_overdue)
    assert "name_carer" in {e.data["kind"] for e in isolation.recorded("task.overdue")}
    found = {"task_id": task["task_id"], "outcome": "done", "note": "her aunt is with her"}
    assert codes(_report_task(isolation, found, author=OFFICER))[1] == ["ends_by_decision"]
    aunt = {"carer_named": "her aunt Ma Yulan, 13909310127", "dependants": "minded", "minded_by": "uncle Ma"}
    assert codes(name(isolation, its)) == ("invalid", ["needs_carer"])
    assert codes(name(isolation, its, carer_named="aunt Ma")) == ("invalid", ["missing"])
    assert codes(name(isolation, its, **{**aunt, "minded_by": None})) == ("invalid", ["missing"])
    assert codes(name(isolation, its, carer=case_ids[0])) == ("invalid", ["no_such_carer"]), "she has gone"
    named = name(isolation, its, **aunt)
    assert (named.kind, named.result["room_id"], beds(isolation)["102"]) == ("done", "102", (2, 0, 1))
    assert (
        isolation.tasks(case_ids[1], "due") == [] and lines(isolation, events[1])[-1]["what"] == "carer_named"
    )
    assert listed(isolation, "in_centres")[0]["carer_gone"] is False
    written = str([isolation.rows(one) for one in (t.moves, t.case_history, t.tasks)])
    assert not [said for said in ("aunt", "Yulan", "13909310127") if said in written]
    assert isolation.until_done(plan_again) == 0 and balanced(isolation), "once"
    isolation.clock.moment = china("2022-10-08 09:00")
    assert isolation.until_done(plan_again) == 1
    assert live(isolation, events[1]) == ["leave_central"]
    assert decide(isolation, events[1], "reopen").kind == "done" and balanced(isolation)
    assert "leave_central" not in live(isolation, events[1])


def test_another_carer_who_is_there_has_the_child_in_their_room_or_it_is_said_that_they_stay_apart(
    isolation: Trial,
) -> None:
    isolation.do(import_centres, SITE)
    mother, child = family(isolation)
    household = isolation.case(mother["case_id"])["household_id"]
    father, uncle = (comes(isolation, household) for _ in range(2))
    hers, its = moved(isolation, mother, child)
    settle(isolation, hers, household=True)
    [his] = moved(isolation, person(isolation, father), room_id="101")
    assert codes(name(isolation, its, carer=father.subject)) == ("invalid", ["no_such_carer"]), "on the way"
    settle(isolation, his)
    assert codes(name(isolation, hers, carer=father.subject)) == ("conflict", ["needs_no_carer"])
    assert codes(name(isolation, its, carer=uncle.subject)) == ("invalid", ["no_such_carer"]), "at home"
    refused = name(isolation, its, carer=father.subject)
    assert codes(refused) == ("conflict", ["apart_from_carer"])
    assert "room 101" in refused.faults[0].message and "room 102 has 1" in refused.faults[0].message
    assert name(isolation, its, carer=father.subject, apart=True).result["room_id"] == "102"
    assert codes(decide(isolation, father, "reopen"))[1] == ["leaves_somebody_alone"], "he is the carer now"
    more = HEADER + "site,雁白路隔离点,cg,101,2,no\nsite,雁白路隔离点,cg,102,3,yes\n"
    isolation.do(import_centres, more)
    assert name(isolation, its, carer=father.subject).result["room_id"] == "101"
    assert beds(isolation) == {"101": (2, 0, 0), "102": (1, 0, 2)}
    assert codes(name(isolation, its, carer_named="aunt", dependants="none"))[0] == "done", "with a bed"
    assert beds(isolation) == {"101": (1, 0, 1), "102": (3, 0, 0)}, "in the room of theirs that has two"
    assert name(isolation, its, carer_named="nurse", dependants="none", takes_bed=False).kind == "done"
    assert beds(isolation)["102"] == (2, 0, 1) and balanced(isolation)


@pytest.mark.postgresql
def test_a_carer_who_leaves_while_somebody_is_put_in_their_care_stays(on_postgresql: Trial) -> None:
    isolation = on_postgresql
    isolation.do(import_centres, SITE)
    mother, child = family(isolation)
    father = comes(isolation, isolation.case(mother["case_id"])["household_id"])
    _, its, _ = moved(isolation, mother, child, person(isolation, father))
    settle(isolation, its, household=True)
    his = {"move_id": its, "carer": father.subject}
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    with ThreadPoolExecutor(1) as beside:
        with isolation.work.unit() as uow:
            [named] = name_carer(uow, [command(isolation, "carer.named", his, author=OFFICER)])
            leaves = beside.submit(decide, isolation, father, "reopen")
            assert eventually(lambda: leaves.done() or uow.conn.execute(waiting).scalar_one())
        assert named.kind == "done"
        assert codes(leaves.result(timeout=10)) == ("conflict", ["leaves_somebody_alone"])
    assert balanced(isolation)


def test_a_child_has_the_room_of_a_carer_who_is_there_or_it_is_said_that_they_stay_apart(
    isolation: Trial,
) -> None:
    isolation.do(import_centres, SITE)
    mother, child = family(isolation)
    moved(isolation, {**mother, "dependants": "minded", "minded_by": "her sister"}, room_id="101")
    refused = move(isolation, child)
    assert codes(refused) == ("conflict", ["apart_from_carer"])
    [fault] = refused.faults
    assert "room 101" in fault.message and "room 102 has 3" in fault.message
    isolation.do(import_centres, SITE.replace("101,1", "101,2"))
    assert codes(move(isolation, child, room_id="102")) == ("conflict", ["apart_from_carer"])
    [its] = moved(isolation, child)
    assert beds(isolation) == {"101": (0, 2, 0), "102": (0, 0, 3)}
    settle(isolation, its, outcome="taken_back")
    child = person(isolation, child["case_id"], who="child", carer=mother["case_id"], apart=True)
    moved(isolation, child, room_id="102")
    assert beds(isolation) == {"101": (0, 1, 1), "102": (0, 1, 2)} and balanced(isolation)


def test_somebody_who_has_no_case_goes_along_with_a_child_and_has_a_bed(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    child = person(isolation, comes(isolation), who="child", carer_named="grandmother Wang, 13909311234")
    [move_id] = moved(isolation, child)
    assert beds(isolation)["102"] == (0, 2, 1)
    assert "Wang" not in str(isolation.rows(t.moves)) and "Wang" in str(
        SEALER.unseal(isolation.rows(t.moves)[0]["said"], "person")
    )
    assert settle(isolation, move_id).kind == "done" and balanced(isolation)


def test_where_no_centre_is_registered_they_are_moved_as_before_and_else_with_a_bed(isolation: Trial) -> None:
    first, second = comes(isolation), comes(isolation)
    assert decide(isolation, first, "move_to_central").kind == "done"
    isolation.do(import_centres, ONE_BED)
    assert codes(decide(isolation, second, "move_to_central")) == ("conflict", ["choose_a_bed"])
    isolation.do(import_centres, HEADER + "site,雁白路隔离点,cg,101,0,no\n")
    assert decide(isolation, second, "move_to_central").kind == "done", "a closed room is none"
    assert balanced(isolation)


@pytest.mark.parametrize("ends", ["cancel", "move_to_hospital"])
def test_their_case_ends_otherwise_on_the_way_and_the_bed_is_given_back(
    isolation: Trial, came: Event, ends: str
) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    assert decide(isolation, came, ends).kind == "done"
    assert beds(isolation)["101"] == (0, 0, 1) and states(isolation) == ["let_go"]
    assert codes(settle(isolation, move_id)) == ("conflict", ["not_on_the_way"])
    assert decide(isolation, came, "reopen").kind == "done"
    isolation.until_done(plan_again)
    assert "confirm_admission" not in live(isolation, came) and balanced(isolation)


def test_news_of_the_arrival_end_it_and_the_bed_is_given_back(isolation: Trial, came: Event) -> None:
    moved(isolation, person(isolation, came))
    isolation.follow(arrival(came.subject, version=2, not_coming=True, why=["called_off"], person=PERSON))
    assert isolation.do(plan_again) == 1 and isolation.do(plan_again) == 0
    assert beds(isolation)["101"] == (0, 0, 1) and states(isolation) == ["let_go"]
    assert live(isolation, came) == [] and balanced(isolation)


def taken_back(isolation: Trial, move_id: str) -> None:
    assert settle(isolation, move_id, outcome="taken_back").kind == "done"


def nothing(_isolation: Trial, _move_id: str) -> None:
    """The bed stays held."""


@pytest.mark.parametrize(("then", "kind"), [(nothing, "confirm_admission"), (taken_back, "settle_central")])
def test_it_goes_on_with_the_case_that_goes_on_for_theirs(
    isolation: Trial, then: Callable[[Trial, str], None], kind: str
) -> None:
    isolation.do(import_centres, SITE)
    two = Two(isolation).both_come()
    [move_id] = moved(isolation, person(isolation, two.ends))
    then(isolation, move_id)
    two.merge()
    assert kind in two.live(two.goes_on), "an officer of theirs has it"
    assert two.live(two.goes_on).count("escort_to_site") == (then is nothing), "they are fetched still"
    assert codes(move(isolation, person(isolation, two.goes_on)))[1] == (
        ["has_a_bed"] if then is nothing else []
    )
    if then is nothing:
        assert [row["case_id"] for row in listed(isolation, "on_the_way")] == [two.goes_on]
        assert settle(isolation, move_id).kind == "done"
        assert isolation.case(two.goes_on)["state"] == "moved_to_central"
    assert balanced(isolation)


def one_is_there(isolation: Trial) -> Two:
    """They are admitted, and go on as another case then."""
    isolation.do(import_centres, SITE)
    two = Two(isolation).both_come()
    settle(isolation, *moved(isolation, person(isolation, two.ends)))
    two.merge()
    two.timers()
    return two


def test_whoever_is_there_and_goes_on_as_another_case_keeps_the_bed_and_is_not_followed_at_home(
    isolation: Trial,
) -> None:
    two = one_is_there(isolation)
    assert isolation.case(two.goes_on)["state"] == "moved_to_central" and two.live(two.goes_on) == []
    assert beds(isolation)["101"] == (1, 0, 0) and states(isolation) == ["admitted"]
    isolation.clock.moment = china("2022-10-20 09:00")
    isolation.until_done(plan_again)
    assert two.live(two.goes_on) == ["leave_central"] and two.live(two.ends) == []
    assert decide(isolation, arrival(two.goes_on), "release").kind == "done"
    assert beds(isolation)["101"] == (0, 0, 1) and balanced(isolation)
    isolation.clock.advance(minutes=1)
    two.make_two()
    assert isolation.case(two.ends)["state"] == "released"
    assert two.ends in {row["case_id"] for row in isolation.rows(t.codes_to_set_back)}, "gates stop them, too"


def test_two_again_one_is_in_the_centre_and_the_other_is_followed_at_home(
    isolation: Trial,
) -> None:
    two = one_is_there(isolation)
    before = isolation.case(two.goes_on)["version"]
    isolation.clock.advance(minutes=1)
    two.make_two()
    assert isolation.case(two.ends)["state"] == "moved_to_central" and states(isolation) == ["admitted"]
    assert isolation.case(two.goes_on)["state"] == "open" and two.live(two.goes_on, planned=True)
    assert isolation.case(two.goes_on)["version"] == before + 1 and balanced(isolation)


def test_whoever_comes_home_while_a_timer_looks_stays_there(
    on_postgresql: Trial, monkeypatch: pytest.MonkeyPatch
) -> None:
    isolation, look = on_postgresql, see_to_centres._take
    two = one_is_there(isolation)

    def later(*args: Any) -> set[str]:
        monkeypatch.setattr(see_to_centres, "_take", look)
        assert decide(isolation, arrival(two.goes_on), "reopen", because="came_back").kind == "done"
        return look(*args)

    monkeypatch.setattr(see_to_centres, "_take", later)
    isolation.do(plan_again)
    assert isolation.case(two.goes_on)["state"] == "open" and states(isolation) == ["left"]
    assert balanced(isolation)


def test_its_tasks_end_by_no_report_and_it_is_done_by_whoever_answers_for_them(
    isolation: Trial, came: Event
) -> None:
    assert codes(move(isolation, {**person(isolation, came), "expects": 9})) == ("conflict", ["conflict"])
    assert move(isolation, person(isolation, came), centre_id="none").kind == "unknown"
    elsewhere = Scope(frozenset({"another"}))
    assert move(isolation, person(isolation, came), scope=elsewhere).kind == "unknown"
    [move_id] = moved(isolation, person(isolation, came))
    assert codes(move(isolation, person(isolation, came))) == ("conflict", ["has_a_bed"])
    assert settle(isolation, move_id, scope=elsewhere).kind == "unknown"
    assert settle(isolation, new_id()).kind == "unknown"
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "confirm_admission"]
    reported = _report_task(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    assert codes(reported) == ("not_allowed", ["ends_by_decision"])
    waived = {"task_id": task["task_id"], "expects": 0, "reason": "they will call"}
    assert codes(_waive(isolation, waived, author=STREET)) == ("not_allowed", ["ends_by_decision"])
    [escort] = [one for one in isolation.tasks(came, "due") if one["kind"] == "escort_to_site"]
    fetched = {"task_id": escort["task_id"], "outcome": "done"}
    assert _report_task(isolation, fetched, author=WORKER).kind == "done"
    assert listed(isolation, "on_the_way"), "fetched is not admitted"
    settle(isolation, move_id)
    assert codes(move(isolation, person(isolation, came))) == ("conflict", ["not_in_this_state"])
    shown = Visitor(DOOR, isolation.work).get("officer", f"/move/{move_id}").get_json()
    assert (shown["centre"], shown["room_id"], shown["stands"]) == ("雁白路隔离点", "101", "admitted")


def test_whoever_the_measure_sends_there_is_fetched_once(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    came = arrival(level="high", person=PERSON)
    isolation.follow(came)
    before = live(isolation, came)
    assert "escort_to_site" in before
    [move_id] = moved(isolation, person(isolation, came))
    assert sorted(live(isolation, came)) == sorted([*before, "confirm_admission"])
    taken_back(isolation, move_id)
    assert live(isolation, came).count("escort_to_site") == 1, "the measure asks for it still"


def test_centres_are_imported_whole_and_no_bed_is_taken_from_anybody(isolation: Trial, came: Event) -> None:
    moved(isolation, person(isolation, came))
    assert isolation.do(import_centres, SITE) == {"rows": 2, "new": 0, "changed": 0, "unchanged": 2}
    with pytest.raises(Refused) as caught:
        isolation.do(import_centres, SITE.replace("101,1", "101,0"))
    assert [fault.code for fault in caught.value.faults] == ["in_use"]
    more = SITE.replace("102,3", "102,4") + "site,雁白路隔离点,cg,103,2,no\n"
    assert isolation.do(import_centres, more) == {"rows": 3, "new": 1, "changed": 1, "unchanged": 1}
    assert beds(isolation) == {"101": (0, 1, 0), "102": (0, 0, 4), "103": (0, 0, 2)}


def test_workers_see_no_list_of_it(isolation: Trial, came: Event) -> None:
    visitor = Visitor(DOOR, isolation.work)
    [move_id] = moved(isolation, person(isolation, came))
    for name in ("waiting_for_bed", "on_the_way", "in_centres"):
        assert visitor.get("worker-1", f"/lists/{name}").status_code == 403
    assert visitor.get("worker-1", f"/move/{move_id}").status_code == 403
    assert settle(isolation, move_id, author=Author("staff", "/console/nurse", "nurse")).kind == "done"
