"""Sending to a gateway that is well, slow, failing, late or away."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification.messages import queries
from services.notification.messages.attempts import BackOff
from services.notification.messages.sender import Sender
from tests.integration.notification.trial import (
    QUICK,
    SEALER,
    TEXTS,
    Gateway,
    Kept,
    changed,
    inform,
    inform_batch,
    opened,
    overdue,
    person,
    prepare,
    recorded,
    rows,
    send_all,
    states,
    work_on,
)

# Where the limit for an answer is short, a busy machine may be later than that as well.
PERSISTENT = replace(QUICK, back_off=BackOff(tries=40, first=0.1, longest=0.5))


def test_each_message_is_delivered_once_and_recorded_as_accepted(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened() for _ in range(50)])
    send_all(work, gateway.sender(work))
    assert states(work) == {"accepted": 100}
    sent = gateway.sent()
    assert (sent["delivered"], sent["keys"], sent["repeated"]) == (100, 100, 0)
    accepted = recorded(work, "message.accepted")
    assert len({one["id"] for one in accepted}) == 100
    assert {one["correlationid"] for one in accepted} == {"report-1"}
    assert {row["provider_reference"][:4] for row in rows(work)} == {"sim-"}


def test_after_a_restore_what_says_something_new_is_sent_and_what_was_sent_is_not(
    database_url: Callable[..., str], gateway: Gateway
) -> None:
    case = opened()
    case_id = case.data["case_id"]
    stricter = changed(case_id, 2, ["stricter"], measure="central_isolation", team=case.data["team"])
    longer = changed(case_id, 2, ["stricter"], release_on="2022-10-11", days=10, team=case.data["team"])
    for later, delivered in ((stricter, 4), (stricter, 4), (longer, 6)):
        with work_on(database_url("notification", prepare)) as restored:  # an older copy
            for one in (case, later):
                inform(restored, one)
                send_all(restored, gateway.sender(restored))
            assert states(restored) == {"accepted": 4}
            assert gateway.sent()["delivered"] == delivered


def test_a_gateway_that_fails_for_a_while_is_asked_again(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened() for _ in range(10)])
    gateway.behave(fail_next=25, fail_status=503)
    send_all(work, gateway.sender(work))
    assert states(work) == {"accepted": 20}
    assert max(row["attempts"] for row in rows(work)) >= 2


def test_a_message_waits_as_long_as_the_gateway_asked(work: Work, gateway: Gateway) -> None:
    inform(work, opened(team=[], assigned=False))
    gateway.behave(fail_next=1, fail_status=429, retry_after=1)
    began = time.monotonic()
    send_all(work, gateway.sender(work))
    assert time.monotonic() - began >= 0.9


def test_after_the_last_try_a_human_is_informed(work: Work, gateway: Gateway) -> None:
    case = opened(team=[], assigned=False)
    inform(work, case)
    gateway.behave(fail_share=1.0, fail_status=503)
    send_all(work, gateway.sender(work, replace(QUICK, back_off=BackOff(tries=3, first=0.05))))
    assert states(work) == {"failed": 1}
    (undeliverable,) = recorded(work, "message.undeliverable")
    assert undeliverable["data"]["recipient"] == {"kind": "resident", "staff_id": None, "role": None}
    assert undeliverable["data"]["arrival_id"] == case.data["arrival_id"]
    assert (undeliverable["data"]["reason"], undeliverable["data"]["attempts"]) == ("http_503", 3)
    with work.database.read() as conn:
        (shown,) = queries.trace(conn, case.data["case_id"])["messages"]
    assert [(a["attempt"], a["state"]) for a in shown["attempts"]] == [
        (1, "pending"),
        (2, "pending"),
        (3, "failed"),
    ]


def resident(phone: str | None, **changed: Any) -> Event:
    """A case whose resident has this phone, and of which no staff is told."""
    sealed = SEALER.seal({"name": "韩老样", "phone": phone, "address": "春和花园3号楼"})
    return opened(team=[], assigned=False, person=sealed, **changed)


@pytest.mark.parametrize(
    ("phone", "reason", "instead"),
    [
        ("09318412345", "landline", "call"),  # case 08 of those tried
        ("4001234567", "service_number", "visit"),
        ("09318412345 ext. 801", "extension", "call"),
        ("13909311234 ext. 6", "extension", "call"),
        ("+13125550123", "abroad", "call"),
        (None, "no_phone", "visit"),
    ],
)
def test_whom_no_text_can_reach_is_called_or_visited_at_once(
    work: Work, gateway: Gateway, phone: str | None, reason: str, instead: str
) -> None:
    """No gateway is asked: it would say *accepted*, and nobody would be told."""
    inform(work, resident(phone))
    gateway.sender(work).run_once()
    assert [(row["state"], row["reason"]) for row in rows(work)] == [("failed", reason)]
    assert gateway.sent()["keys"] == 0
    (told,) = recorded(work, "message.undeliverable")
    assert (told["data"]["reason"], told["data"]["instead"]) == (reason, instead)
    assert recorded(work, "message.accepted") == []
    with work.database.read() as conn:
        assert queries.audit(conn)["messages_not_told"] == {reason: 1}


def test_what_cannot_be_sent_is_no_attempt(work: Work, gateway: Gateway) -> None:
    case = resident("09318412345")
    inform(work, case)
    gateway.sender(work).run_once()
    assert recorded(work, "message.undeliverable")[0]["data"]["attempts"] == 0
    with work.database.read() as conn:
        (shown,) = queries.trace(conn, case.data["case_id"])["messages"]
    tried = [(one["attempt"], one["state"], one["reason"]) for one in shown["attempts"]]
    assert tried == [(0, "failed", "landline")]


def test_a_number_abroad_has_a_text_where_the_gateway_sends_there(work: Work, gateway: Gateway) -> None:
    inform(work, resident("+85291234567"), resident("+13125550123"))
    send_all(work, gateway.sender(work, countries=frozenset({86, 852})))
    assert sorted((row["state"], row["reason"]) for row in rows(work)) == [
        ("accepted", "http_202"),
        ("failed", "abroad"),
    ]


def test_staff_with_a_landline_are_not_told_by_it_either(work: Work, gateway: Gateway) -> None:
    worker = {"name": "李红", "phone": "09318412345"}
    member = {"role": "grid_worker", "staff_id": "w7", "contact": SEALER.seal(worker)}
    inform(work, opened(team=[member]))
    send_all(work, gateway.sender(work))
    (told,) = recorded(work, "message.undeliverable")
    assert (told["data"]["recipient"]["staff_id"], told["data"]["reason"]) == ("w7", "landline")
    assert told["data"]["instead"] is None
    assert sorted(row["state"] for row in rows(work)) == ["accepted", "failed"]


def test_of_a_household_the_phone_that_can_have_a_text_is_taken(work: Work, gateway: Gateway) -> None:
    household = new_id()
    for phone in ("09318412345", "13909311234", "4001234567"):
        inform(work, resident(phone, household_id=household))
    inform(work, resident(None, household_id=household))
    send_all(work, gateway.sender(work))
    assert sorted(row["state"] for row in rows(work)) == ["accepted", "accepted", "failed", "failed"]


def test_a_household_with_only_a_landline_is_called(work: Work, gateway: Gateway) -> None:
    household = new_id()
    inform(work, resident("09318412345", household_id=household))
    inform(work, resident(None, household_id=household))
    send_all(work, gateway.sender(work))
    told = [one["data"] for one in recorded(work, "message.undeliverable")]
    assert [(one["reason"], one["instead"]) for one in told] == [("landline", "call")] * 2


def test_a_housemates_earlier_number_is_used_no_more(work: Work, gateway: Gateway) -> None:
    """It was corrected: the mobile was a stranger's."""
    household, case_id = new_id(), new_id()
    inform(work, resident("13909311234", case_id=case_id, household_id=household))
    send_all(work, gateway.sender(work))
    before = gateway.sent()["keys"]
    landline = SEALER.seal({"name": "韩老样", "phone": "09318412345", "address": None})
    inform(
        work,
        changed(case_id, 2, ["details"], team=[], person=landline, household_id=household),
        resident(None, household_id=household),
    )
    send_all(work, gateway.sender(work))
    assert gateway.sent()["keys"] == before
    assert [one["data"]["reason"] for one in recorded(work, "message.undeliverable")] == ["landline"]


