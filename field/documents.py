"""Numbers of documents and phones, as every service compares them."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Final

IDENTITY: Final = "identity_number"
"""The kind under which the blind index of a document's number is made."""

OLDEST_PERSON_YEARS: Final = 130
_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")
_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]*)?E\+[0-9]{1,3}|[0-9][.,][0-9]+E[0-9]{1,3}")
_FLOAT: Final = re.compile(r"[0-9]+\.0+")
# A spreadsheet keeps 15 digits of a number and writes zeros for the rest.
_ZEROED: Final = re.compile(r"[0-9]{15}0{3,}")


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


def looks_like_resident_number(number: str) -> bool:
    """17 digits and a digit or X. :param number: compact."""
    return _RESIDENT.fullmatch(number) is not None


def is_resident_number(number: str) -> bool:
    """GB 11643: looks like one, its birth date is a date, and its check character fits."""
    return bool(_RESIDENT.fullmatch(number) and birth_date_in(number) and check_character_fits(number))


def check_character_fits(number: str) -> bool:
    """ISO 7064, mod 11-2. :param number: it looks like a resident identity number."""
    # 13 is 2 by 11: read to this base, each digit has its weight, a power of two.
    return "10X98765432"[int(number[:-1], 13) * 2 % 11] == number[-1]


def birth_date_in(number: str) -> date | None:
    """:param number: it looks like a resident identity number."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def in_a_lifetime(born: date, today: date) -> bool:
    """Whether somebody who is born on that day may be alive."""
    return 0 <= (today - born).days <= OLDEST_PERSON_YEARS * 366


def spreadsheet_damage(given: str, number: str) -> str | None:
    """How a spreadsheet has changed an identity number: words for a fault; None: it has not.

    :param given: as it came, not compact: `6.20102E+17` would lose its point.
    :param number: the same, compact.
    """
    if not given.isalnum():
        text = unicodedata.normalize("NFKC", given).strip().lstrip("'").upper()
        if _SCIENTIFIC.fullmatch(text):
            return "is in scientific notation, its last digits are lost"
        if _FLOAT.fullmatch(text):
            return "ends with .0, as a number that is calculated with"
    if number.endswith("000") and _ZEROED.fullmatch(number):
        no_sequence = number[14:17] == "000"  # 001 is the first
        if no_sequence or not is_resident_number(number):
            return "ends with zeros in place of its last digits"
    return None
