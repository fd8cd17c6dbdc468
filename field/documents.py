"""Numbers of documents and phones, as every service compares them."""

from __future__ import annotations

import unicodedata
from datetime import date
from typing import Final

IDENTITY: Final = "identity_number"
"""The kind under which the blind index of a document's number is made."""


def compact_number(number: str) -> str:
    """An identity or phone number without spaces, dashes and brackets."""
    if not number.isascii():
        number = unicodedata.normalize("NFKC", number)  # full-width digits
    if number.isalnum():
        return number.upper()
    return "".join(c for c in number if c.isalnum() or c == "+").upper()


def born_by(identity_type: str | None, number: str | None) -> date | None:
    """The day of birth that stands in a resident identity number; None where there is none such."""
    digits = compact_number(number or "")
    if identity_type != "resident_id" or len(digits) != 18:
        return None
    try:
        return date.fromisoformat(f"{digits[6:10]}-{digits[10:12]}-{digits[12:14]}")
    except ValueError:
        return None
