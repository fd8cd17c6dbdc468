"""Another community is asked to take somebody over: nothing changes until it does; nobody is forgotten."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from field.scope import EVERYWHERE, Scope
from services.registration import tables as t
from services.registration.door import DOOR
from services.registration.following.mend_person import mend_person
from services.registration.following.place_arrival import place_arrival
from services.registration.staff.import_staff import import_staff
from services.registration.transfers.decide_transfer import decide_transfer
from services.registration.transfers.request_transfer import request_transfer
from tests.doors import Visitor
from tests.integration.registration.alike import a_third, adds_up, pair
from tests.integration.registration.alike import asked as pair_asked
from tests.integration.registration.alike import decide as decide_pair
from tests.integration.registration.following import arrival, carry_out, command, follow, reasons
from tests.integration.registration.test_endings import places
from tests.integration.registration.trial import CHINA, NOON, STAFF, Trial, person, report

OFFICERS = (
    STAFF
    + """o1,community_officer,c1,周明,13909310011,zh-CN,true
o2,community_officer,c2,吴静,13909310012,zh-CN,true
street,street_officer,s1,秦岚,13909310013,zh-CN,true
"""
)
HERE, THERE = Scope(frozenset({"c1"})), Scope(frozenset({"c2"}))
O1, O2 = (Author("staff", f"/console/{id}", id) for id in ("o1", "o2"))
DOOR_THERE = "和平家园2号楼301"


@pytest.fixture
def town(trial: Trial) -> Trial:
    with trial.work.unit() as uow:
        import_staff(uow, OFFICERS)
    return trial


def came(town: Trial, people: int = 1) -> list[str]:
    town.receive(report(1, people=[person(order) for order in range(1, people + 1)]))
    rows = town.arrivals()
    assert {(row["community"], row["grid"]) for row in rows} == {("c1", "g1")}
    town.clock.moment += timedelta(minutes=5)
    return [str(row["id"]) for row in rows]


def ask(town: Trial, id: str, scope: Scope = HERE, author: Author = O1, **more: Any) -> Outcome:
    about = {"place": "c2", "address": DOOR_THERE, "note": "他们照顾母亲"}
    data = {"arrival_id": id, "with_household": False, **about, **more}
    [outcome] = carry_out(town, request_transfer, command(town, "transfer.requested", data, author, scope))
    town.clock.moment += timedelta(minutes=1)
    return outcome


def asked(town: Trial, id: str, **more: Any) -> str:
    outcome = ask(town, id, **more)
    assert outcome.kind == "done", outcome.faults
    return str(outcome.result["transfer_id"])


def answer(
    town: Trial,
    transfer: str,
    decision: str = "accepted",
    scope: Scope = THERE,
    expects: int = 0,
    **more: Any,
) -> Outcome:
    data = {"transfer_id": transfer, "decision": decision, "expects": expects, "note": None, **more}
    author = O2 if scope is THERE else O1
    [outcome] = carry_out(town, decide_transfer, command(town, "transfer.decided", data, author, scope))
    town.clock.moment += timedelta(minutes=1)
    return outcome


def where(town: Trial, id: str) -> tuple[str | None, ...]:
    row = arrival(town, id)
    return tuple(row[part] for part in ("community", "grid", "worker"))


def codes(outcome: Outcome) -> tuple[str, list[str]]:
    return outcome.kind, [fault.code for fault in outcome.faults]


def listed(town: Trial, who: str) -> list[tuple[str, str]]:
    """(arrival, state) as a member of staff sees them."""
    page = Visitor(DOOR, town.work).get(who, "/lists/transfers_to_answer")
    return [(row["arrival_id"], row["state"]) for row in page.get_json()["rows"]]


def told(town: Trial, type: str) -> list[tuple[list[str], str, str]]:
    """Who is told of each: (staff, from, to)."""
    found = [event["data"] for event in town.events(type)]
    return [([one["staff_id"] for one in it["staff"]], it["from_place"], it["to_place"]) for it in found]


def test_until_the_other_community_accepts_nothing_changes_but_both_sides_know(town: Trial) -> None:
    [id] = came(town)
    before = where(town, id)
    transfer = asked(town, id)
    assert where(town, id) == before and town.events("arrival.reassessed") == []
    assert told(town, "transfer.asked") == [(["o2"], "枣林社区", "段家滩社区")]
    assert listed(town, "o2") == [(id, "asked_of_us")] and listed(town, "o1") == [(id, "asked_by_us")]
    assert listed(town, "street") == [(id, "asked_of_us")], "whoever answers for both sees it, too"
    [row] = town.rows(t.transfers)
    assert row["answer_by"] - row["asked_at"] == timedelta(hours=24) and row["transfer_id"] == transfer
    stored = str([dict(one) for table in (t.transfers, t.arrival_history) for one in town.rows(table)])
    assert "母亲" not in stored and "和平家园" not in stored, "the new door and why stand sealed"
    assert adds_up(town)


def test_accepted_they_belong_there_with_the_door_that_was_named(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    outcome = answer(town, transfer)
    assert (outcome.kind, outcome.result["arrivals"]) == ("done", [id])
    assert where(town, id) == ("c2", None, "w3") and arrival(town, id)["acts"] == 2
    assert town.person_of(arrival(town, id))["address"] == DOOR_THERE
    [event] = town.events("arrival.reassessed")
    assert event["data"]["destination"]["community"] == "c2" and event["data"]["worker"] == "w3"
    assert reasons(town) == [["address_changed", "details_added"]]
    assert listed(town, "o1") == listed(town, "o2") == []
    assert told(town, "transfer.answered") == [(["o1"], "枣林社区", "段家滩社区")]
    assert [line["what"] for line in town.rows(t.arrival_history, "number")] == [
        "transfer_requested",
        "transfer_accepted",
    ]
    assert adds_up(town)
    town.receive(report(1, publisher="self", source_kind="self", time="2022-10-01T13:00:00+08:00"))
    assert where(town, id) == ("c2", None, "w3"), "another source knows no better"


def test_a_household_goes_together_or_one_by_one(town: Trial) -> None:
    one, other, third = came(town, 3)
    follow(town, third, "not_here")
    assert asked(town, one)
    assert codes(ask(town, one)) == ("conflict", ["already_asked"])
    assert codes(ask(town, other, with_household=True)) == ("conflict", ["already_asked"])
    [transfer] = {row["transfer_id"] for row in town.rows(t.transfers)}
    assert answer(town, transfer, "withdrawn", HERE).kind == "done"
    both = asked(town, other, with_household=True)
    assert sorted(id for id, _ in listed(town, "o2")) == sorted([one, other]), "who is followed"
    assert answer(town, both).result["arrivals"] == sorted([one, other])
    assert {where(town, id)[0] for id in (one, other)} == {"c2"}
    assert arrival(town, one)["household_id"] == arrival(town, third)["household_id"]
    assert adds_up(town)


def test_refused_it_comes_back_with_a_clock_until_somebody_has_seen_to_it(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    assert codes(answer(town, transfer, "refused")) == ("invalid", ["missing"])
    assert answer(town, transfer, "refused", note="此楼不属本社区").kind == "done"
    assert where(town, id)[0] == "c1" and listed(town, "o2") == []
    assert listed(town, "o1") == [(id, "transfer_refused")]
    assert told(town, "transfer.answered") == [(["o1"], "枣林社区", "段家滩社区")]
    visitor = Visitor(DOOR, town.work)
    assert visitor.get("o1", f"/transfer/{transfer}").get_json()["answer"] == "此楼不属本社区"
    town.clock.moment += timedelta(days=2, minutes=1)
    [row] = visitor.get("o1", "/lists/transfers_to_answer").get_json()["rows"]
    assert row["level"] == "district", "the clock runs"
    assert answer(town, transfer, "withdrawn", HERE, expects=1).kind == "done"
    assert listed(town, "o1") == [] and len(town.events("transfer.answered")) == 1
    assert adds_up(town)


def test_refused_another_place_is_asked(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    answer(town, transfer, "refused", note="不属本社区")
    again = asked(town, id)
    assert listed(town, "o1") == [(id, "asked_by_us")]
    assert codes(answer(town, transfer, "accepted", expects=1)) == ("conflict", ["conflict"])
    assert answer(town, again).kind == "done" and adds_up(town)


def test_until_they_move_they_are_followed_here_and_the_clock_for_the_answer_stands(town: Trial) -> None:
    [id] = came(town)
    day = NOON.date() + timedelta(days=2)
    transfer = asked(town, id, moves_on=day)
    [row] = town.rows(t.transfers)
    begins = datetime.combine(day, time(), CHINA)
    assert row["answer_by"] == begins + timedelta(hours=24)
    assert listed(town, "o2") == [(id, "asked_of_us")], "they are told in time"
    town.clock.moment = begins - timedelta(seconds=1)
    assert codes(answer(town, transfer)) == ("conflict", ["not_yet"]) and where(town, id)[0] == "c1"
    town.clock.moment = begins
    assert answer(town, transfer).kind == "done" and where(town, id)[0] == "c2" and adds_up(town)


def test_before_they_move_it_is_refused_or_withdrawn_all_the_same(town: Trial) -> None:
    one, other = came(town, 2)
    later = {"moves_on": NOON.date() + timedelta(days=2)}
    assert answer(town, asked(town, one, **later), "refused", note="no room").kind == "done"
    assert answer(town, asked(town, other, **later), "withdrawn", HERE).kind == "done"
    assert listed(town, "o2") == [] and adds_up(town)


def test_unanswered_the_level_above_stands_beside_it(town: Trial) -> None:
    [id] = came(town)
    asked(town, id)
    visitor = Visitor(DOOR, town.work)

    def row() -> dict[str, Any]:
        [found] = visitor.get("o1", "/lists/transfers_to_answer").get_json()["rows"]
        return dict(found)

    assert (row()["overdue"], row()["level"]) == (False, "community")
    town.clock.moment += timedelta(hours=24)
    assert (bool(row()["overdue"]), row()["level"]) == (True, "community")
    town.clock.moment += timedelta(days=1)
    assert row()["level"] == "street"
    rows = visitor.get("o1", "/lists/transfers_to_answer", overdue="no").get_json()["rows"]
    assert rows == [] and adds_up(town)


def test_only_the_place_that_is_asked_answers_and_only_the_other_one_withdraws(town: Trial) -> None:
    [id] = came(town)
    assert codes(ask(town, id, scope=THERE, author=O2)) == ("unknown", ["unknown"])
    transfer = asked(town, id)
    assert codes(answer(town, transfer, "accepted", HERE)) == ("not_allowed", ["not_by_this_side"])
    assert codes(answer(town, transfer, "withdrawn", THERE)) == ("not_allowed", ["not_by_this_side"])
    elsewhere = Scope(frozenset({"c9"}))
    assert codes(answer(town, transfer, "accepted", elsewhere)) == ("unknown", ["unknown"])
    assert codes(answer(town, transfer, expects=3)) == ("conflict", ["conflict"])
    assert codes(answer(town, "no id")) == ("unknown", ["unknown"])
    assert Visitor(DOOR, town.work).get("w1", "/lists/transfers_to_answer").status_code == 403
    assert answer(town, transfer).kind == "done"
    assert codes(answer(town, transfer, "refused", expects=1, note="no")) == ("conflict", ["conflict"])


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"place": "c1"}, "same_place"),
        ({"place": "g1"}, "same_place"),
        ({"place": "s1"}, "unknown"),
        ({"place": "nowhere"}, "unknown"),
        ({"address": "  "}, "empty"),
        ({"moves_on": NOON.date() - timedelta(days=1)}, "in_the_past"),
        ({"moves_on": NOON.date() + timedelta(days=31)}, "too_far"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(town: Trial, changed: dict[str, Any], code: str) -> None:
    [id] = came(town)
    assert codes(ask(town, id, **changed)) == ("invalid", [code])
    assert town.rows(t.transfers) == [] and adds_up(town)


def test_of_whom_nobody_follows_nobody_asks(town: Trial) -> None:
    [id] = came(town)
    follow(town, id, "not_here")
    assert codes(ask(town, id)) == ("conflict", ["nobody_followed"])


# -- whatever the order --------------------------------------------------------------------------------------


def test_a_door_that_is_mended_within_the_place_changes_nothing(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    right = {"arrival_id": id, "destination": {"address": "石榴雅苑5号楼"}}
    carry_out(town, mend_person, command(town, "person.mended", right))
    town.clock.moment += timedelta(minutes=1)
    assert answer(town, transfer).kind == "done"
    assert where(town, id)[0] == "c2" and town.person_of(arrival(town, id))["address"] == DOOR_THERE


def test_whoever_was_placed_there_meanwhile_stays_as_near_as_that_says(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    put = {"arrival_id": id, "place": "c2", "expects": arrival(town, id)["version"], "note": None}
    [done] = carry_out(town, place_arrival, command(town, "arrival.placed", put))
    assert done.kind == "done"
    town.clock.moment += timedelta(minutes=1)
    assert listed(town, "o1") == [] and listed(town, "o2") == [(id, "asked_of_us")]
    assert answer(town, transfer).kind == "done" and where(town, id)[0] == "c2" and adds_up(town)


def test_whoever_was_moved_to_a_third_place_meanwhile_is_not_taken_from_there(town: Trial) -> None:
    places(town, "c3,s1,community,盐场社区,,,,,")
    with town.work.unit() as uow:
        import_staff(uow, OFFICERS + "o3,community_officer,c3,郑平,13909310014,zh-CN,true\n")
    [id] = came(town)
    transfer = asked(town, id)
    put = {"arrival_id": id, "place": "c3", "expects": arrival(town, id)["version"], "note": None}
    carry_out(town, place_arrival, command(town, "arrival.placed", put))
    town.clock.moment += timedelta(minutes=1)
    assert codes(answer(town, transfer)) == ("conflict", ["moved_meanwhile"])
    assert where(town, id)[0] == "c3"
    assert listed(town, "o3") == [(id, "asked_by_us")] and listed(town, "o1") == []
    assert answer(town, transfer, "withdrawn", Scope(frozenset({"c3"}))).kind == "done"
    assert listed(town, "o3") == listed(town, "o2") == [] and adds_up(town)


def test_who_is_not_here_by_then_is_not_moved(town: Trial) -> None:
    one, other = came(town, 2)
    transfer = asked(town, one, with_household=True)
    follow(town, one, "not_here")
    town.clock.moment += timedelta(minutes=1)
    assert answer(town, transfer).result["arrivals"] == [other]
    assert arrival(town, one)["state"] == "not_here" and where(town, other)[0] == "c2"
    assert adds_up(town)


def test_where_nobody_is_followed_any_more_it_is_refused(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    follow(town, id, "not_here")
    town.clock.moment += timedelta(minutes=1)
    assert codes(answer(town, transfer)) == ("conflict", ["nobody_followed"])
    assert answer(town, transfer, "refused", note="没有此人").kind == "done" and adds_up(town)


def test_whoever_turned_out_to_be_another_one_moves_as_that_one(town: Trial) -> None:
    ids = one, other = pair(town)
    town.clock.moment += timedelta(minutes=1)
    transfer = asked(town, other)
    goes_on = str(decide_pair(town, ids, "same").result["goes_on"])
    assert goes_on == one
    town.clock.moment += timedelta(minutes=1)
    assert listed(town, "o2") == [(other, "asked_of_us")]
    assert answer(town, transfer).result["arrivals"] == [one]
    assert where(town, one) == ("c2", None, "w3") and adds_up(town)
    assert town.events("arrival.reassessed")[-1]["data"]["worker"] == "w3"
    assert decide_pair(town, ids, "apart", 2).kind == "done"
    assert where(town, other)[0] == "c2" and where(town, one)[0] == "c1", "whoever was asked for has moved"
    assert town.person_of(arrival(town, other))["address"] == DOOR_THERE
    assert adds_up(town)


def test_by_way_of_a_second_one_they_move_too_and_whoever_is_made_two_again_has_what_was_theirs(
    town: Trial,
) -> None:
    ids = one, other = pair(town)
    third = a_third(town)
    pair_asked(town, one, third)
    town.clock.moment += timedelta(minutes=1)
    transfer = asked(town, other)
    assert decide_pair(town, ids, "same").kind == "done"
    town.clock.moment += timedelta(minutes=1)
    last = str(decide_pair(town, (one, third), "same").result["goes_on"])
    town.clock.moment += timedelta(minutes=1)
    assert answer(town, transfer).result["arrivals"] == [last] and where(town, last)[0] == "c2"
    assert adds_up(town)
    assert decide_pair(town, (one, third), "apart", 2).kind == "done"
    assert (where(town, one)[0], where(town, third)[0]) == ("c2", "c1")
    town.clock.moment += timedelta(minutes=1)
    assert decide_pair(town, ids, "apart", 2).kind == "done"
    assert (where(town, one)[0], where(town, other)[0]) == ("c1", "c2") and adds_up(town)


def test_whoever_was_taken_over_and_is_then_made_one_with_another_stays_there(town: Trial) -> None:
    ids = one, other = pair(town)
    town.clock.moment += timedelta(minutes=1)
    assert answer(town, asked(town, other)).result["arrivals"] == [other]
    assert decide_pair(town, ids, "same").result["goes_on"] == one
    assert where(town, one)[0] == "c2" and town.person_of(arrival(town, one))["address"] == DOOR_THERE
    town.clock.moment += timedelta(minutes=1)
    assert decide_pair(town, ids, "apart", 2).kind == "done"
    assert where(town, one)[0] == "c1" and where(town, other)[0] == "c2", "each with what was said of it"
    assert adds_up(town)


def test_made_one_with_somebody_at_a_third_place_they_are_followed_there(town: Trial) -> None:
    places(town, "c3,s1,community,盐场社区,,,,,")
    ids = one, other = pair(town)
    town.clock.moment += timedelta(minutes=1)
    put = {"arrival_id": one, "place": "c3", "expects": arrival(town, one)["version"], "note": None}
    [done] = carry_out(town, place_arrival, command(town, "arrival.placed", put))
    assert done.kind == "done"
    town.clock.moment += timedelta(minutes=1)
    assert answer(town, asked(town, other)).kind == "done"
    assert decide_pair(town, ids, "same").result["goes_on"] == one
    assert where(town, one)[0] == "c3" and adds_up(town)


def put(town: Trial, id: str, place: str) -> None:
    data = {"arrival_id": id, "place": place, "expects": arrival(town, id)["version"], "note": None}
    [done] = carry_out(town, place_arrival, command(town, "arrival.placed", data))
    assert done.kind == "done"
    town.clock.moment += timedelta(minutes=1)


def as_written_before(town: Trial) -> None:
    """The acts as the version wrote them that did not say in them which place was left."""
    h = t.arrival_history
    for row in town.rows(h):
        if row["what"] == "transfer_accepted":
            line = (h.c.arrival_id == row["arrival_id"]) & (h.c.number == row["number"])
            detail = {name: value for name, value in row["detail"].items() if name != "leaves"}
            with town.work.unit() as uow:
                uow.conn.execute(h.update().where(line).values(detail=detail))


@pytest.mark.parametrize("of_before", [False, True], ids=["now", "before"])
@pytest.mark.parametrize(
    ("left", "here", "moves"),
    [(None, None, True), (None, "s2", False), ("s1", "s1", True), ("s1", "s2", False)],
)
def test_made_one_afterwards_they_go_along_from_the_same_place_alone(
    town: Trial, left: str | None, here: str | None, moves: bool, of_before: bool
) -> None:
    """Also where a version accepted it that did not write down where they were."""
    places(town, "s2,d,street,雁南街道,,620102005,,,")
    ids = one, other = pair(town)
    town.clock.moment += timedelta(minutes=1)
    for id, place in ((other, left), (one, here)):
        if place:
            put(town, id, place)
    before = where(town, one)
    assert answer(town, asked(town, other, scope=EVERYWHERE)).kind == "done"
    if of_before:
        as_written_before(town)
    assert decide_pair(town, ids, "same").result["goes_on"] == one
    assert where(town, one) == (("c2", None, "w3") if moves else before) and adds_up(town)


def test_whoever_lies_in_another_street_without_a_community_is_not_taken_from_there(town: Trial) -> None:
    places(town, "s2,d,street,雁南街道,,620102005,,,")
    ids = one, other = pair(town)
    town.clock.moment += timedelta(minutes=1)
    put(town, other, "s1")
    put(town, one, "s2")
    transfer = asked(town, other, scope=EVERYWHERE)
    assert decide_pair(town, ids, "same").result["goes_on"] == one
    town.clock.moment += timedelta(minutes=1)
    assert codes(answer(town, transfer)) == ("conflict", ["moved_meanwhile"]) and adds_up(town)


def test_whoever_lies_in_a_street_alone_is_taken_over_from_there(town: Trial) -> None:
    [id] = came(town)
    put(town, id, "s1")
    assert answer(town, asked(town, id, scope=EVERYWHERE)).kind == "done"
    assert where(town, id)[0] == "c2" and adds_up(town)


def test_where_both_are_asked_for_and_are_one_nobody_moves_twice(town: Trial) -> None:
    ids = one, other = pair(town)
    town.clock.moment += timedelta(minutes=1)
    first, second = asked(town, one), asked(town, other)
    decide_pair(town, ids, "same")
    town.clock.moment += timedelta(minutes=1)
    assert answer(town, first).result["arrivals"] == [one]
    assert answer(town, second).result["arrivals"] == [one], "they are there already"
    assert where(town, one)[0] == "c2" and adds_up(town)


def test_a_place_that_was_dissolved_meanwhile_is_the_one_that_answers_for_it(town: Trial) -> None:
    [id] = came(town)
    transfer = asked(town, id)
    places(town, "c4,s1,community,新社区,,,,,", "c2,s1,community,段家滩社区,,,,true,c4")
    assert answer(town, transfer, scope=Scope(frozenset({"c4"}))).kind == "done"
    assert where(town, id)[0] == "c4"


# -- one look at a time --------------------------------------------------------------------------------------


def test_the_page_of_a_transfer_says_who_where_and_why(town: Trial) -> None:
    one, _ = came(town, 2)
    transfer = asked(town, one, with_household=True, moves_on=NOON.date() + timedelta(days=2))
    visitor = Visitor(DOOR, town.work)
    shown = visitor.get("o2", f"/transfer/{transfer}").get_json()
    assert (shown["persons"], shown["note"], shown["moves_on"]) == (2, "他们照顾母亲", "2022-10-03")
    assert shown["new_address"] == "****", "masked until somebody says why"
    full = visitor.reveal("o2", "transfer", transfer, "to prepare the room").get_json()
    assert full["new_address"] == DOOR_THERE
    assert visitor.get("w1", f"/transfer/{transfer}").status_code == 403
    found = visitor.look_up("o1", "communities").get_json()["communities"]
    assert {(one["place_id"], one["above"]) for one in found} == {("c1", "拱星墩街道"), ("c2", "拱星墩街道")}
