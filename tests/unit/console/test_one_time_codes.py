"""Which of an authenticator's codes count."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.accounts.one_time_codes import STEP_S, WINDOW, address, new_secret, step_of

SECRET = base64.b32encode(b"12345678901234567890").decode()
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


def code_at(moment: datetime) -> str:
    return pyotp.TOTP(SECRET).at(moment)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert step_of(SECRET, code, datetime.fromtimestamp(seconds, UTC), None) == seconds // STEP_S


@given(MOMENTS, st.integers(-10, 10))
def test_a_code_counts_one_step_early_or_late(moment: datetime, steps: int) -> None:
    code = code_at(moment + timedelta(seconds=STEP_S * steps))
    near = {code_at(moment + timedelta(seconds=STEP_S * n)) for n in range(-WINDOW, WINDOW + 1)}
    assert (step_of(SECRET, code, moment, None) is not None) == (code in near)


@given(MOMENTS, st.lists(st.tuples(st.integers(-2, 2), st.integers(0, 45)), max_size=30))
def test_steps_that_are_accepted_only_rise(moment: datetime, said: list[tuple[int, int]]) -> None:
    last, accepted = None, []
    for steps, seconds in said:
        moment += timedelta(seconds=seconds)
        found = step_of(SECRET, code_at(moment + timedelta(seconds=STEP_S * steps)), moment, last)
        if found is not None:
            last = found
            accepted.append(found)
    assert accepted == sorted(set(accepted))


@given(MOMENTS, st.text(max_size=12))
def test_what_is_no_code_is_none(moment: datetime, text: str) -> None:
    if not (len(text) == 6 and text.isascii() and text.isdigit()):
        assert step_of(SECRET, text, moment, None) is None


def test_secrets_differ_and_an_authenticator_can_read_them() -> None:
    secrets = {new_secret() for _ in range(100)}
    assert len(secrets) == 100
    one = secrets.pop()
    assert len(base64.b32decode(one)) == 20
    assert pyotp.parse_uri(address(one, "王敏")).secret == one
