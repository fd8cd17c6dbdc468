"""A round of tests: nobody who should be tested is missed (P13), and who cannot come is visited (P25)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from field.scope import Scope
from services.isolation import tables as t
from services.isolation.contacts.change_contact import change_contact
from services.isolation.door import DOOR
from services.isolation.release.decide_case import decide_case
from services.isolation.release.look_at_merged import look_at_merged
from services.isolation.retention.strip_cases import strip_cases
from services.isolation.rounds.close_round import close_round
from services.isolation.rounds.give_register import give_register
from services.isolation.rounds.open_round import open_round
from services.isolation.rounds.report_round_person import report_round_person
from services.isolation.rounds.see_to_rounds import see_to_rounds
from services.isolation.tasks.report_task import report_task
from services.isolation.tests.report_test import report_test
from tests.doors import Visitor
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.test_results import LAB, follow, result
from tests.integration.isolation.trial import COMMUNITY, SEALER, STREET, Trial, arrival, china

OFFICER = Author("staff", "/console/officer", "officer")
NURSE = Author("staff", "/console/nurse", "nurse")
_open = speaking(open_round, "test_round.opened")
_give = speaking(give_register, "round_register.given")
_report = speaking(report_round_person, "round_person.reported")
_close = speaking(close_round, "test_round.closed")
_result = speaking(report_test, "test.reported")
_decide = speaking(decide_case, "case.decided")
_report_task = speaking(report_task, "task.reported")
_change_contact = speaking(change_contact, "contact.changed")
BEGINS, ENDS = china("2022-10-01 08:00"), china("2022-10-01 18:00")
LINE = {"name": "何样例", "building": "京怡家园4号楼", "unit": "2", "room": "502"}


def opened(isolation: Trial, place: str = COMMUNITY, **more: Any) -> str:
    data = {"place": place, "begins_at": BEGINS, "ends_at": ENDS, **more}
    outcome = _open(isolation, data, author=OFFICER)
    assert outcome.kind == "done", outcome
    seen(isolation)
    return str(outcome.result["round_id"])


def seen(isolation: Trial, **later: int) -> None:
    """It is looked by the clock."""
    isolation.clock.advance(**(later or {"minutes": 11}))
    isolation.until_done(look_at_merged)
    isolation.until_done(see_to_rounds)
    assert isolation.audit()["balanced"]


def came(isolation: Trial, **more: Any) -> Event:
    event = arrival(**{"level": "medium", **more})
    isolation.follow(event)
    return event


def row(isolation: Trial, of: Event | str) -> dict[str, Any]:
    """:param of: who has a case, or the id of a person."""
    id = of if isinstance(of, str) else of.subject
    [found] = [one for one in isolation.rows(t.round_people) if id in (one["case_id"], one["person_id"])]
    return found


def stands(isolation: Trial, of: Event | str) -> tuple[str, str | None]:
    return row(isolation, of)["state"], row(isolation, of)["why"]


def said(isolation: Trial, of: Event | str, outcome: str, **how: Any) -> Outcome:
    note = {"note": how.pop("note")} if "note" in how else {}
    data = {"person_id": row(isolation, of)["person_id"], "outcome": outcome, **note}
    return _report(isolation, data, **how)


def closed(isolation: Trial, id: str, because: str | None = None, expects: int = 1) -> Outcome:
    return _close(isolation, {"round_id": id, "expects": expects, "because": because}, author=OFFICER)


def found(isolation: Trial, of: Event | str, what: str = "negative", id: str = "a", **more: Any) -> None:
    at = more.pop("at", isolation.clock.now())
    data = result(of, what, at=at, **{"reported_at": at, **more})
    assert _result(isolation, data, author=LAB, id=id).kind == "done"


def test_p13_who_is_followed_there_belongs_to_it_and_whoever_comes_later(isolation: Trial) -> None:
    here, away = came(isolation), came(isolation, destination={"community": "c-9", "grid": None})
    opened(isolation)
    late = came(isolation)
    seen(isolation)
    assert {one["case_id"] for one in isolation.rows(t.round_people)} == {here.subject, late.subject}
    assert stands(isolation, late) == ("missing", None)
    isolation.clock.moment = ENDS + timedelta(hours=1)
    after = came(isolation)
    seen(isolation)
    assert after.subject not in {one["case_id"] for one in isolation.rows(t.round_people)}
    assert away.subject not in {one["case_id"] for one in isolation.rows(t.round_people)}


def test_opening_cases_writes_nothing_of_rounds(isolation: Trial) -> None:
    opened(isolation)
    came(isolation)
    assert isolation.rows(t.round_people) == [], "a clock looks who is there"


def test_p13_who_is_tested_is_done_by_itself_by_case_number_sample_or_tick(isolation: Trial) -> None:
    by_case, by_number = came(isolation), follow(isolation, "X0000001")
    isolation.clock.moment = BEGINS - timedelta(minutes=30)
    sampled, ticked, missing = came(isolation), came(isolation), came(isolation)
    opened(isolation)
    isolation.clock.moment = BEGINS + timedelta(hours=1)
    found(isolation, by_case)
    found(isolation, "X0000001", "positive", "b")
    [task, *_] = [one for one in isolation.tasks(sampled) if one["kind"] == "test"]
    done = {"task_id": task["task_id"], "outcome": "done"}
    assert _report_task(isolation, done, author=NURSE).kind == "done"
    assert said(isolation, ticked, "tested", author=NURSE).result["state"] == "tested"
    seen(isolation)
    for one in (by_case, by_number, ticked, sampled):
        assert stands(isolation, one) == ("tested", None)
    assert row(isolation, sampled)["tested_at"] == BEGINS + timedelta(hours=1)
    assert stands(isolation, missing) == ("missing", None)


@pytest.mark.parametrize("what", ["corrected", "invalid"])
def test_what_a_laboratory_takes_back_makes_them_missing_again(isolation: Trial, what: str) -> None:
    one = came(isolation)
    opened(isolation)
    isolation.clock.moment = BEGINS + timedelta(hours=1)
    found(isolation, one)
    seen(isolation)
    assert stands(isolation, one)[0] == "tested"
    more = (
        {"supersedes": "a", "at": BEGINS - timedelta(days=1)} if what == "corrected" else {"supersedes": "a"}
    )
    found(isolation, one, "negative" if what == "corrected" else "invalid", "b", **more)
    seen(isolation)
    assert stands(isolation, one) == ("missing", None)


def test_who_is_not_met_stays_on_the_list_with_the_reason_and_who_refuses_does_not(isolation: Trial) -> None:
    one, other = came(isolation), came(isolation)
    opened(isolation)
    assert said(isolation, one, "tested").faults[0].code == "not_begun"
    isolation.clock.moment = BEGINS + timedelta(hours=1)
    assert said(isolation, one, "nobody_there").kind == "done"
    assert stands(isolation, one) == ("missing", "nobody_there")
    isolation.clock.advance(minutes=1)
    said(isolation, one, "cannot_come_out")
    assert (stands(isolation, one), row(isolation, one)["visit"]) == (
        ("missing", "cannot_come_out"),
        "cannot_walk",
    )
    assert said(isolation, other, "exempt").faults[0].where == "note"
    assert said(isolation, other, "exempt", note="was tested at work an hour ago").kind == "done"
    assert stands(isolation, other) == ("excused", "exempt")
    assert "an hour ago" not in str(isolation.rows(t.round_acts))
    isolation.clock.advance(minutes=1)
    said(isolation, other, "taken_back")
    assert stands(isolation, other) == ("missing", None)


def test_who_leaves_in_between_stays_in_it_with_the_reason_and_comes_back(isolation: Trial) -> None:
    to_hospital, elsewhere, cancelled, released = (came(isolation) for _ in range(4))
    opened(isolation)

    def decide(of: Event, decision: str, **more: Any) -> None:
        data = {"case_id": of.subject, "decision": decision, "expects": isolation.case(of)["version"], **more}
        outcome = _decide(isolation, data, author=OFFICER)
        assert outcome.kind == "done", outcome

    decide(to_hospital, "move_to_hospital", place="the hospital", escort="120")
    decide(cancelled, "cancel", because="wrongly_opened")
    away = {"community": "c-9", "grid": None}
    isolation.follow(arrival(elsewhere.subject, version=2, level="medium", destination=away))
    with isolation.database.begin() as conn:
        these = t.cases.c.case_id == released.subject
        ended = {"state": "released", "closed_at": isolation.clock.now(), "plan_next": None}
        conn.execute(t.cases.update().where(these).values(**ended))
        conn.execute(t.release_checks.delete())
    isolation.clock.advance(minutes=11)
    isolation.until_done(see_to_rounds)
    assert stands(isolation, to_hospital) == ("excused", "moved_to_hospital")
    assert stands(isolation, cancelled) == ("excused", "cancelled")
    assert stands(isolation, elsewhere) == ("excused", "moved_away")
    assert row(isolation, elsewhere)["community"] == COMMUNITY, "who answers for the round sees them still"
    assert stands(isolation, released) == ("missing", None), "they live there, released or not"
    isolation.follow(arrival(elsewhere.subject, version=3, level="medium"))
    isolation.clock.advance(minutes=11)
    isolation.until_done(see_to_rounds)
    assert stands(isolation, elsewhere) == ("missing", None)


def test_of_two_arrivals_that_are_one_the_test_counts_for_the_one_that_goes_on(isolation: Trial) -> None:
    ends, goes_on = came(isolation), came(isolation)
    opened(isolation)
    isolation.clock.moment = BEGINS + timedelta(hours=1)
    found(isolation, ends)
    merged = {"not_coming": True, "merged": True, "goes_on_as": goes_on.subject}
    isolation.follow(arrival(ends.subject, version=2, why=["same_as_other"], level="medium", **merged))
    seen(isolation)
    assert stands(isolation, goes_on)[0] == "tested"
    assert len(isolation.rows(t.round_people)) == 2


def test_who_came_and_ended_before_anybody_looked_is_in_it_too(isolation: Trial) -> None:
    data = {"place": COMMUNITY, "begins_at": BEGINS, "ends_at": ENDS}
    assert _open(isolation, data, author=OFFICER).kind == "done"
    isolation.clock.moment = BEGINS + timedelta(minutes=5)
    one = came(isolation)
    isolation.clock.advance(minutes=1)
    said = {"case_id": one.subject, "decision": "cancel", "expects": 1, "because": "wrongly_opened"}
    assert _decide(isolation, said, author=OFFICER).kind == "done"
    seen(isolation)
    assert stands(isolation, one) == ("excused", "cancelled")


def test_p25_the_old_children_and_who_cannot_walk_are_marked_for_a_visit(isolation: Trial) -> None:
    def person(born: str) -> str:
        told = {"name": "王样例", "address": "张掖路1号楼2单元502", "identity_type": None, "birth_date": born}
        return SEALER.seal({**told, "identity_number": None})

    old, child, grown = (
        came(isolation, person=person(born)) for born in ("1941-03-08", "2015-06-01", "1990-01-01")
    )
    marked = came(isolation)
    _change_contact(isolation, {"case_ids": [marked.subject], "marks": ["cannot_walk"]})
    opened(isolation)
    assert [row(isolation, one)["visit"] for one in (old, child, grown, marked)] == [
        "old",
        "child",
        None,
        "cannot_walk",
    ]
    assert row(isolation, old)["building"] == "张掖路1号楼"


# -- a register ------------------------------------------------------------------------------------------


def give(isolation: Trial, id: str, *lines: dict[str, Any], **more: Any) -> Outcome:
    return _give(isolation, {"round_id": id, "people": list(lines), **more}, author=OFFICER)


def registered(isolation: Trial) -> list[dict[str, Any]]:
    return [one for one in isolation.rows(t.round_people) if one["person"]]


def test_residents_of_a_register_are_waited_for_and_a_laboratory_finds_them_by_number(
    isolation: Trial,
) -> None:
    id = opened(isolation)
    lines = [
        {**LINE, "birth_date": "1941-03-08"},
        {**LINE, "name": "李样例", "identity_number": "x 0000-0009"},
    ]
    assert give(isolation, id, *lines).result == {"round_id": id, "added": 2, "known": 0}
    assert give(isolation, id, *lines).result == {"round_id": id, "added": 0, "known": 2}
    ticked, by_number = sorted(registered(isolation), key=lambda one: one["visit"] is None)
    assert (ticked["visit"], ticked["building"], ticked["community"], ticked["grid"]) == (
        "old",
        "京怡家园4号楼",
        COMMUNITY,
        None,
    )
    assert "样例" not in str(isolation.rows(t.round_people))
    isolation.clock.moment = BEGINS + timedelta(hours=1)
    found(isolation, "X00000009")
    assert isolation.rows(t.test_results) == [] and len(isolation.rows(t.awaited_results)) == 1
    assert said(isolation, ticked["person_id"], "tested").kind == "done"
    seen(isolation)
    assert {one["state"] for one in registered(isolation)} == {"tested"}
    found(isolation, "X00000009", "invalid", "b", supersedes="a")
    seen(isolation)
    assert stands(isolation, by_number["person_id"]) == ("missing", None)


@pytest.mark.parametrize("first", ["register", "case"])
def test_who_is_in_a_register_and_has_a_case_stands_in_it_once(isolation: Trial, first: str) -> None:
    line = {**LINE, "identity_number": "X0000001"}
    one = follow(isolation, "X0000001") if first == "case" else None
    isolation.clock.moment = BEGINS - timedelta(minutes=30)
    id = opened(isolation)
    assert give(isolation, id, line).result["added"] == (0 if one else 1)
    if one is None:
        one = follow(isolation, "X0000001")
        isolation.clock.moment = BEGINS + timedelta(minutes=30)
    seen(isolation)
    assert [found["case_id"] for found in isolation.rows(t.round_people)] == [one.subject]


def test_each_faulty_line_is_named_and_nothing_is_done(isolation: Trial) -> None:
    id = opened(isolation)
    wrong = [
        LINE,
        {"name": "无门"},
        {**LINE, "identity_number": "620102194801010122"},
        {**LINE, "birth_date": "2041-01-01"},
    ]
    outcome = give(isolation, id, *wrong)
    assert [(fault.where, fault.code) for fault in outcome.faults] == [
        ("people[1].building", "no_door"),
        ("people[2].identity_number", "identity_checksum"),
        ("people[3].birth_date", "no_birth_date"),
    ]
    assert registered(isolation) == []
    assert give(isolation, id, LINE, place="c-9").faults[0].where == "place"


# -- its end -----------------------------------------------------------------------------------------------


def test_it_is_closed_when_each_has_an_outcome_or_by_the_officers_reason(isolation: Trial) -> None:
    one = came(isolation)
    id = opened(isolation)
    isolation.clock.moment = ENDS + timedelta(hours=1)
    assert [fault.code for fault in closed(isolation, id).faults] == ["some_missing"]
    assert said(isolation, one, "refused").kind == "done"
    assert closed(isolation, id, expects=2).kind == "conflict"
    outcome = closed(isolation, id)
    assert outcome.result == {"round_id": id, "version": 2, "missing": 0}
    assert closed(isolation, id, expects=2).kind == "conflict", "closed once"
    isolation.clock.advance(minutes=1)
    assert said(isolation, one, "tested").faults[0].code == "round_is_closed"


def test_a_round_is_not_closed_over_somebody_whom_the_clock_has_not_seen_yet(isolation: Trial) -> None:
    id = opened(isolation)
    came(isolation)
    isolation.clock.moment = ENDS + timedelta(hours=1)
    assert closed(isolation, id).faults[0].code == "some_missing"
    assert closed(isolation, id, "the house was evacuated").result["missing"] == 1


def test_a_result_that_comes_after_it_was_closed_counts_where_the_sample_was_taken_before(
    isolation: Trial,
) -> None:
    one = came(isolation)
    id = opened(isolation)
    isolation.clock.moment = ENDS + timedelta(hours=1)
    closed(isolation, id, "the laboratory is late")
    isolation.clock.advance(hours=20)
    found(isolation, one, at=ENDS - timedelta(hours=1), reported_at=isolation.clock.now())
    seen(isolation)
    assert stands(isolation, one)[0] == "tested"
    isolation.clock.advance(hours=80)
    seen(isolation)
    assert row(isolation, one)["look_at"] is None


def test_a_place_has_one_open_round_and_the_same_command_opens_one(isolation: Trial) -> None:
    data = {"place": COMMUNITY, "begins_at": BEGINS, "ends_at": ENDS}
    both = [_open(isolation, data, author=OFFICER, id="same") for _ in range(2)]
    assert both[0].result == both[1].result
    assert _open(isolation, data, author=OFFICER).faults[0].code == "round_is_open"
    assert _open(isolation, {**data, "place": STREET}, author=OFFICER).kind == "done"
    assert _open(isolation, {**data, "place": "cg"}, author=OFFICER).faults[0].code == "no_such_level"
    elsewhere = Scope(frozenset({"c-9"}))
    assert _open(isolation, data, author=OFFICER, scope=elsewhere).kind == "unknown"


# -- at the door -------------------------------------------------------------------------------------------


def look_up(door: Visitor, who: str, name: str, **asked: str) -> Any:
    return door.look_up(who, name, **asked).get_json()


def test_officers_and_workers_read_it_at_the_door_and_nobody_else_does(isolation: Trial) -> None:
    told = {
        "name": "王样例",
        "phone": "13900000021",
        "address": "张掖路1号楼2单元502",
        "identity_number": None,
    }
    one = came(isolation, person=SEALER.seal(told))
    id = opened(isolation)
    give(isolation, id, LINE)
    isolation.clock.moment = BEGINS + timedelta(hours=1)
    door = Visitor(DOOR, isolation.work)
    [listed] = door.get("officer", "/lists/test_rounds").get_json()["rows"]
    assert (listed["round_id"], listed["state"]) == (id, "open")
    missing = door.get("officer", "/lists/round_missing", round_id=id).get_json()["rows"]
    assert {row["address"] for row in missing} == {"****"} and len(missing) == 2
    figures = look_up(door, "officer", "round_figures", round_id=id)
    assert figures["all"] == {
        **{"should": 2, "tested": 0, "missing": 2, "with_reason": 0, "excused": 0, "visit": 0}
    }
    doors = look_up(door, "worker-1", "round_doors")
    assert {one["address"] for one in doors["people"]} == {"张掖路1号楼2单元502", "京怡家园4号楼2单元502室"}
    assert len(isolation.rows(t.metadata.tables["views"])) == 2, "what is read in full is noted"
    for asked, found in ((doors["people"][1]["person_id"], doors["people"][1:]), (new_id(), []), ("x", [])):
        assert look_up(door, "worker-1", "round_doors", person_id=asked)["people"] == found
    of_register = {"person_id": registered(isolation)[0]["person_id"], "outcome": "nobody_there"}
    assert door.say("worker-1", "report_round_person", of_register).status_code == 200
    data = {"person_id": row(isolation, one)["person_id"], "outcome": "tested"}
    assert door.say("worker-1", "report_round_person", data).status_code == 200
    for path in ("/lists/test_rounds", f"/test_round/{id}"):
        assert door.get("worker-1", path).status_code == 403
    assert door.say("police", "report_round_person", data).status_code == 403


def test_after_its_term_a_closed_round_keeps_nobody_s_name_and_all_figures(isolation: Trial) -> None:
    id = opened(isolation)
    give(isolation, id, {**LINE, "identity_number": "X0000001"})
    [person] = registered(isolation)
    isolation.clock.moment = ENDS
    said(isolation, person["person_id"], "exempt", note="is in hospital")
    closed(isolation, id, "over")
    isolation.clock.advance(days=200)
    isolation.until_done(strip_cases)
    [person] = isolation.rows(t.round_people)
    assert (person["person"], person["building"], person["state"]) == (None, "", "excused")
    assert isolation.rows(t.awaited_people)[0]["identity"] is None
    assert {act["note"] for act in isolation.rows(t.round_acts)} == {None}
    assert isolation.rows(t.test_rounds)[0]["closed_because"] is None


def test_of_a_case_that_is_stripped_an_open_round_keeps_nothing_personal_either(isolation: Trial) -> None:
    id = opened(isolation)
    give(isolation, id, {**LINE, "identity_number": "X0000001"})
    one = follow(isolation, "X0000001")
    seen(isolation)
    assert row(isolation, one)["person"] and isolation.rows(t.awaited_people)[0]["identity"]
    [case] = [found for found in isolation.rows(t.cases) if found["case_id"] == one.subject]
    said = {"case_id": one.subject, "decision": "cancel", "because": "wrongly_opened"}
    assert _decide(isolation, said | {"expects": case["version"]}, author=OFFICER).kind == "done"
    isolation.clock.advance(days=200)
    isolation.until_done(strip_cases)
    found = row(isolation, one)
    assert (found["person"], found["building"]) == (None, "")
    assert isolation.rows(t.awaited_people)[0]["identity"] is None
