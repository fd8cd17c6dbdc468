"""Numbers of documents and phones, as every service compares them."""

from __future__ import annotations

import unicodedata
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
