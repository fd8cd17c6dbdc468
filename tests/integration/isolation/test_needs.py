"""Needs: asked for by a household or for it, met by a term, and never forgotten (P9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from field.scope import NOWHERE, Scope
from services.isolation import tables as t
from services.isolation.door import DOOR
from services.isolation.households.plan_again import plan_again
from services.isolation.needs.answer_need import answer_need
from services.isolation.needs.ask_need import ask_need
from services.isolation.needs.rows import Need, needs_of
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from tests.doors import Visitor
from tests.integration.isolation.saying import CLINIC, LINK, command, say_all, speaking
from tests.integration.isolation.trial import SEALER, Trial, arrival, china

ask = speaking(ask_need, "need.asked")
answer = speaking(answer_need, "need.answered")
report = speaking(report_task, "task.reported")
waive = speaking(waive_task, "task.waived")
NINE = china("2022-10-01 09:00")
STREET = Author("staff", "/console/street", "street")
CONTACT = Author("contact", "/contact/c-1", "c-1")


@pytest.fixture
def family(isolation: Trial) -> list[Event]:
    home = new_id()
    came = [arrival(level="medium", household_id=home) for _ in range(2)]
    isolation.follow(*came)
    isolation.clock.moment = NINE
    return came


def called_off(arrival_id: str, **more: Any) -> Event:
    return arrival(arrival_id, version=2, why=["called_off"], not_coming=True, **more)


def ids(came: list[Event]) -> list[str]:
    return [one.data["arrival_id"] for one in came]


def needs(isolation: Trial, came: list[Event]) -> list[Need]:
    with isolation.database.read() as conn:
        return needs_of(conn, ids(came))


def wanted(isolation: Trial, came: list[Event], kind: str = "food", **more: Any) -> Need:
    said = {"case_ids": ids(came), "kind": kind, "text": "rice and eggs", **more}
    assert ask(isolation, said, author=LINK).kind == "done"
    return needs(isolation, came)[0]


def task_of(isolation: Trial, need: Need) -> dict[str, Any]:
    return next(dict(row) for row in isolation.rows(t.tasks) if row["task_id"] == need.task_id)


def lines(isolation: Trial) -> list[str]:
    return [row["what"] for row in isolation.rows(t.case_history) if row["what"].startswith("need")]


def test_what_a_household_needs_is_one_task_of_its_team_with_a_clock(
    isolation: Trial, family: list[Event]
) -> None:
    need = wanted(isolation, family)
    assert (need.state, need.due_by, sorted(need.people)) == (
        "asked",
        NINE + timedelta(hours=8),
        sorted(ids(family)),
    )
    task = task_of(isolation, need)
    assert (task["kind"], task["role"], task["about"]) == ("meet_need", "grid_worker", need.need_id)
    assert task["staff_id"] == isolation.case(need.case_id)["owner"]
    assert lines(isolation) == ["need", "need"]
    assert isolation.recorded("need.urgent") == []
    assert isolation.audit()["balanced"]


def test_what_is_needed_stands_sealed_and_nowhere_in_clear(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family, text="insulin of my mother", kind="medicine")
    assert need.text and SEALER.unseal(need.text, "note") == "insulin of my mother"
    answer(
        isolation, {"need_id": need.need_id, "outcome": "met", "how": "visited", "note": "my mother slept"}
    )
    stored = str([isolation.rows(table) for table in (t.needs, t.case_history, t.tasks)])
    assert "mother" not in stored


@pytest.mark.parametrize(
    ("asked", "hours"),
    [({"kind": "medical", "text": "a fall"}, 0.5), ({"kind": "medicine", "text": None, "days_left": 1}, 4)],
)
def test_what_cannot_wait_is_told_at_once_at_any_hour(
    isolation: Trial, family: list[Event], asked: dict[str, Any], hours: float
) -> None:
    isolation.clock.moment = night = china("2022-10-01 23:10")
    need = wanted(isolation, family, **asked)
    [told] = isolation.recorded("need.urgent")
    task = task_of(isolation, need)
    assert (task["kind"], task["staff_id"]) == ("medical_need", "nurse")
    assert (need.due_by, told.data["due_by"]) == (night + timedelta(hours=hours),) * 2
    owner = isolation.case(need.case_id)["owner"]
    assert [one["staff_id"] for one in told.data["tell"]["staff"]] == ["nurse", owner] == list(need.told)
    assert told.correlationid in {isolation.case(one)["correlation_id"] for one in family}
    assert not {"kind", "text"} & told.data.keys()
    isolation.clock.moment = need.due_by + timedelta(hours=1)
    assert isolation.do(find_overdue) and task_of(isolation, need)["state"] == "missed"


def test_medicine_said_days_ago_on_a_phone_without_network_ends_as_it_was_said(
    isolation: Trial, family: list[Event]
) -> None:
    data = {"case_ids": ids(family), "kind": "medicine", "text": None, "days_left": 3}
    said = command(isolation, "need.asked", data, author=CLINIC)
    isolation.clock.advance(days=2)
    [outcome] = say_all(isolation, ask_need, [said])
    [need] = needs(isolation, family)
    assert outcome.kind == "done" and need.days_left == 3
    assert need.urgent and need.due_by == NINE + timedelta(days=2, hours=4), "it ends today"
    assert len(isolation.recorded("need.urgent")) == 1


def test_the_health_worker_hears_who_despairs(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family, "psychological")
    assert (task_of(isolation, need)["staff_id"], need.urgent) == ("nurse", False)


@pytest.mark.parametrize("author", [LINK, CLINIC, CONTACT])
def test_it_is_asked_for_once_however_often_it_comes(
    isolation: Trial, family: list[Event], author: Author
) -> None:
    said = {"case_ids": ids(family), "kind": "food", "text": "rice"}
    assert ask(isolation, said, id="same", author=author) == ask(isolation, said, id="same", author=author)
    assert len(needs(isolation, family)) == 1 and len(lines(isolation)) == 2
    assert isolation.audit()["balanced"]


def test_somebody_takes_it_up_and_meets_it(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family)
    isolation.clock.advance(minutes=12)
    answer(isolation, {"need_id": need.need_id, "outcome": "seen"})
    [seen] = needs(isolation, family)
    assert (seen.state, seen.seen_at) == ("seen", NINE + timedelta(minutes=12))
    isolation.clock.advance(hours=1)
    outcome = answer(isolation, {"need_id": need.need_id, "outcome": "met", "how": "left_at_door"})
    assert outcome.result["state"] == "met"
    [met] = needs(isolation, family)
    assert (met.state, met.how, met.settled_at) == ("met", "left_at_door", isolation.clock.now())
    assert [event.data["kind"] for event in isolation.recorded("task.done")] == ["meet_need"]
    assert lines(isolation) == ["need", "need", "need_seen", "need_met"]
    assert isolation.audit()["balanced"]


def test_what_is_not_possible_is_an_officers_until_they_decide(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family)
    said = {"need_id": need.need_id, "outcome": "not_possible", "because": "no_supplies"}
    assert answer(isolation, said).result["state"] == "not_possible"
    [now] = needs(isolation, family)
    assert (now.state, now.because, task_of(isolation, need)["state"]) == (
        "not_possible",
        "no_supplies",
        "not_possible",
    )
    waived = {"task_id": need.task_id, "expects": 1, "reason": "they have it by now"}
    assert waive(isolation, waived, author=STREET).kind == "done"
    assert needs(isolation, family)[0].state == "not_met"


def test_it_is_met_also_where_somebody_says_so_of_its_task(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family)
    report(isolation, {"task_id": need.task_id, "outcome": "done", "how": "seen"})
    assert needs(isolation, family)[0].state == "met"


def test_a_household_takes_back_what_it_needs_no_more_and_nothing_else(
    isolation: Trial, family: list[Event]
) -> None:
    need = wanted(isolation, family)
    refused = answer(isolation, {"need_id": need.need_id, "outcome": "met", "how": "visited"}, author=LINK)
    assert refused.kind == "not_allowed"
    for _ in range(2):
        said = {"need_id": need.need_id, "outcome": "withdrawn"}
        assert answer(isolation, said, author=LINK).result["state"] == "withdrawn"
    assert task_of(isolation, need)["state"] == "cancelled"
    assert isolation.audit()["balanced"]


def test_a_contact_person_takes_back_only_what_they_asked_for(isolation: Trial, family: list[Event]) -> None:
    said = {"need_id": wanted(isolation, family).need_id, "outcome": "withdrawn"}
    assert answer(isolation, said, author=CONTACT).kind == "not_allowed"
    own = ask(isolation, {"case_ids": ids(family), "kind": "food", "text": "eggs"}, author=CONTACT)
    withdrawn = {"need_id": own.result["need_id"], "outcome": "withdrawn"}
    assert answer(isolation, withdrawn, author=CONTACT).kind == "done"


def test_what_cannot_wait_is_not_called_off_for_somebody_is_on_the_way(
    isolation: Trial, family: list[Event]
) -> None:
    need = wanted(isolation, family, "medical")
    assert (
        answer(isolation, {"need_id": need.need_id, "outcome": "withdrawn"}, author=LINK).kind == "conflict"
    )
    assert needs(isolation, family)[0].state == "asked"


def test_it_is_the_task_of_who_stays_longest_and_ends_with_that_case(isolation: Trial) -> None:
    home = new_id()
    came = [arrival(level=level, household_id=home) for level in ("medium", "low")]
    isolation.follow(*came)
    isolation.clock.moment = NINE
    need = wanted(isolation, came)
    ends = {case["release_on"]: case["case_id"] for case in map(isolation.case, came)}
    assert len(ends) == 2 and need.case_id == ends[max(ends)]
    first = next(one for one in came if one.data["arrival_id"] != need.case_id)
    isolation.follow(called_off(first.data["arrival_id"], household_id=home))
    assert needs(isolation, came)[0].state == "asked"
    isolation.follow(called_off(need.case_id, household_id=home))
    assert needs(isolation, came)[0].state == "ended"
    assert isolation.do(plan_again) == 0
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("kind", ["food", "medical"])
def test_a_need_goes_on_with_who_stays_when_the_case_with_its_task_ends(
    isolation: Trial, family: list[Event], kind: str
) -> None:
    need = wanted(isolation, family, kind)
    home = isolation.case(need.case_id)["household_id"]
    [stays] = set(ids(family)) - {need.case_id}
    isolation.clock.advance(hours=9)  # past its term: it climbs on at once
    isolation.follow(called_off(need.case_id, household_id=home))
    assert isolation.do(plan_again) == 1 and isolation.do(plan_again) == 0
    [now] = needs(isolation, family)
    assert (now.state, now.case_id, now.due_by) == ("asked", stays, need.due_by)
    task = task_of(isolation, now)
    assert (task["case_id"], task["about"], task["kind"]) == (
        stays,
        need.need_id,
        "medical_need" if kind == "medical" else "meet_need",
    )
    assert isolation.do(find_overdue) and task_of(isolation, now)["state"] == "missed"
    said = {"need_id": need.need_id, "outcome": "met", "how": "visited"}
    assert answer(isolation, said).result["state"] == "met"
    assert isolation.audit()["balanced"]


def test_who_is_followed_no_more_asks_for_nothing(isolation: Trial, family: list[Event]) -> None:
    home = isolation.case(family[0])["household_id"]
    isolation.follow(*(called_off(id, household_id=home) for id in ids(family)))
    said = {"case_ids": ids(family), "kind": "food", "text": "rice"}
    assert ask(isolation, said).kind == "conflict" and isolation.rows(t.needs) == []


def test_what_lies_outside_the_scope_does_not_exist(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family)
    other = Scope(households=frozenset({new_id()}))
    for scope in (NOWHERE, other):
        said = {"case_ids": ids(family), "kind": "food", "text": "rice"}
        assert ask(isolation, said, scope=scope, author=LINK).kind == "unknown"
        for id in (need.need_id, new_id(), "no id"):
            assert answer(isolation, {"need_id": id, "outcome": "withdrawn"}, scope=scope).kind == "unknown"
    own = Scope(households=frozenset({isolation.case(family[0])["household_id"]}))
    withdrawn = {"need_id": need.need_id, "outcome": "withdrawn"}
    assert answer(isolation, withdrawn, scope=own, author=LINK).kind == "done"


@pytest.mark.parametrize(
    ("how", "field"),
    [
        ({"outcome": "met"}, "how"),
        ({"outcome": "not_possible"}, "because"),
        ({"outcome": "not_possible", "because": "other"}, "note"),
    ],
)
def test_an_answer_that_says_too_little_is_refused(
    isolation: Trial, family: list[Event], how: dict[str, Any], field: str
) -> None:
    need = wanted(isolation, family)
    outcome: Outcome = answer(isolation, {"need_id": need.need_id, **how})
    assert [fault.where for fault in outcome.faults] == [field]


def listed(isolation: Trial, who: str = "officer", **asked: str) -> list[dict[str, Any]]:
    found = Visitor(DOOR, isolation.work).get(who, "/lists/open_needs", **asked)
    assert found.status_code == 200, found.json
    rows: list[dict[str, Any]] = found.get_json()["rows"]
    return rows


def test_officers_and_workers_have_the_list_of_what_is_open_without_what_was_written(
    isolation: Trial, family: list[Event]
) -> None:
    food = wanted(isolation, family)
    isolation.clock.advance(minutes=1)
    fall = wanted(isolation, family, "medical", text="a fall")
    rows = listed(isolation)
    assert [row["need_id"] for row in rows] == [fall.need_id, food.need_id], "by their clocks"
    assert [(row["kind"], row["urgent"], row["to_decide"]) for row in rows] == [
        ("medical", True, False),
        ("food", False, False),
    ]
    assert "text" not in rows[0] and "a fall" not in str(rows)
    assert [row["need_id"] for row in listed(isolation, kind="food")] == [food.need_id]
    assert len(listed(isolation, "worker-1", place="g-1")) == 2
    isolation.clock.advance(hours=1)
    assert [row["need_id"] for row in listed(isolation, overdue="yes")] == [fall.need_id]
    assert [row["need_id"] for row in listed(isolation, overdue="no")] == [food.need_id]
    answer(isolation, {"need_id": fall.need_id, "outcome": "met", "how": "visited"})
    said = {"need_id": food.need_id, "outcome": "not_possible", "because": "no_supplies"}
    answer(isolation, said)
    [left] = listed(isolation)
    assert (left["need_id"], left["to_decide"]) == (food.need_id, True)


def test_two_answers_of_one_batch_find_each_other(isolation: Trial, family: list[Event]) -> None:
    need = wanted(isolation, family)
    said = [
        command(isolation, "need.answered", {"need_id": need.need_id, "outcome": "met", "how": "by_phone"}),
        command(isolation, "need.answered", {"need_id": need.need_id, "outcome": "withdrawn"}, author=LINK),
    ]
    assert [one.kind for one in say_all(isolation, answer_need, said)] == ["done", "conflict"]
    assert needs(isolation, family)[0].state == "met"
