"""What alarms is told at once at any hour: abnormal check-ins, their corrections, positives of nobody."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification.messages import queries
from services.notification.messages.attempts import BackOff
from services.notification.messages.lease_due import lease_due
from services.notification.reference.tables import places, staff
from services.notification.tables import messages
from tests.integration.notification.pacing import USUAL, at, contact, plan, send, turn, with_clock
from tests.integration.notification.trial import SEALER, TEXTS, Gateway, changed, event, leases_end, rows

CHECK_IN = "01839a52-1d40-5b7e-9c11-7d0b5e2f4a61"
DUE_BY = "2022-10-01T15:30:00Z"


class OneCheckIn:
    """The news of one check-in of one case."""

    def __init__(self, check_in: str = CHECK_IN) -> None:
        self.case_id = new_id()
        self._check_in = check_in

    def alarm(self, version: int, *staff_ids: str) -> Event:
        return self._news("check_in.abnormal", version, staff_ids, due_by=DUE_BY, why=["symptoms"])

    def corrected(self, version: int, *staff_ids: str) -> Event:
        return self._news("check_in.corrected", version, staff_ids, corrected_at="2022-10-01T15:10:00Z")

    def _news(self, type: str, version: int, staff_ids: tuple[str, ...], **more: Any) -> Event:
        told = [
            {"staff_id": who, "role": "health_worker", "contact": contact(), "language": "zh-CN"}
            for who in staff_ids
        ]
        data = {
            "check_in_id": self._check_in,
            "case_id": self.case_id,
            "arrival_id": self.case_id,
            "task_id": new_id(),
            "at": "2022-10-01T00:20:00Z",
            "tell": {"level": "worker", "place": "g1", "staff": told},
            "community": "c1",
            "grid": "g1",
            **more,
        }
        return event(type, self._check_in, version, data)


@pytest.fixture
def night(work: Work, tmp_path: Path) -> Work:
    """It is 23:00."""
    return with_clock(work, tmp_path, at(23))


def told(work: Work) -> list[tuple[str, str, str]]:
    return sorted((row["template"], row["staff_id"], row["state"]) for row in rows(work))


def test_an_alarm_is_told_at_once_at_any_hour_and_so_is_its_correction(night: Work, gateway: Gateway) -> None:
    place = {"place_id": "c1", "version": 1, "level": "community", "name": "大众巷社区", "removed": False}
    with night.database.begin() as conn:
        conn.execute(insert(places), place)
    check_in = OneCheckIn()
    for news in (check_in.alarm(1, "h1", "w1"), check_in.corrected(2, "h1")):
        plan(night, [news])
        send(night, gateway)
    assert told(night) == [
        ("staff_abnormal", "h1", "accepted"),
        ("staff_abnormal", "w1", "accepted"),
        ("staff_abnormal_corrected", "h1", "accepted"),
    ]
    with night.database.read() as conn:
        shown = queries.trace(conn, check_in.case_id, sealer=SEALER, texts=TEXTS)["messages"]
    number = check_in.case_id[-8:].upper()
    assert {message["text"] for message in shown} == {
        f"紧急：大众巷社区案卷{number}每日健康申报异常，请于10月1日23:30前查看处置并登记。",
        f"更正：大众巷社区案卷{number}此前的每日健康申报异常系误报，已更正，不必再为此上门。",
    }


def test_the_district_hears_at_any_hour_of_a_result_of_nobody_and_not_what_was_found(
    night: Work, gateway: Gateway
) -> None:
    result = "01839c88-3a10-5c41-8e27-19a4c0d7b3f2"
    member = {"role": "district_officer", "contact": contact(), "language": "zh-CN"}
    moments = {"sampled_at": "2022-10-01T01:10:00Z", "reported_at": "2022-10-01T12:40:00Z"}
    data = {"result_id": result, "due_by": DUE_BY, **moments, "staff": [{"staff_id": "d1", **member}]}
    plan(night, [event("test.unmatched", result, 1, data)])
    send(night, gateway)
    assert told(night) == [("staff_test_unmatched", "d1", "accepted")]
    with night.database.read() as conn:
        [message] = queries.trace(conn, result, sealer=SEALER, texts=TEXTS)["messages"]
    assert message["text"].startswith(
        "紧急：实验室结果C0D7B3F2的当事人不在本系统管理范围，请于10月1日23:30前"
    )
    assert "阳性" not in message["text"]
    corrected = {"result_id": result, "corrected_by": new_id(), "reported_at": "2022-10-01T13:00:00Z"}
    corrected["staff"] = data["staff"]
    plan(night, [event("test.unmatched_corrected", result, 2, corrected)])
    send(night, gateway)
    assert told(night) == [
        ("staff_test_unmatched", "d1", "accepted"),
        ("staff_test_unmatched_corrected", "d1", "accepted"),
    ]


def test_a_check_in_that_alarms_again_after_its_correction_is_told_again(
    night: Work, gateway: Gateway
) -> None:
    check_in = OneCheckIn()
    for version, news in enumerate((check_in.alarm, check_in.corrected) * 2, start=1):
        plan(night, [news(version, "h1")])
        send(night, gateway)
    assert told(night) == [
        ("staff_abnormal", "h1", "accepted"),
        ("staff_abnormal", "h1", "accepted"),
        ("staff_abnormal_corrected", "h1", "accepted"),
        ("staff_abnormal_corrected", "h1", "accepted"),
    ]


def test_an_alarm_that_still_waits_does_not_go_out_after_its_correction(
    night: Work, gateway: Gateway
) -> None:
    check_in, other = OneCheckIn(), OneCheckIn(new_id())
    other.case_id = check_in.case_id
    plan(night, [check_in.alarm(1, "h1", "w1"), other.alarm(1, "h1"), check_in.corrected(2, "h1")])
    send(night, gateway)
    assert told(night) == [
        ("staff_abnormal", "h1", "accepted"),  # of the other check-in
        ("staff_abnormal", "h1", "cancelled"),
        ("staff_abnormal", "w1", "accepted"),  # nobody tells them that it was a mistake
        ("staff_abnormal_corrected", "h1", "accepted"),
    ]


def test_a_correction_that_still_waits_does_not_go_out_after_another_alarm(
    night: Work, gateway: Gateway
) -> None:
    check_in = OneCheckIn()
    plan(night, [check_in.alarm(1, "h1")])
    send(night, gateway)
    plan(night, [check_in.corrected(2, "h1"), check_in.alarm(3, "h1")])
    send(night, gateway)
    assert told(night) == [
        ("staff_abnormal", "h1", "accepted"),
        ("staff_abnormal", "h1", "accepted"),
        ("staff_abnormal_corrected", "h1", "cancelled"),
    ]


def away(work: Work, deputies: dict[str, str]) -> None:
    """Since yesterday."""
    person = {"place": "c1", "version": 1, "active": True, "language": "zh-CN", "person": contact()}
    there = {"away_from": None, "away_to": None, "deputy": None, "role": "grid_worker", **person}
    gone = [{**there, "staff_id": who, "away_from": at(0), "deputy": to} for who, to in deputies.items()]
    with work.database.begin() as conn:
        conn.execute(insert(staff), [*gone, *({**there, "staff_id": to} for to in set(deputies.values()))])


def test_a_deputy_who_is_told_anyway_is_told_once_and_the_trace_names_them(
    night: Work, gateway: Gateway
) -> None:
    away(night, {"h1": "w1", "h2": "w9", "h3": "w9"})
    check_in, later = OneCheckIn(), OneCheckIn(new_id())
    plan(night, [check_in.alarm(1, "h1", "h2", "h3", "w1"), later.alarm(1, "h1")])
    send(night, gateway)
    with night.database.read() as conn:
        shown = [queries.trace(conn, of.case_id, sealer=SEALER)["messages"] for of in (check_in, later)]
    found = {one["recipient"]["staff_id"]: (one["deputy"], one["reason"]) for one in shown[0]}
    assert (found["h1"], found["w1"]) == ((None, "told_already"), (None, "http_202"))
    assert {found["h2"], found["h3"]} == {(None, "told_already"), ("w9", "http_202")}
    assert [(one["deputy"], one["state"]) for one in shown[1]] == [("w1", "accepted")]


def test_who_got_a_message_is_known_after_its_answer_was_lost(night: Work, gateway: Gateway) -> None:
    away(night, {"h1": "w1"})
    check_in = OneCheckIn()
    plan(night, [check_in.alarm(1, "h1")])
    with night.unit() as uow:
        lease_due(uow, limit=9, seconds=60, channels={}, back_off=BackOff(), pace=USUAL)
    leases_end(night)
    with night.unit() as uow:
        lease_due(uow, limit=9, seconds=60, channels={}, back_off=BackOff(), pace=USUAL)
    [message] = rows(night)
    assert (message["staff_id"], message["deputy"], message["state"]) == ("h1", "w1", "pending")
    with night.database.begin() as conn:
        conn.execute(update(staff).where(staff.c.staff_id == "h1").values(away_to=at(1)))
        conn.execute(update(messages).values(due_at=message["created_at"]))
    send(night, gateway)
    [message] = rows(night)
    assert (message["staff_id"], message["deputy"], message["state"]) == ("h1", None, "accepted")


def test_an_urgent_need_is_told_at_once_at_any_hour_and_not_what_it_is(night: Work, gateway: Gateway) -> None:
    need, case_id = new_id(), new_id()
    told_at_once = [
        {"staff_id": who, "role": "health_worker", "contact": contact(), "language": "zh-CN"}
        for who in ("h1", "w1")
    ]
    data = {
        **{"need_id": need, "case_id": case_id, "arrival_id": case_id, "task_id": new_id()},
        **{"at": "2022-10-01T15:00:00Z", "due_by": DUE_BY, "community": "c1", "grid": "g1"},
        "tell": {"level": "worker", "place": "g1", "staff": told_at_once},
    }
    for _ in range(2):  # delivered twice, it is told once
        plan(night, [event("need.urgent", need, 1, data)])
    send(night, gateway)
    assert told(night) == [("staff_need", "h1", "accepted"), ("staff_need", "w1", "accepted")]
    with night.database.read() as conn:
        [text] = {one["text"] for one in queries.trace(conn, case_id, sealer=SEALER, texts=TEXTS)["messages"]}
    assert case_id[-8:].upper() in text and "23:30" in text


class OnePositive:
    """What is told of one positive; nothing of it says so."""

    def __init__(self) -> None:
        self.case_id, self.task_id = new_id(), new_id()

    def found(self, kind: str = "see_positive", **more: Any) -> Event:
        due = {"due_by": DUE_BY, **({"quiet_until": QUIET_UNTIL} if kind == "see_positive" else {})}
        return self._news("test.urgent", 1, kind, **due, **more)

    def corrected(self) -> Event:
        return self._news("test.urgent_corrected", 2, "see_positive")

    def _news(self, type: str, version: int, kind: str, **more: Any) -> Event:
        nurse = {"staff_id": "h1", "role": "health_worker", "contact": contact(), "language": "zh-CN"}
        data = {
            "case_id": self.case_id,
            "arrival_id": self.case_id,
            "task_id": self.task_id,
            "task_kind": kind,
        }
        data |= {
            "tell": {"level": "worker", "place": "g1", "staff": [nurse]},
            "community": "c1",
            "grid": "g1",
        }
        return event(type, self.task_id, version, data | more)


QUIET_UNTIL = "2022-10-01T17:00:00Z"
"""One o'clock at night in Lanzhou."""