def test_a_name_of_100_letters_is_cut_and_the_text_is_sent(work: Work, gateway: Gateway) -> None:
    sealed = SEALER.seal({"name": "欧阳建国" * 25, "phone": "13909311234", "address": "花园" * 250})
    inform(work, opened(person=sealed))
    send_all(work, gateway.sender(work))
    assert states(work) == {"accepted": 2}


def test_what_others_wrote_into_names_sends_no_link_and_no_number(work: Work) -> None:
    written = "王建国 点击 http://evil.cn/x 或致电13800138000 处理"
    sealed = SEALER.seal({"name": written, "phone": "13909311234", "address": None})
    worker = SEALER.seal({"name": "李红 evil.cn", "phone": "13911112222"})
    inform(work, opened(person=sealed, team=[{"role": "grid_worker", "staff_id": "w1", "contact": worker}]))
    gateway = Kept()
    Sender(work, {"sms": gateway}, TEXTS, QUICK, map).run_once()
    texts = dict(gateway.sent)
    assert texts["13909311234"].startswith("王建国 点击 http…：") and "李红 evil cn" in texts["13909311234"]
    assert "王建国 点击 http evil cn…" in texts["13911112222"]


def test_a_bad_number_and_no_number_fail_at_once(work: Work, gateway: Gateway) -> None:
    nobody = SEALER.seal({"name": "无", "phone": None, "address": None})
    inform(
        work,
        opened(team=[], assigned=False, person=person(1, phone="call me")),
        opened(team=[], assigned=False, person=nobody),
    )
    send_all(work, gateway.sender(work))
    assert {(row["state"], row["reason"], row["attempts"]) for row in rows(work)} == {
        ("failed", "number_unknown", 0),
        ("failed", "no_phone", 1),
    }
    assert len(recorded(work, "message.undeliverable")) == 2


