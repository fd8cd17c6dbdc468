"""Staff are told of much by one digest an hour, which says numbers only."""

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification import handover
from services.notification.events.digest import DIGEST
from services.notification.messages import queries, write_digests
from services.notification.messages.attempts import BackOff
from services.notification.reference.tables import places, staff
from services.notification.tables import messages
from tests.at_once import at_once
from tests.integration.notification.pacing import (
    USUAL,
    at,
    contact,
    digest_messages,
    digest_rows,
    late,
    plan,
    send,
    team,
    turn,
    with_clock,
)
from tests.integration.notification.trial import (
    QUICK,
    RULES,
    SEALER,
    TEXTS,
    Gateway,
    event,
    opened,
    recorded,
    rows,
    states,
)


@pytest.fixture
def nine(work: Work, tmp_path: Path) -> Work:
    """It is 09:20."""
    return with_clock(work, tmp_path, at(9, 20))


def by_reason(work: Work) -> dict[tuple[str, str | None], int]:
    found: dict[tuple[str, str | None], int] = {}
    for row in rows(work):
        if row["rule"] != DIGEST:
            key = row["state"], row["reason"]
            found[key] = found.get(key, 0) + 1
    return found


def assert_balanced(work: Work) -> None:
    with work.database.read() as conn:
        sums = handover.sums(conn, at(0).date())
    assert sums.balanced, sums


def test_many_overdue_tasks_are_one_digest_at_the_next_full_hour(nine: Work, gateway: Gateway) -> None:
    plan(nine, [late(kind="test") for _ in range(3)] + [late(community="c2") for _ in range(2)])
    turn(nine)
    send(nine, gateway)
    assert by_reason(nine) == {("held", "for_digest"): 5}
    assert digest_messages(nine) == []
    nine.clock.set(at(10))
    turn(nine)
    send(nine, gateway)
    assert by_reason(nine) == {("cancelled", "in_digest"): 5}
    (digest,) = digest_messages(nine)
    assert (digest["state"], digest["staff_id"]) == ("accepted", "w1")
    assert digest["parameters"]["overdue"] == 5
    assert digest["parameters"]["overdue_kinds"] == [["test", 3], ["first_contact", 2]]
    (row,) = digest_rows(nine)
    assert {message["digest"] for message in rows(nine) if message["rule"] != DIGEST} == {row["id"]}
    assert row["message_id"] == digest["id"]
    assert_balanced(nine)


def test_an_urgent_task_is_told_at_once_and_never_folded(nine: Work, gateway: Gateway) -> None:
    plan(nine, [late(kind="escort_to_site"), late(kind="test")])
    send(nine, gateway)
    assert by_reason(nine) == {("accepted", "http_202"): 1, ("held", "for_digest"): 1}


def test_the_text_of_a_digest_names_communities_and_nobody(nine: Work, gateway: Gateway) -> None:
    place = {"place_id": "c1", "version": 1, "level": "community", "name": "大众巷社区", "removed": False}
    with nine.database.begin() as conn:
        conn.execute(insert(places), place)
    case = opened(team=team("w2", "w1"))
    plan(nine, [late(kind="test"), late(kind="supplies", community="unknown"), case])
    nine.clock.set(at(10))
    turn(nine)
    (digest,) = digest_messages(nine)
    with nine.database.read() as conn:
        shown = queries.trace(conn, digest["case_id"], sealer=SEALER, texts=TEXTS)["messages"]
    (text,) = [message["text"] for message in shown]
    assert text == "新逾期2项：配送防疫物资1、核酸采样1；大众巷社区1。新增个案1例。请及时办理。"


def test_there_is_one_digest_an_hour_however_often_the_timer_runs(nine: Work, gateway: Gateway) -> None:
    for minute in (20, 40):
        nine.clock.set(at(9, minute))
        plan(nine, [late()])
    nine.clock.set(at(10, 1))
    turn(nine)
    turn(nine)
    plan(nine, [late()])
    turn(nine)
    send(nine, gateway)
    nine.clock.set(at(10, 59))
    turn(nine)
    assert [d["parameters"]["overdue"] for d in digest_messages(nine)] == [2]
    nine.clock.set(at(11))
    turn(nine)
    assert [d["parameters"]["overdue"] for d in digest_messages(nine)] == [2, 1]
    assert_balanced(nine)


def test_hours_that_were_missed_are_one_digest(nine: Work, gateway: Gateway) -> None:
    for hour in (9, 10, 11):
        nine.clock.set(at(hour, 30))
        plan(nine, [late()])
    nine.clock.set(at(13, 7))
    turn(nine)
    (digest,) = digest_messages(nine)
    assert digest["parameters"]["overdue"] == 3
    assert_balanced(nine)


