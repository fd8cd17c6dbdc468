"""Rules of accounts and sessions: names, links, recovery codes, passwords, when a session is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.accounts import passwords, recovery
from services.console.accounts.account import LONGEST_NAME, Account, Kind, read_name
from services.console.accounts.one_time_link import LASTS as LINK_LASTS
from services.console.accounts.one_time_link import OneTimeLink, counts
from services.console.sessions.session import LASTS, Session, over

BEGAN = datetime(2026, 11, 28, 9, tzinfo=UTC)
ACCOUNT = Account("a", "wang.min", "officer", "s-1", "active", "hash", "sealed", 1, BEGAN)
SESSION = Session("s", "a", "a browser", BEGAN, BEGAN, BEGAN + timedelta(hours=12))
SPANS = st.timedeltas(timedelta(days=-5), timedelta(days=5))


@given(st.text(max_size=80))
def test_a_name_that_was_read_is_read_as_it_is(text: str) -> None:
    name = read_name(text)
    assert name is None or (read_name(name) == name and 1 <= len(name) <= LONGEST_NAME and name.isprintable())


def test_names_are_compared_in_one_form() -> None:
    assert {read_name(text) for text in ("Ｗang.Min", " wang.min", "WANG.MIN")} == {"wang.min"}
    assert read_name("王敏") == "王敏"
    assert [read_name(text) for text in ("", "a b", "<b>", "a\nb", "x" * 61, "x" * 9999)] == [None] * 6


@given(st.sampled_from(["officer", "administrator", "worker"]), SPANS, st.booleans())
def test_a_link_counts_in_its_time_and_until_it_ends(kind: Kind, after: timedelta, ended: bool) -> None:
    link = OneTimeLink(BEGAN + LINK_LASTS[kind], BEGAN if ended else None)
    assert counts(link, BEGAN + after) == (not ended and after < LINK_LASTS[kind])


@given(st.sampled_from(["officer", "administrator"]), SPANS, SPANS)
def test_no_session_goes_on_longer_than_its_kind_does(kind: Kind, lasts: timedelta, after: timedelta) -> None:
    """Not even where its row says so."""
    session = replace(SESSION, expires_at=BEGAN + lasts)
    if over(session, replace(ACCOUNT, kind=kind), BEGAN + after) is None:
        assert after < LASTS[kind] and after < lasts
    assert LASTS[kind] == timedelta(hours=12)


@given(SPANS)
def test_what_ended_stays_ended(after: timedelta) -> None:
    now = BEGAN + after
    assert over(replace(SESSION, ended_at=BEGAN), ACCOUNT, now) == "ended"
    for state in ("invited", "ended"):
        assert over(SESSION, replace(ACCOUNT, state=state), now) in ("account_ended", "expired")
    later = replace(ACCOUNT, taken_up_at=BEGAN + timedelta(seconds=1))
    assert over(SESSION, later, now) in ("taken_up_again", "expired")


@given(st.sampled_from(["", " ", "-", " - ", "\t"]), st.booleans())
def test_recovery_codes_are_read_however_they_are_typed(between: str, upper: bool) -> None:
    codes = recovery.new_codes()
    assert len(set(codes)) == recovery.MOST
    for code in codes:
        typed = between.join(code.replace("-", ""))
        assert recovery.read_code(typed.upper() if upper else typed) == code.replace("-", "")


@given(st.text(max_size=40))
def test_what_can_be_no_recovery_code_is_none(text: str) -> None:
    code = recovery.read_code(text)
    assert code is None or len(code) == 16


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("x" * 11, "too_short"),
        ("x" * 201, "too_long"),
        ("Wang.Min and more", "too_easy"),
        ("aaaaaaaaaaaa", "too_easy"),
        ("four words in a row", None),
        ("一二三四五六七八九十甲乙", None),
    ],
)
def test_which_passwords_will_do(password: str, wrong: str | None) -> None:
    found = [fault.code for fault in passwords.faults_of(password, password, "wang.min")]
    assert found == ([wrong] if wrong else [])


def test_a_password_is_right_however_a_keyboard_writes_its_letters() -> None:
    known = passwords.digest("caf\u00e9 au lait, deux")
    assert known.startswith("$argon2id$v=19$m=19456,t=2,p=1$"), "as costly as OWASP asks for"
    assert passwords.is_right("cafe\u0301 au lait, deux", known)
    for wrong, against in [
        ("another one", known),
        ("", known),
        ("x" * 10_000, known),
        ("a", None),
        ("a", "broken"),
    ]:
        assert not passwords.is_right(wrong, against)
