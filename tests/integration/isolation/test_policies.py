"""Policies: published once, awaited where there is none, applied to open cases, corrected."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis.database.tables import TABLES
from contracts.envelope import Event
from contracts.faults import Refused
from services.isolation import handover
from services.isolation import tables as t
from services.isolation.cases.apply_policies import apply_policies
from services.isolation.cases.hand_over import hand_over
from services.isolation.cases.open_waiting import open_waiting
from services.isolation.cases.try_policy import try_policy
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.policies.known import policies_with_ids, texts_of
from services.isolation.policies.withdraw_policy import Withdrawn, withdraw_by_shell
from services.isolation.revisions import REVISIONS
from services.isolation.teams.copies import STAFF
from tests.integration.isolation.trial import (
    CHINA,
    GRID,
    MORNING,
    Trial,
    arrival,
    china,
    kinds,
    staff,
)
from tests.waiting import eventually

DOCUMENTS = {document["policy_id"]: document for document in documents.shipped()}


# -- publishing, and waiting for one ----------------------------------------------------------------------


def test_a_policy_is_published_once_and_again_only_when_its_text_changes(empty: Trial):
    document = DOCUMENTS["cn-2022-06"]
    assert empty.do(import_policy, document).new
    assert not empty.do(import_policy, document).new
    corrected = {**document, "remarks": ["corrected"]}
    assert empty.do(import_policy, corrected).version == 2
    told = empty.recorded("policy.published")
    assert [(e.subject, e.version) for e in told] == [("cn-2022-06", 1), ("cn-2022-06", 2)]
    assert told[0].data["document"] == document and "71号" in told[0].data["source"]


def test_a_policy_is_built_once_for_all_pages_and_anew_where_its_text_changes(empty: Trial):
    def rules() -> dict[str, Any]:
        with empty.database.read() as conn:
            return {id: one.rules for id, one in policies_with_ids(conn, None, CHINA).items()}

    document = DOCUMENTS["cn-2022-06"]
    empty.do(import_policy, document)
    before = rules()
    assert rules()["cn-2022-06"] is before["cn-2022-06"]
    empty.do(import_policy, {**document, "remarks": ["corrected"]})
    assert rules()["cn-2022-06"] is not before["cn-2022-06"]


def test_of_a_policy_with_errors_nothing_is_stored(empty: Trial):
    with pytest.raises(Refused) as caught:
        empty.do(import_policy, {**DOCUMENTS["cn-2022-06"], "places": ["x"], "valid_from": "soon"})
    assert {fault.where for fault in caught.value.faults} == {"places[0]", "valid_from"}
    assert not empty.rows(t.policies) and not empty.rows(TABLES["outbox"])


def test_an_arrival_before_any_policy_waits_and_gets_its_case_with_the_first_one(empty: Trial):
    empty.with_neighbourhood()
    came = arrival(level="none")
    raised = arrival(came.subject, version=2, at=MORNING + timedelta(minutes=5))
    empty.follow(raised)
    empty.follow(came)
    assert not empty.rows(t.cases) and empty.audit()["waiting_for_policy"] == 1
    assert [row["version"] for row in empty.trace(came.subject or "")["waiting_for_policy"]] == [1, 2]
    with empty.database.read() as conn:
        assert handover.excused(conn, [came.subject or ""]) == {(came.subject, 1), (came.subject, 2)}
    assert empty.until_done(open_waiting) == 0
    empty.clock.advance(minutes=30)
    empty.with_policies("cn-2022-06")
    assert empty.until_done(open_waiting) == 2
    assert empty.case(came)["measure"] == "central_isolation"
    assert not empty.rows(t.waiting_for_policy) and empty.audit()["balanced"]
    assert empty.recorded("case.opened")[0].correlationid == came.correlationid


def test_a_policy_for_another_place_does_not_end_the_wait(empty: Trial):
    empty.follow(arrival())
    elsewhere = {**DOCUMENTS["cn-2022-06"], "policy_id": "beijing", "places": ["11"]}
    empty.do(import_policy, elsewhere)
    assert empty.until_done(open_waiting) == 1
    assert empty.audit()["waiting_for_policy"] == 1 and not empty.rows(t.cases)


# -- open cases -------------------------------------------------------------------------------------------


def test_a_policy_that_says_so_plans_open_cases_anew_from_today(isolation: Trial):
    isolation.clock.moment = at = china("2022-11-09 07:00")
    came = arrival(at=at, arrived_at=at, left_on=date(2022, 11, 9))
    informed = arrival(level="none", at=at, arrived_at=at)
    isolation.follow(came, informed)
    isolation.clock.moment = china("2022-11-11 00:01")
    isolation.run_timers()
    case = isolation.case(came)
    assert (case["measure"], case["policy_id"]) == ("home_isolation", "cn-2022-11")
    assert case["release_on"] == date(2022, 11, 16), "days served count"
    changed = {e.subject: e.data["change"]["kinds"] for e in isolation.recorded("case.changed")}
    assert changed == {came.subject: ["laxer"]}
    past = [task for task in isolation.tasks(came) if task["due_by"] < china("2022-11-11 00:00")]
    of_windows = [task for task in past if task["kind"] in ("check_in", "test")]
    assert {task["state"] for task in of_windows} == {"due"}, "they are left, and by night nothing climbs"
    live = [task for task in isolation.tasks(came, "due") if task["due_from"] >= isolation.clock.moment]
    assert {"supplies", "first_contact", "signed_notice"} <= set(kinds(live))
    assert isolation.do(apply_policies) == 0
    assert isolation.audit()["balanced"]


def test_a_policy_that_does_not_say_so_leaves_open_cases_alone(isolation: Trial):
    came = arrival()
    isolation.follow(came)
    before = isolation.tasks(came)
    stricter = {**DOCUMENTS["cn-2022-11"], "policy_id": "new", "valid_from": "2022-10-01"}
    isolation.do(import_policy, {**stricter, "applies_to_open_cases": False})
    isolation.until_done(apply_policies)
    assert isolation.tasks(came) == before and isolation.case(came)["policy_id"] == "cn-2022-06"
    later = arrival()
    isolation.follow(later)
    assert isolation.case(later)["policy_id"] == "new"


def test_an_arrival_before_midnight_handled_after_it_comes_under_the_new_policy(isolation: Trial):
    evening = china("2022-11-10 23:59:50")
    isolation.clock.moment = china("2022-11-11 00:00:05")
    came = arrival(at=evening, arrived_at=evening, left_on=date(2022, 11, 10))
    isolation.follow(came)
    assert isolation.case(came)["policy_id"] == "cn-2022-06", "the policy in force at the event's time"
    isolation.run_timers()
    assert (isolation.case(came)["policy_id"], isolation.case(came)["measure"]) == (
        *("cn-2022-11", "home_isolation"),
    )
    assert isolation.do(apply_policies) == 0 and isolation.audit()["balanced"]


def test_a_new_policy_reaches_the_case_of_a_worker_who_has_left(isolation: Trial):
    isolation.clock.moment = at = china("2022-11-10 07:00")
    came = arrival(at=at, arrived_at=at, left_on=date(2022, 11, 10))
    isolation.follow(came)
    isolation.clock.moment = china("2022-11-11 00:01")
    isolation.do(STAFF.keep, [staff("worker-1", "grid_worker", GRID, 2, active=False)])
    assert isolation.do(hand_over) == 1
    isolation.run_timers()
    case = isolation.case(came)
    assert (case["owner"], case["policy_id"]) == ("worker-2", "cn-2022-11")


# -- corrections ------------------------------------------------------------------------------------------


def monitored_for(days: int, *, applies: bool = True) -> dict[str, Any]:
    """A policy with so many days of health monitoring for who comes from a low-risk area."""
    document = DOCUMENTS["cn-2022-06"]
    low = {**document["levels"]["low"], "days": days}
    return {
        **document,
        **{"policy_id": "corrected", "valid_from": "2022-10-01", "applies_to_open_cases": applies},
        "levels": {**document["levels"], "low": low},
    }


def visits(isolation: Trial, came: Event, *states: str) -> list[date]:
    """The days on which the measure is to end."""
    tasks = isolation.tasks(came, *states)
    return [x["due_from"].astimezone(CHINA).date() for x in tasks if x["kind"] == "closing_call"]


def test_a_corrected_policy_reaches_the_cases_that_are_under_it(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came, informed = arrival(level="low"), arrival(level="none")
    isolation.follow(came, informed)
    isolation.clock.advance(days=2)
    isolation.run_timers()
    isolation.do(import_policy, monitored_for(7))
    isolation.run_timers()
    case = isolation.case(came)
    assert (case["days"], case["release_on"]) == (7, date(2022, 10, 8))
    (changed,) = isolation.recorded("case.changed")
    assert changed.subject == came.subject and changed.data["change"]["kinds"] == ["stricter"]
    assert (changed.data["days"], changed.data["release_on"]) == (7, date(2022, 10, 8))
    assert isolation.do(apply_policies) == 0
    for _ in range(5):
        isolation.clock.advance(days=1)
        isolation.run_timers()
    assert visits(isolation, came) == [date(2022, 10, 8)] and isolation.audit()["balanced"]


def test_a_correction_on_the_last_day_goes_on_with_the_days_that_were_missing(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.advance(days=5)
    isolation.run_timers()
    assert isolation.case(came)["plan_next"] is None
    isolation.do(import_policy, monitored_for(7))
    isolation.run_timers()
    assert visits(isolation, came, "cancelled") == [date(2022, 10, 6)]
    isolation.clock.advance(days=1)
    isolation.run_timers()
    assert visits(isolation, came, "due") == [date(2022, 10, 8)] and isolation.audit()["balanced"]


@pytest.mark.parametrize("applies", [True, False])
def test_a_correction_to_fewer_days_than_were_served_ends_the_measure_now(isolation: Trial, applies: bool):
    isolation.do(import_policy, monitored_for(7, applies=applies))
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.advance(days=6)
    isolation.run_timers()
    isolation.do(import_policy, monitored_for(5, applies=applies))
    isolation.run_timers()
    assert isolation.case(came)["release_on"] == date(2022, 10, 6)
    assert visits(isolation, came, "due") == [date(2022, 10, 7)]
    assert [e.data["change"]["kinds"] for e in isolation.recorded("case.changed")] == [["laxer"]]
    assert isolation.do(apply_policies) == 0 and isolation.audit()["balanced"]


def test_a_policy_corrected_to_apply_to_open_cases_reaches_those_that_met_it_before(isolation: Trial):
    came = arrival(level="low")
    isolation.follow(came)
    isolation.do(import_policy, monitored_for(5, applies=False))
    isolation.follow(arrival(came.subject, version=2, level="low"))
    isolation.run_timers()
    assert isolation.case(came)["policy_id"] == "cn-2022-06"
    isolation.do(import_policy, monitored_for(5))
    isolation.run_timers()
    assert (isolation.case(came)["policy_id"], isolation.case(came)["days"]) == ("corrected", 5)


def test_a_correction_that_asks_for_nothing_else_is_not_published(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came = arrival(level="low")
    isolation.follow(came)
    isolation.clock.advance(days=4)
    isolation.run_timers()
    before = isolation.tasks(came)
    isolation.do(import_policy, {**monitored_for(5), "remarks": ["a word was misspelt"]})
    isolation.run_timers()
    assert isolation.tasks(came) == before and not isolation.recorded("case.changed")


# -- withdrawals ------------------------------------------------------------------------------------------


def withdraw(isolation: Trial, policy_id: str) -> Withdrawn:
    """Its newest text; 1 of a policy that there is not."""
    versions = [row["version"] for row in isolation.rows(t.policies) if row["policy_id"] == policy_id]
    [version] = versions or [1]
    done: Withdrawn = isolation.do(withdraw_by_shell, policy_id, version, "days typed wrong", "li")
    isolation.run_timers()
    return done


def stands(isolation: Trial, came: Event) -> tuple[Any, ...]:
    """What somebody is asked for, by which policy and until when."""
    case = isolation.case(came)
    asked = [(task["kind"], task["due_from"]) for task in isolation.tasks(came, "due")]
    return case["measure"], case["days"], case["release_on"], case["policy_id"], sorted(asked)


def test_a_withdrawn_correction_puts_the_text_of_before_in_force_and_keeps_every_text(isolation: Trial):
    isolation.do(import_policy, monitored_for(5))
    came = arrival(level="low")
    isolation.follow(came)
    before = stands(isolation, came)
    isolation.do(import_policy, monitored_for(15), "wang")
    isolation.run_timers()
    assert isolation.case(came)["release_on"] == date(2022, 10, 16)
    assert withdraw(isolation, "corrected") == Withdrawn("corrected", 3, restored=1)
    assert stands(isolation, came) == before
    assert [e.data["change"]["kinds"] for e in isolation.recorded("case.changed")] == [
        ["stricter"],
        ["laxer"],
    ]
    isolation.do(import_policy, monitored_for(6))
    assert withdraw(isolation, "corrected").restored == 1, "not the text that was withdrawn before"
    with isolation.database.read() as conn:
        texts = texts_of(conn, "corrected")
    days = [text["document"]["levels"]["low"]["days"] for text in texts]
    assert [*zip([text["version"] for text in texts], days, strict=True)] == [
        *((1, 5), (2, 15), (3, 5), (4, 6), (5, 5))
    ]
    said = [(text["what"], text["source"], text["reason"]) for text in texts[:3]]
    assert said == [
        ("published", "/command-line", None),
        ("published", "/command-line/wang", None),
        ("withdrawn", "/command-line/li", "days typed wrong"),
    ]
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("applies", [True, False])
def test_where_a_withdrawn_policy_was_new_the_policy_of_before_is_in_force(isolation: Trial, applies: bool):
    """Whoever came under it is planned as if they had come under the other, whether or not that one applies
    to open cases.
    """
    early = arrival(level="low")
    isolation.follow(early)
    before = stands(isolation, early)
    isolation.do(import_policy, monitored_for(15, applies=applies))
    late = arrival(level="low")
    isolation.follow(late)
    isolation.run_timers()
    assert [isolation.case(came)["days"] for came in (early, late)] == [15 if applies else before[1], 15]
    assert withdraw(isolation, "corrected") == Withdrawn("corrected", 2, restored=None)
    assert stands(isolation, early) == before and stands(isolation, late)[:4] == before[:4]
    told = isolation.recorded("case.changed")
    laxer = [e.subject for e in told if e.data["change"]["kinds"] == ["laxer"]]
    assert sorted(laxer) == sorted(came.subject for came in ([early, late] if applies else [late]))
    isolation.follow(arrival(late.subject, version=2, level="low"))
    isolation.follow(newcomer := arrival(level="low"))
    isolation.run_timers()
    assert {isolation.case(came)["policy_id"] for came in (early, late, newcomer)} == {"cn-2022-06"}
    assert isolation.recorded("case.changed") == told and isolation.do(apply_policies) == 0
    newest = isolation.recorded("policy.published")[-1]
    assert (newest.version, newest.data["withdrawn"]) == (2, True) and isolation.audit()["balanced"]


def test_what_cannot_be_withdrawn_is_refused_and_nothing_changes(empty: Trial):
    empty.do(import_policy, DOCUMENTS["cn-2022-06"])
    later = {**DOCUMENTS["cn-2022-06"], "policy_id": "later", "valid_from": "2023-01-01"}
    empty.do(import_policy, later)
    told = len(empty.recorded("policy.published"))
    for policy_id, code in (("cn-2022-06", "nothing_else"), ("nowhere", "unknown")):
        with pytest.raises(Refused) as caught:
            withdraw(empty, policy_id)
        assert [fault.code for fault in caught.value.faults] == [code]
    for reason in ("", " ", "x" * 501):
        with pytest.raises(Refused, match="reason"):
            empty.do(withdraw_by_shell, "later", 1, reason, "li")
    assert len(empty.recorded("policy.published")) == told and len(empty.rows(t.policy_texts)) == 2
    withdraw(empty, "later")
    for again in (
        lambda: withdraw(empty, "later"),
        lambda: empty.do(import_policy, later),
        lambda: try_policy(conn, later, now=empty.clock.now(), zone=CHINA),
    ):
        with empty.database.read() as conn, pytest.raises(Refused) as caught:
            again()
        assert [fault.code for fault in caught.value.faults] == ["withdrawn"]


@pytest.mark.parametrize(
    ("before", "withdrawn", "on", "bare"),
    [
        ({"valid_to": "2022-10-05"}, {}, 10, 10),
        ({"valid_to": "2022-10-05"}, {}, 4, 6),
        ({"valid_to": "2022-10-05"}, {"policy_id": "next", "valid_from": "2022-10-01"}, 4, 6),
        ({"places": ["62"]}, {}, 4, 4),
        ({"valid_to": "2022-10-05"}, {"valid_to": "2022-10-05", "remarks": ["short"]}, 4, None),
        ({"valid_to": "9999-12-31"}, {}, 10, None),
    ],
)
def test_a_withdrawal_leaves_nobody_without_a_policy(
    empty: Trial, before: dict[str, Any], withdrawn: dict[str, Any], on: int, bare: int | None
):
    """:param bare: the day of October from which on none would hold; None: one holds always."""
    document = DOCUMENTS["cn-2022-06"]
    empty.do(import_policy, document | before)
    empty.do(import_policy, wrong := document | withdrawn)
    empty.clock.moment = china(f"2022-10-{on:02} 07:00")
    if bare is None:
        assert withdraw(empty, wrong["policy_id"]).restored == 1
        return
    with pytest.raises(Refused, match=rf"on 2022-10-{bare:02} \(everywhere\)") as caught:
        withdraw(empty, wrong["policy_id"])
    assert [fault.code for fault in caught.value.faults] == ["nothing_else"]


def test_texts_from_before_texts_were_kept(empty: Trial):
    empty.do(import_policy, monitored_for(5))
    empty.do(import_policy, monitored_for(6))
    with empty.database.begin() as conn:
        conn.execute(t.policy_texts.delete())
    with empty.database.read() as conn:
        assert [(text["version"], text["source"]) for text in texts_of(conn, "corrected")] == [(2, None)]
    with pytest.raises(Refused) as caught:
        withdraw(empty, "corrected")
    assert [fault.code for fault in caught.value.faults] == ["not_kept"]
    empty.do(import_policy, monitored_for(7))
    assert withdraw(empty, "corrected").restored == 2


def test_whoever_changes_a_policy_waits_for_others_before_its_row_is_locked(on_postgresql: Trial):
    """Else one who publishes and one who withdraws wait for each other."""
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    publish = partial(on_postgresql.do, import_policy, DOCUMENTS["cn-2022-06"] | {"remarks": ["more"]})
    policy = select(t.policies).where(t.policies.c.policy_id == "cn-2022-06")
    with ThreadPoolExecutor(1) as beside:
        with on_postgresql.database.begin() as conn:
            REVISIONS.mark_changed(conn, "policies")
            published = beside.submit(publish)
            assert eventually(lambda: conn.execute(waiting).scalar_one())
            assert conn.execute(policy.with_for_update(nowait=True)).one()
        assert published.result(timeout=10).version == 2