def test_while_a_digest_waits_for_the_gateway_there_is_no_second_one(nine: Work, gateway: Gateway) -> None:
    plan(nine, [late()])
    nine.clock.set(at(10))
    turn(nine)
    plan(nine, [late(), late()])
    nine.clock.set(at(11))
    turn(nine)
    assert len(digest_messages(nine)) == 1
    send(nine, gateway)
    nine.clock.set(at(12))
    turn(nine)
    assert [d["parameters"]["overdue"] for d in digest_messages(nine)] == [1, 2]


def test_members_of_a_team_learn_by_the_digest_that_they_have_cases(nine: Work, gateway: Gateway) -> None:
    plan(nine, [opened(team=team("w1", "h1", "o1")) for _ in range(3)] + [opened(team=team("h1", "w1"))])
    assert_balanced(nine)
    turn(nine)
    assert {(d["staff_id"], d["cases"]) for d in digest_rows(nine)} == {("h1", 3), ("o1", 3), ("w1", 1)}
    nine.clock.set(at(10))
    turn(nine)
    send(nine, gateway)
    new = {d["staff_id"]: d["parameters"]["new_cases"] for d in digest_messages(nine)}
    assert new == {"h1": 3, "o1": 3, "w1": 1}
    assert states(nine) == {"accepted": 8 + 3}
    assert_balanced(nine)


def test_a_case_that_is_counted_late_is_told_by_the_next_digest(nine: Work, gateway: Gateway) -> None:
    """A replica counts for ten o'clock while another already writes the digest of that hour."""
    plan(nine, [opened(team=team("w1", "h1"))])
    nine.clock.set(at(10))
    turn(nine)
    send(nine, gateway)
    nine.clock.set(at(9, 59))
    plan(nine, [opened(team=team("w1", "h1"))])
    nine.clock.set(at(10, 1))
    turn(nine)
    assert len(digest_messages(nine)) == 1
    nine.clock.set(at(11))
    turn(nine)
    assert [d["parameters"]["new_cases"] for d in digest_messages(nine)] == [1, 1]
    assert_balanced(nine)


def test_nobody_is_told_by_a_digest_of_a_case_that_has_ended(nine: Work, gateway: Gateway) -> None:
    gone = late()
    case_id = gone.data["case_id"]
    ended = opened(
        case_id, version=2, type="case.changed", state="cancelled", today=[],
        change={"kinds": ["cancelled"], "previous_measure": "home_isolation", "reason": None},
    )  # fmt: skip
    plan(nine, [gone, late()])
    plan(nine, [ended])
    nine.clock.set(at(10))
    turn(nine)
    assert digest_messages(nine)[0]["parameters"]["overdue"] == 1
    assert by_reason(nine)["cancelled", "superseded"] == 1


def test_a_digest_that_reaches_nobody_names_all_it_was_about(nine: Work, gateway: Gateway) -> None:
    overdue = [late(), late()]
    plan(nine, [*overdue, opened(team=team("w2", "w1"))])
    send(nine, gateway)
    nine.clock.set(at(10))
    turn(nine)
    gateway.behave(fail_share=1.0, fail_status=400)
    sender = gateway.sender(nine, replace(QUICK, pace=USUAL, back_off=BackOff(tries=1, first=0.01)))
    while sender.run_once():
        pass
    (lost,) = recorded(nine, "message.undeliverable")
    data = lost["data"]
    keys = {f"overdue:{event.data['task_id']}:1" for event in overdue}
    assert {about["about"] for about in data["abouts"]} == {*keys, "team:2022-10-01T02"}
    assert {about["case_id"] for about in data["abouts"]} >= {event.data["case_id"] for event in overdue}
    assert {about["level"] for about in data["abouts"]} == {"worker", None}
    first = data["abouts"][0]
    assert (data["case_id"], data["about"], data["level"]) == (
        first["case_id"],
        first["about"],
        first["level"],
    )
    assert data["recipient"]["staff_id"] == "w1"


def test_a_trace_shows_in_which_digests_a_case_was_told(nine: Work, gateway: Gateway) -> None:
    case = opened(team=team("w1", "h1"))
    case_id = case.data["case_id"]
    plan(nine, [case, late(case_id=case_id, arrival_id=case_id)])
    turn(nine)
    with nine.database.read() as conn:
        before = queries.trace(conn, case_id)
    (counted,) = before["counted"]
    assert (counted["recipient"]["staff_id"], counted["state"]) == ("h1", None)
    nine.clock.set(at(10))
    turn(nine)
    send(nine, gateway)
    with nine.database.read() as conn:
        after = queries.trace(conn, case_id)
    assert [digest["state"] for digest in after["counted"]] == ["accepted"]
    (folded,) = [m for m in after["messages"] if m["rule"] == "ladder_overdue"]
    assert (folded["state"], folded["reason"]) == ("cancelled", "in_digest")
    assert folded["digest"]["state"] == "accepted"
    assert folded["digest"]["message_id"] in {row["id"] for row in rows(nine)}


