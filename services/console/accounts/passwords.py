"""Passwords: which ones will do, and their digests (argon2id)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from contracts.faults import Fault

SHORTEST: Final = 12
LONGEST: Final = 200
"""A longer one would only cost time."""

# What OWASP asks for at the least: twelve threads that judge one each take 230 MB, and 40 ms of a core a try.
_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def faults_of(password: str, again: str, name: str) -> Iterator[Fault]:
    if len(password) < SHORTEST:
        yield Fault("password", "too_short", f"must have at least {SHORTEST} characters")
    elif len(password) > LONGEST:
        yield Fault("password", "too_long", f"must have at most {LONGEST} characters")
    elif name in password.casefold() or len(set(password)) < 5:
        yield Fault("password", "too_easy", "must not hold the name, nor be a few characters again and again")
    elif password != again:
        yield Fault("again", "differs", "must be the same as the password")


def digest(password: str) -> str:
    return _HASHER.hash(_one_form(password))


def is_right(password: str, known: str | None) -> bool:
    """It takes as long where there is none to compare with, so that nobody learns which names there are."""
    try:
        return _HASHER.verify(known or _nobodys(), _one_form(password[: LONGEST + 1])) and known is not None
    except (VerificationError, InvalidHashError):
        return False


def _one_form(password: str) -> str:
    """Keyboards write one letter with its mark as one character, or as two."""
    return unicodedata.normalize("NFC", password)


@cache
def _nobodys() -> str:
    return _HASHER.hash("nobody has this password")
