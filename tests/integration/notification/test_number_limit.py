"""Texts to one phone are so many a day: nobody floods it by people whom they invent."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from chassis.errors import SettingsError
from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification import handover
from services.notification.messages import queries
from services.notification.messages.number_days import forget_numbers
from services.notification.messages.states import NUMBER_LIMIT
from services.notification.rules.in_use import pace_from
from services.notification.tables import number_days
from tests.at_once import at_once
from tests.in_clear import in_clear
from tests.integration.notification.pacing import USUAL, at, plan, send, team, turn, with_clock
from tests.integration.notification.test_bad_rows import all_rows
from tests.integration.notification.trial import SEALER, ZONE, Gateway, opened, recorded, rows

PHONE = "13800138000"


def invented(measure: str = "health_monitoring", phone: str = PHONE, **more: Any) -> Event:
    who = SEALER.seal({"name": "王一", "phone": phone, "identity_number": None, "address": "x"})
    return opened(measure=measure, person=who, team=team("w1"), **more)


@pytest.fixture
def nine(work: Work, tmp_path: Path) -> Work:
    """It is 09:20."""
    return with_clock(work, tmp_path, at(9, 20))


def to_residents(work: Work) -> Counter[tuple[str, str | None]]:
    found = [row for row in rows(work) if row["recipient_kind"] == "resident"]
    return Counter((row["state"], row["reason"] if row["state"] != "accepted" else None) for row in found)


def test_what_is_beyond_the_day_goes_out_tomorrow_and_then_a_human_is_asked(
    nine: Work, gateway: Gateway
) -> None:
    plan(nine, [invented() for _ in range(20)])
    send(nine, gateway)
    assert to_residents(nine) == {("accepted", None): 6, ("held", NUMBER_LIMIT): 14}
    nine.clock.set(at(7, 59, day=2))
    turn(nine)
    send(nine, gateway)
    assert to_residents(nine)["accepted", None] == 6, "residents sleep"
    nine.clock.set(at(8, 0, day=2))
    turn(nine)
    send(nine, gateway)
    assert to_residents(nine) == {("accepted", None): 12, ("failed", NUMBER_LIMIT): 8}
    asked = [one["data"] for one in recorded(nine, "message.undeliverable")]
    assert Counter((one["reason"], one["instead"]) for one in asked) == {(NUMBER_LIMIT, "call"): 8}
    with nine.database.read() as conn:
        audit = queries.audit(conn)
        assert audit["balanced"] and audit["messages_not_told"] == {NUMBER_LIMIT: 8}
        assert handover.sums(conn, at(0).date()).balanced
        trace = [queries.trace(conn, row["case_id"]) for row in rows(nine) if row["reason"] == NUMBER_LIMIT]
    assert all(
        [(one["state"], one["reason"]) for one in message["attempts"]]
        == [("held", NUMBER_LIMIT), ("failed", NUMBER_LIMIT)]
        for of_case in trace
        for message in of_case["messages"]
        if message["recipient"]["kind"] == "resident"
    )


def test_urgent_texts_are_counted_apart_and_what_is_beyond_them_is_told_by_a_human_at_once(
    nine: Work, gateway: Gateway
) -> None:
    plan(nine, [invented() for _ in range(6)])
    plan(nine, [invented("home_isolation") for _ in range(15)])
    send(nine, gateway)
    assert to_residents(nine) == {("accepted", None): 18, ("failed", NUMBER_LIMIT): 3}
    asked = [one["data"] for one in recorded(nine, "message.undeliverable")]
    assert [(one["reason"], one["urgent"]) for one in asked] == [(NUMBER_LIMIT, True)] * 3


@pytest.mark.parametrize("other", ["+8613800138000", "13800138000", "+86 138 0013 8000"])
def test_a_number_is_one_however_it_is_written_and_stands_nowhere_in_clear(
    nine: Work, gateway: Gateway, other: str
) -> None:
    plan(nine, [invented() for _ in range(4)] + [invented(phone=other) for _ in range(4)])
    send(nine, gateway)
    assert to_residents(nine) == {("accepted", None): 6, ("held", NUMBER_LIMIT): 2}
    [row] = all_rows(nine, number_days)
    assert (row["texts"], row["urgent"]) == (6, 0)
    assert PHONE not in in_clear(nine.database)


def test_other_numbers_and_staff_do_not_wait_for_one_that_is_flooded(nine: Work, gateway: Gateway) -> None:
    plan(nine, [invented() for _ in range(9)])
    plan(nine, [invented(phone=f"1390000000{n}") for n in range(9)])
    send(nine, gateway)
    assert to_residents(nine) == {("accepted", None): 15, ("held", NUMBER_LIMIT): 3}
    plan(nine, [invented("home_isolation", phone="13911112222") for _ in range(10)])
    send(nine, gateway)
    owner = [row for row in rows(nine) if row["staff_id"] == "w1" and row["reason"] == NUMBER_LIMIT]
    assert not owner, "staff have a limit of their own"


def test_somebody_without_a_phone_counts_for_the_number_of_the_household(
    nine: Work, gateway: Gateway
) -> None:
    home = new_id()
    plan(nine, [invented(household_id=home) for _ in range(6)])
    plan(nine, [invented(phone="", household_id=home)])
    send(nine, gateway)
    assert to_residents(nine) == {("accepted", None): 6, ("held", NUMBER_LIMIT): 1}


def test_a_text_that_is_tried_again_counts_once(nine: Work, gateway: Gateway) -> None:
    plan(nine, [invented() for _ in range(3)])
    gateway.behave(fail_next=20, fail_status=503)
    for _ in range(40):
        send(nine, gateway)
    [row] = all_rows(nine, number_days)
    assert row["texts"] == 3


def test_replicas_together_send_no_more_than_is_allowed(nine: Work, gateway: Gateway) -> None:
    plan(nine, [invented() for _ in range(40)])
    at_once(*[lambda: send(nine, gateway)] * 4)
    assert to_residents(nine)["accepted", None] == 6


def test_days_that_are_over_are_forgotten(nine: Work, gateway: Gateway) -> None:
    plan(nine, [invented()])
    send(nine, gateway)
    nine.clock.set(at(12, day=4))
    with nine.unit() as uow:
        assert (forget_numbers(uow), forget_numbers(uow)) == (1, 0)


def test_the_limits_are_settings() -> None:
    given = {"DOORSTEP_TEXTS_TO_A_NUMBER_A_DAY": "3", "DOORSTEP_URGENT_TEXTS_TO_A_NUMBER_A_DAY": "4"}
    pace = pace_from(given, ZONE)
    assert (pace.to_a_number, pace.urgent_to_a_number) == (3, 4)
    assert (USUAL.to_a_number, USUAL.urgent_to_a_number) == (6, 12)
    with pytest.raises(SettingsError, match="DOORSTEP_TEXTS_TO_A_NUMBER_A_DAY=0"):
        pace_from(given | {"DOORSTEP_TEXTS_TO_A_NUMBER_A_DAY": "0"}, ZONE)