def test_a_deputy_gets_the_digest_of_whoever_is_away(nine: Work, gateway: Gateway) -> None:
    person = {"place": "c1", "version": 1, "active": True, "language": "zh-CN", "person": contact()}
    away = {"away_from": at(0), "away_to": at(12), "deputy": "w9"}
    there = {"away_from": None, "away_to": None, "deputy": None}
    with nine.database.begin() as conn:
        conn.execute(insert(staff), {"staff_id": "w1", "role": "grid_worker", **person, **away})
        conn.execute(insert(staff), {"staff_id": "w9", "role": "health_worker", **person, **there})
    plan(nine, [late(), late("w9"), late(kind="escort_to_site")])
    send(nine, gateway)
    nine.clock.set(at(10))
    turn(nine)
    send(nine, gateway)
    assert [(d["staff_id"], d["parameters"]["overdue"]) for d in digest_messages(nine)] == [("w9", 2)]
    (urgent,) = [row for row in rows(nine) if row["rule"] == "ladder_urgent"]
    assert (urgent["staff_id"], urgent["deputy"]) == ("w1", "w9")
    accepted = recorded(nine, "message.accepted")
    assert {event["data"]["recipient"]["staff_id"] for event in accepted} == {"w9"}
    nine.clock.set(at(12, 30))
    plan(nine, [late()])
    nine.clock.set(at(13))
    turn(nine)
    assert digest_messages(nine)[-1]["staff_id"] == "w1"


def test_a_case_that_is_handled_a_second_time_is_not_counted_again(nine: Work) -> None:
    case, other = (opened(team=team("w1", "w2", "w3")) for _ in range(2))
    plan(nine, [case])
    plan(nine, [case, other])
    nine.clock.set(at(10))
    turn(nine)
    assert {(d["staff_id"], d["parameters"]["new_cases"]) for d in digest_messages(nine)} == {
        ("w2", 2),
        ("w3", 2),
    }
    assert_balanced(nine)


def test_cases_that_come_without_end_hold_no_digest_up(nine: Work) -> None:
    plan(nine, [late()])
    nine.clock.set(at(10))
    for _ in range(3):
        plan(nine, [opened(team=team("w2", "w3"))])
        with nine.unit() as uow:
            assert write_digests.turn(uow, USUAL, RULES.digest_version)
    assert [d["staff_id"] for d in digest_messages(nine)] == ["w1"]


def test_replicas_write_one_digest_for_an_hour(nine: Work, gateway: Gateway) -> None:
    plan(nine, [late(f"w{n % 20}") for n in range(200)])
    nine.clock.set(at(10))

    def replica() -> None:
        for _ in range(8):
            with nine.unit() as uow:
                write_digests.turn(uow, USUAL, RULES.digest_version)

    at_once(*[replica] * 4)
    for hour in (11, 12):  # what came in while another replica wrote
        send(nine, gateway)
        nine.clock.set(at(hour))
        turn(nine)
    told = digest_messages(nine)
    assert sum(d["parameters"]["overdue"] for d in told) == 200
    hours = [(d["staff_id"], d["notice"]) for d in told]
    assert len(hours) == len(set(hours))
    with nine.database.read() as conn:
        folded = conn.execute(select(messages.c.digest).where(messages.c.rule != DIGEST)).scalars().all()
    assert None not in folded
    assert_balanced(nine)


def planned_day(staff_id: str, on: str = "2022-10-01", **numbers: int) -> Event:
    case_id = new_id()
    data = {
        "staff_id": staff_id,
        "role": "grid_worker",
        "contact": contact(),
        "language": "zh-CN",
        "on": on,
        "case_id": case_id,
        "arrival_id": case_id,
        "by_kind": [],
        **{"households": 23, "tasks": 41, "overdue": 3, "first_visits": 2, "ending": 2, **numbers},
    }
    return event("staff.day_planned", staff_id, 738064, data)


def test_the_first_digest_of_the_day_says_what_the_day_holds(
    work: Work, gateway: Gateway, tmp_path: Path
) -> None:
    early = with_clock(work, tmp_path, at(6, 30))
    plan(early, [planned_day("w1"), planned_day("w2", overdue=0, first_visits=0, ending=0), late()])
    turn(early)
    send(early, gateway)
    assert digest_messages(early) == []
    early.clock.set(at(7))
    turn(early)
    send(early, gateway)
    with early.database.read() as conn:
        texts = {
            digest["staff_id"]: queries.trace(conn, digest["case_id"], sealer=SEALER, texts=TEXTS)[
                "messages"
            ][0]["text"]
            for digest in digest_messages(early)
        }
    assert texts == {
        "w1": "今日23户41项；逾期3；首访2；2户期满。新逾期1项：首次上门联系1。请及时办理。",
        "w2": "今日23户41项。请及时办理。",
    }
    assert set(states(early)) == {"accepted", "cancelled"}
    assert_balanced(early)
