"""Beds in central isolation of people who have two cases, and of those of whom something went wrong: whatever
the order, no bed stays held for nobody, and nobody is forgotten.
"""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import event

from chassis.commands.command import Author
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.central.carers import adults_there
from services.isolation.central.import_centres import import_centres
from services.isolation.central.settle_move import settle_move
from services.isolation.households.plan_again import plan_again
from services.isolation.tasks.report_task import report_task
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_central import (
    SITE,
    balanced,
    beds,
    came,
    comes,
    family,
    listed,
    moved,
    one_is_there,
    person,
    settle,
)
from tests.integration.isolation.test_decisions import OFFICER, codes, decide, live, told
from tests.integration.isolation.test_merged_cases import Two
from tests.integration.isolation.trial import CHINA, Trial, arrival

__all__ = ["came"]
report = speaking(report_task, "task.reported")
say_settled = speaking(settle_move, "move.settled")


def test_two_beds_of_one_person_are_one_taken_and_one_given_back(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    two = Two(isolation).both_come()
    [first] = moved(isolation, person(isolation, two.ends))
    [second] = moved(isolation, person(isolation, two.goes_on))
    two.merge()
    assert settle(isolation, second).kind == "done"
    isolation.until_done(plan_again)
    stand = {row["move_id"]: row["state"] for row in isolation.rows(t.moves)}
    assert stand == {first: "let_go", second: "admitted"}
    assert sum(held for _, held, _ in beds(isolation).values()) == 0
    assert listed(isolation, "on_the_way") == [] and balanced(isolation)


@pytest.mark.parametrize("then", ["move_to_hospital", "they_are_two"])
def test_whoever_goes_on_as_another_case_is_the_carer_under_both(isolation: Trial, then: str) -> None:
    isolation.do(import_centres, SITE)
    two, household = Two(isolation), new_id()
    isolation.follow(*(two.news(id, household_id=household) for id in (two.ends, two.goes_on)))
    child = comes(isolation, household).subject
    mother = person(isolation, two.ends, who="adult", dependants="come_along")
    first, its = moved(isolation, mother, person(isolation, child, who="child", carer=two.ends))
    [second] = moved(isolation, person(isolation, two.goes_on), room_id="101")
    two.merge(household_id=household)
    assert codes(settle(isolation, second)) == ("conflict", ["in_their_care"])
    assert codes(settle(isolation, its)) == ("conflict", ["carer_not_there"])
    assert settle(isolation, second, household=True).kind == "done", "they are there under the other case"
    isolation.until_done(plan_again)
    assert {row["move_id"]: row["state"] for row in isolation.rows(t.moves)}[first] == "let_go"
    assert [row["carer_gone"] for row in listed(isolation, "in_centres") if row["move_id"] == its] == [False]
    assert live(isolation, child) == []
    goes_on = arrival(two.goes_on)
    assert codes(decide(isolation, goes_on, "reopen"))[1] == ["leaves_somebody_alone"]
    if then == "move_to_hospital":
        assert decide(isolation, goes_on, then).kind == "done"
        isolation.until_done(plan_again)
    else:
        isolation.follow(two.news(two.ends, why=["not_the_same"], household_id=household))
        two.timers()
    assert live(isolation, child) == ["name_carer"]
    assert [row["carer_gone"] for row in listed(isolation, "in_centres") if row["move_id"] == its] == [True]
    assert balanced(isolation)


def test_what_is_to_be_planned_again_is_found_by_its_index_and_not_among_all_tasks(
    isolation: Trial, came: Event
) -> None:
    moved(isolation, person(isolation, came))
    said: list[tuple[str, Any]] = []

    def hear(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "FROM moves JOIN tasks" in statement or "FROM tasks JOIN moves" in statement:
            said.append((statement, parameters))

    event.listen(isolation.database.engine, "before_cursor_execute", hear)
    isolation.do(plan_again)
    event.remove(isolation.database.engine, "before_cursor_execute", hear)
    [(statement, parameters)] = said
    if isolation.database.engine.dialect.name != "sqlite":
        return  # PostgreSQL goes by what it counted in its tables
    with isolation.database.read() as conn:
        plan = str([row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)])
    assert "moves_to_settle" in plan and "SCAN" not in plan


def test_the_adults_of_a_household_are_found_by_its_cases_and_not_among_all_beds(isolation: Trial) -> None:
    said: list[tuple[str, Any]] = []

    def hear(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "FROM moves" in statement:
            said.append((statement, parameters))

    isolation.do(import_centres, SITE)
    came = comes(isolation, new_id())
    moved(isolation, person(isolation, came))
    event.listen(isolation.database.engine, "before_cursor_execute", hear)
    with isolation.database.read() as conn:
        found = adults_there(conn, isolation.case(came)["household_id"])
    event.remove(isolation.database.engine, "before_cursor_execute", hear)
    assert [(one.case_id, one.room_id) for one in found] == [(came.subject, "101")]
    [(statement, parameters)] = said
    if isolation.database.engine.dialect.name == "sqlite":
        with isolation.database.read() as conn:
            steps = conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        assert "SCAN cases" not in str(steps) and "SCAN moves" not in str(steps), steps


@pytest.mark.parametrize("who", ["worker-1", "police", "nurse"])
def test_whoever_fetches_them_says_that_they_are_there_and_takes_no_decision_back(
    isolation: Trial, came: Event, who: str
) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    author = Author("staff", f"/console/{who}", who)
    outcome = settle(isolation, move_id, outcome="taken_back", author=author)
    assert codes(outcome) == ("not_allowed", ["not_by_this_author"])
    assert [row["state"] for row in isolation.rows(t.moves)] == ["decided"]
    assert settle(isolation, move_id, author=author).kind == "done"


def test_a_carer_is_not_admitted_while_a_child_in_their_care_is_on_the_way(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    mother, child = family(isolation)
    hers, its = moved(isolation, mother, child)
    assert codes(settle(isolation, hers)) == ("conflict", ["in_their_care"])
    assert isolation.case(mother["case_id"])["closed_at"] is None, "she is followed with her child"
    assert settle(isolation, its, outcome="taken_back").kind == "done"
    assert settle(isolation, hers).kind == "done" and balanced(isolation)


def test_a_child_stays_when_its_carer_is_there_only_where_it_is_said_who_minds_it(isolation: Trial) -> None:
    isolation.do(import_centres, SITE)
    mother, child = family(isolation)
    minded = {**mother, "dependants": "minded", "minded_by": "her sister"}
    [hers] = moved(isolation, minded, room_id="102")
    assert settle(isolation, hers).kind == "done"
    [its] = moved(isolation, child)
    assert codes(settle(isolation, its, outcome="taken_back")) == ("invalid", ["carer_is_there"])
    data = {"move_id": its, "outcome": "taken_back", "note": "her sister stays with it"}
    assert say_settled(isolation, data, author=OFFICER).kind == "done"
    assert balanced(isolation)


def test_whose_task_ended_by_a_report_of_a_process_before_has_somebody_again(
    isolation: Trial, came: Event
) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    [task] = [one for one in isolation.tasks(came, "due") if one["kind"] == "confirm_admission"]
    with patch("services.isolation.tasks.report_task.must_end_by_report", lambda *_: None):
        reported = report(isolation, {"task_id": task["task_id"], "outcome": "done"}, author=OFFICER)
    assert reported.kind == "done" and listed(isolation, "on_the_way") == []
    isolation.clock.advance(hours=1)
    assert missing(isolation) == [("move", move_id)]
    assert isolation.do(plan_again) == 1 and isolation.do(plan_again) == 0
    assert [one["move_id"] for one in listed(isolation, "on_the_way")] == [move_id]
    assert missing(isolation) == [] and balanced(isolation)
    assert settle(isolation, move_id).kind == "done"


@pytest.mark.parametrize("because", ["died", "followed_elsewhere"])
def test_who_dies_in_the_centre_or_is_followed_elsewhere_has_an_end_and_no_bed(
    isolation: Trial, came: Event, because: str
) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    settle(isolation, move_id)
    assert codes(decide(isolation, came, "cancel", because="wrongly_opened")) == ("invalid", ["not_of_this"])
    assert decide(isolation, came, "cancel", because=because).kind == "done"
    case = isolation.case(came)
    assert case["state"] == "cancelled" and case["closed_at"]
    [row] = isolation.rows(t.moves)
    assert (row["state"], row["ended_as"], beds(isolation)["101"]) == ("left", "cancel", (0, 0, 1))
    assert told(isolation)[-1] == ("cancelled", ["died" if because == "died" else "ended_elsewhere"])
    assert live(isolation, came) == [] and balanced(isolation)


def test_whom_a_process_before_sends_home_has_no_bed_there_any_more(isolation: Trial, came: Event) -> None:
    [move_id] = moved(isolation, person(isolation, came))
    settle(isolation, move_id)
    assert isolation.do(plan_again) == 0 and balanced(isolation), "they are there"
    with patch("services.isolation.release.decide_case.leave_centre", lambda *_: None):
        assert decide(isolation, came, "reopen").kind == "done"
    with isolation.database.read() as conn:
        found = handover.sums(conn, isolation.clock.today(CHINA)).lacks
    assert [(one.what, one.id) for one in found] == [("bed", move_id)]
    assert isolation.do(plan_again) == 1 and isolation.do(plan_again) == 0
    assert beds(isolation)["101"] == (0, 0, 1) and balanced(isolation)
    assert [row["state"] for row in isolation.rows(t.moves)] == ["left"]
    with isolation.database.read() as conn:
        assert handover.sums(conn, isolation.clock.today(CHINA)).lacks == []


def missing(isolation: Trial) -> list[tuple[str, str]]:
    """What the audit finds late of moves and beds: (what, id)."""
    with isolation.database.read() as conn:
        found = handover.late(conn, isolation.clock.now(), CHINA)
    return [(one.what, one.id) for one in found.lacks if one.what in ("move", "bed")]


@pytest.mark.parametrize(
    ("decision", "because", "ends_as"),
    [("cancel", "died", "cancelled"), ("reopen", "came_back", "open"), ("taken_over", "died", "open")],
)
def test_two_again_what_was_decided_meanwhile_is_of_whoever_was_in_the_centre(
    isolation: Trial, decision: str, because: str, ends_as: str
) -> None:
    first = one_is_there(isolation)
    second = Two(isolation)
    second.ends, second.version[first.goes_on] = first.goes_on, first.version[first.goes_on]
    isolation.follow(second.news(second.goes_on))
    isolation.clock.advance(minutes=5)
    second.merge()
    assert isolation.case(second.goes_on)["state"] == "moved_to_central"
    elsewhere = decision == "taken_over"  # decided just before the bed went along: not of who is in a centre
    decided = "cancel" if elsewhere else decision
    assert decide(isolation, arrival(second.goes_on), decided, because=because).kind == "done"
    if elsewhere:
        with isolation.database.begin() as conn:
            conn.execute(t.moves.update().values(ended_as=decision))
    isolation.clock.advance(minutes=5)
    first.make_two()
    case = isolation.case(first.ends)
    assert (case["state"], case["closed_at"] is None) == (ends_as, decision != "cancel")
    assert told(isolation).count(("cancelled", ["died"])) == {"cancel": 2, "taken_over": 1}.get(decision, 0)
    assert isolation.case(second.goes_on)["state"] == "open", "they were at home"
    assert second.live(second.goes_on, planned=True) and balanced(isolation)
