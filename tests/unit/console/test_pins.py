"""Rules of a worker's phone: which PINs will do, and when it asks for one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.sealing import BlindIndex
from services.console.accounts import pins
from services.console.accounts.account import Account
from services.console.sessions.session import LASTS, Session, asks_for_pin, over

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)
WORKER = Account("a", "w-0117", "worker", "w-0117", "active", "hash", None, None, BEGAN)
PHONE = Session("s", "a", "a phone", BEGAN, BEGAN, BEGAN + LASTS["worker"], None, "opening")


@pytest.mark.parametrize(
    ("pin", "wrong"),
    [
        ("274951", None),
        ("２７４９５１", None),
        (" 27 49 51 ", None),
        ("27495", "pin_digits"),
        ("2749511", "pin_digits"),
        ("27495x", "pin_digits"),
        ("", "pin_digits"),
        ("123456", "pin_easy"),
        ("876543", "pin_easy"),
        ("111111", "pin_easy"),
        ("121212", "pin_easy"),
        ("112211", "pin_easy"),
    ],
)
def test_which_pins_will_do(pin: str, wrong: str | None) -> None:
    read = pins.read_pin(pin)
    assert [fault.code for fault in pins.faults_of(read, read)] == ([wrong] if wrong else [])


def test_a_pin_is_typed_twice() -> None:
    assert [fault.code for fault in pins.faults_of("274951", "274952")] == ["pin_differs"]


def test_a_pin_is_right_for_one_worker_and_one_console_only() -> None:
    index = BlindIndex(b"n" * 32)
    known = pins.digest(index, "a", "274951")
    assert known.startswith("$argon2id$") and pins.is_right(index, "a", "274951", known)
    assert not pins.is_right(index, "a", "274952", known)
    assert not pins.is_right(index, "b", "274951", known)
    assert not pins.is_right(BlindIndex(b"m" * 32), "a", "274951", known)
    assert not pins.is_right(index, "a", "274951", None)


@given(st.timedeltas(timedelta(0), timedelta(days=40)), st.sampled_from(["opening", "another", None]))
def test_a_phone_asks_at_each_opening_and_after_a_rest(rest: timedelta, opening: str | None) -> None:
    now = BEGAN + rest
    asks = asks_for_pin(PHONE, WORKER, opening, now)
    assert asks == (opening != "opening" or rest >= timedelta(hours=12))
    assert asks_for_pin(replace(PHONE, opening=None), WORKER, opening, now), "it was locked"
    assert (over(PHONE, WORKER, now) == "expired") == (rest >= timedelta(days=30))
    officer = replace(WORKER, kind="officer")
    assert not asks_for_pin(PHONE, officer, opening, now), "a desk asks for none"
