"""One-time codes of an authenticator (TOTP, RFC 6238): six digits, a new one each 30 s, by real time."""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from typing import Final

import pyotp

STEP_S: Final = 30
WINDOW: Final = 1
"""Steps before and after, for clocks that go wrong and people who type slowly."""

_CODE: Final = re.compile(r"[0-9]{6}")
_ISSUER: Final = "Doorstep"


def new_secret() -> str:
    """160 random bits in base32, as RFC 4226 wants."""
    return pyotp.random_base32(32)


def step_of(secret: str, code: str, moment: datetime, last_step: int | None) -> int | None:
    """The step whose code this is; None where the code is wrong, or its step or a later one was used before.

    :param moment: real time, aware.
    """
    if not _CODE.fullmatch(code):
        return None
    codes, now = pyotp.HOTP(secret), int(moment.timestamp()) // STEP_S
    found = None
    for step in range(now - WINDOW, now + WINDOW + 1):
        if hmac.compare_digest(codes.at(step), code) and (last_step is None or step > last_step):
            found = step
    return found


def address(secret: str, name: str) -> str:
    """What an authenticator reads: `otpauth://totp/…`."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=_ISSUER)