def test_a_resident_without_a_phone_is_reached_on_that_of_the_household(work: Work, gateway: Gateway) -> None:
    household = new_id()
    child = SEALER.seal({"name": "王小明", "phone": None, "address": None})
    inform(work, opened(team=[], assigned=False, person=child, household_id=household))
    sender = gateway.sender(work)
    sender.run_once()
    assert [(row["state"], row["reason"]) for row in rows(work)] == [("pending", "no_phone")]
    inform(work, opened(team=[], assigned=False, household_id=household))
    send_all(work, sender)
    assert states(work) == {"accepted": 2}
    sent = gateway.sent()
    assert (sent["keys"], sent["numbers"]) == (2, 1)


def test_an_infant_is_reached_through_who_came_along_though_they_have_no_case(
    work: Work, gateway: Gateway
) -> None:
    mother = {"name": "甘露", "phone": "13909311234"}
    infant = {"name": "甘小满", "phone": None, "address": None, "contact": mother}
    inform(work, opened(team=[], assigned=False, person=SEALER.seal(infant), household_id=new_id()))
    send_all(work, gateway.sender(work))
    assert states(work) == {"accepted": 1}
    assert gateway.sent()["keys"] == 1


def test_the_phone_of_a_housemates_case_comes_before_that_of_the_report(work: Work, gateway: Gateway) -> None:
    """It may have been corrected since."""
    household = new_id()
    infant = {"name": "甘小满", "phone": None, "contact": {"name": "甘露", "phone": "13909311234"}}
    inform(work, opened(team=[], assigned=False, household_id=household))
    inform(work, opened(team=[], assigned=False, person=SEALER.seal(infant), household_id=household))
    send_all(work, gateway.sender(work))
    assert (gateway.sent()["keys"], gateway.sent()["numbers"]) == (2, 1)


def test_a_household_without_any_phone_goes_to_a_human(work: Work, gateway: Gateway) -> None:
    nobody = SEALER.seal({"name": "王小明", "phone": None, "address": None})
    inform(work, opened(team=[], assigned=False, person=nobody, household_id=new_id()))
    send_all(work, gateway.sender(work))
    assert [(row["state"], row["reason"], row["attempts"]) for row in rows(work)] == [
        ("failed", "no_phone", 3)
    ]
    assert len(recorded(work, "message.undeliverable")) == 1


def test_staff_who_cannot_be_reached_are_recorded_as_staff(work: Work, gateway: Gateway) -> None:
    inform(work, opened(team=[{"role": "grid_worker", "staff_id": "w7", "contact": None}]))
    send_all(work, gateway.sender(work))
    (undeliverable,) = recorded(work, "message.undeliverable")
    assert undeliverable["data"]["recipient"] == {"kind": "staff", "staff_id": "w7", "role": "grid_worker"}
    assert (undeliverable["data"]["about"], undeliverable["data"]["level"]) == ("opened:1", None)


