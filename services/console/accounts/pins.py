"""The PIN of a worker: which ones will do, and its digest. It opens nothing but an enrolled phone."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Final

from chassis.sealing import BlindIndex
from contracts.faults import Fault
from services.console.accounts import passwords

DIGITS: Final = 6
_FEWEST_DIFFERENT: Final = 3
_IN_A_ROW: Final = ("0123456789", "9876543210")


def read_pin(typed: str) -> str:
    """As it is compared: no blanks, and digits as every keyboard has them."""
    return "".join(unicodedata.normalize("NFKC", typed[:50]).split())


def faults_of(pin: str, again: str) -> Iterator[Fault]:
    """What is wrong with a PIN that somebody chooses."""
    if len(pin) != DIGITS or not (pin.isascii() and pin.isdecimal()):
        yield Fault("pin", "pin_digits", f"must be {DIGITS} digits")
    elif len(set(pin)) < _FEWEST_DIFFERENT or any(pin in row for row in _IN_A_ROW):
        yield Fault("pin", "pin_easy", "must not be digits in a row, nor one or two again and again")
    elif pin != again:
        yield Fault("again", "pin_differs", "must be the same as the PIN")


def digest(index: BlindIndex, account_id: str, pin: str) -> str:
    """There are only a million PINs: the key of the index, in no database, keeps them from being tried."""
    return passwords.digest(_keyed(index, account_id, pin))


def is_right(index: BlindIndex, account_id: str, pin: str, known: str | None) -> bool:
    """It takes as long where there is none to compare with."""
    return passwords.is_right(_keyed(index, account_id, pin), known)


def _keyed(index: BlindIndex, account_id: str, pin: str) -> str:
    return index("PIN", f"{account_id}\n{pin}")