def test_whoever_must_call_is_told_at_once_and_no_text_says_what_was_found(
    night: Work, gateway: Gateway
) -> None:
    one = OnePositive()
    for news in (one.found(), one.corrected()):
        plan(night, [news])
        send(night, gateway)
    assert told(night) == [
        ("staff_test_urgent", "h1", "accepted"),
        ("staff_test_urgent_corrected", "h1", "accepted"),
    ]
    with night.database.read() as conn:
        shown = queries.trace(conn, one.case_id, sealer=SEALER, texts=TEXTS)["messages"]
    texts = str([message["text"] for message in shown])
    assert "检测结果" in texts and "阳" not in texts and "positive" not in texts


def test_a_resident_gets_no_text_before_somebody_had_the_time_to_call(night: Work, gateway: Gateway) -> None:
    one = OnePositive()
    plan(night, [one.found(), changed(one.case_id, 2, ["stricter"])])
    send(night, gateway)
    [resident] = [row for row in rows(night) if row["recipient_kind"] == "resident"]
    assert (resident["state"], resident["reason"]) == ("held", "call_first")
    night.clock.set(datetime.fromisoformat(QUIET_UNTIL) + timedelta(minutes=1))
    turn(night)
    send(night, gateway)
    [resident] = [row for row in rows(night) if row["recipient_kind"] == "resident"]
    assert resident["state"] == "accepted"


def test_after_a_correction_nothing_waits_for_a_call(night: Work, gateway: Gateway) -> None:
    one = OnePositive()
    plan(night, [one.corrected(), one.found(), changed(one.case_id, 2, ["stricter"])])
    send(night, gateway)
    [resident] = [row for row in rows(night) if row["recipient_kind"] == "resident"]
    assert resident["state"] == "accepted"