def test_an_undeliverable_message_names_its_subject_and_its_level(work: Work, gateway: Gateway) -> None:
    late = overdue(new_id(), step=2)
    inform(work, late)
    gateway.behave(fail_share=1.0, fail_status=422)
    send_all(work, gateway.sender(work))
    (undeliverable,) = recorded(work, "message.undeliverable")
    about = f"overdue:{late.data['task_id']}:2"
    assert (undeliverable["data"]["about"], undeliverable["data"]["level"]) == (
        about,
        late.data["tell"]["level"],
    )


def test_a_late_answer_is_asked_for_again_under_the_same_key_and_delivered_once(
    work: Work, gateway: Gateway
) -> None:
    inform_batch(work, [opened() for _ in range(5)])
    gateway.behave(late_ms=20_000, late_next=10)
    send_all(work, gateway.sender(work, PERSISTENT, timeout=0.3))
    assert states(work) == {"accepted": 10}
    sent = gateway.sent()
    assert set(sent["per_key"].values()) == {1}
    assert sent["repeated"] >= 10


def test_without_keys_a_late_answer_makes_the_message_unknown_and_goes_to_a_human(
    work: Work, gateway: Gateway
) -> None:
    inform_batch(work, [opened() for _ in range(5)])
    gateway.behave(late_ms=20_000, idempotent=False)
    sender = gateway.sender(work, PERSISTENT, timeout=0.3, idempotent=False)
    send_all(work, sender)
    assert states(work) == {"unknown": 10}
    assert set(gateway.sent()["per_key"].values()) == {1}
    assert len(recorded(work, "message.undeliverable")) == 10


def test_a_gateway_that_is_away_is_waited_for_and_nothing_is_lost(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened() for _ in range(50)])
    gateway.behave(away_s=3)
    patient = replace(QUICK, back_off=BackOff(tries=8, first=0.3))
    send_all(work, gateway.sender(work, patient))
    assert states(work) == {"accepted": 100}
    assert set(gateway.sent()["per_key"].values()) == {1}


def test_two_senders_at_once_send_nothing_twice(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened() for _ in range(200)])
    senders = [gateway.sender(work, replace(QUICK, batch=30)) for _ in range(2)]
    with ThreadPoolExecutor(2) as both:
        list(both.map(lambda sender: send_all(work, sender), senders))
    sent = gateway.sent()
    assert (sent["delivered"], sent["repeated"]) == (400, 0)
    assert len(recorded(work, "message.accepted")) == 400


def test_no_more_are_sent_in_a_second_than_the_setting_says(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened() for _ in range(100)])
    now = 1000.0
    sender = gateway.sender(work, replace(QUICK, rate=40), monotonic=lambda: now)
    taken = []
    for _ in range(5):
        taken.append(sender.run_once())
        taken.append(sender.run_once())
        now += 0.5
    assert taken == [40, 0, *[20, 0] * 4]
    assert gateway.sent()["delivered"] == 120


def test_urgent_messages_go_first(work: Work, gateway: Gateway) -> None:
    inform_batch(work, [opened(measure="inform_only") for _ in range(20)])
    inform_batch(work, [opened(measure="central_isolation") for _ in range(5)])
    gateway.sender(work, replace(QUICK, batch=10)).run_once()
    assert {row["template"] for row in rows(work) if row["state"] == "accepted"} == {
        "resident_central_isolation",
        "worker_case",
    }
    assert {row["urgency"] for row in rows(work) if row["state"] == "accepted"} == {0}


def test_a_message_that_a_later_event_made_untrue_is_not_sent(work: Work, gateway: Gateway) -> None:
    case = new_id()
    # out of order on purpose
    inform(work, changed(case, 2, ["stricter"], measure="central_isolation", days=7), opened(case))
    sender = gateway.sender(work)
    send_all(work, sender)
    assert {(row["notice"], row["state"]) for row in rows(work)} == {
        ("changed:2", "accepted"),
        ("opened:1", "cancelled"),
    } | {("opened:1", "accepted") for row in rows(work) if row["staff_id"] and row["state"] == "accepted"}
    resident = {row["notice"]: row["state"] for row in rows(work) if row["recipient_kind"] == "resident"}
    assert resident == {"opened:1": "cancelled", "changed:2": "accepted"}


def test_an_assignment_leaves_the_residents_message_standing(work: Work, gateway: Gateway) -> None:
    case = new_id()
    inform(work, opened(case, team=[], assigned=False), changed(case, 2, ["assigned"]))
    send_all(work, gateway.sender(work))
    assert states(work) == {"accepted": 3}
