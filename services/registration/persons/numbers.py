"""What the number of a document says of itself: its kind, who issued it, birth date and sex inside it.

Also whether a spreadsheet has changed it on the way: then it is nobody's number any more.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Final

from stdnum.cn import ric

from services.registration.persons.person import Person

_RESIDENT: Final = re.compile(r"[0-9]{17}[0-9X]")
# Issued by China to people of other places and countries.
_ISSUED_BY_CHINA: Final = frozenset(
    ("resident_id", "hk_macau_permit", "taiwan_permit", "foreign_permanent_resident")
)

_SCIENTIFIC: Final = re.compile(r"[0-9]+(?:[.,][0-9]*)?E\+[0-9]{1,3}|[0-9][.,][0-9]+E[0-9]{1,3}")
_FLOAT: Final = re.compile(r"[0-9]+\.0+")
# A spreadsheet keeps 15 digits of a number and writes zeros for the rest.
_ZEROED: Final = re.compile(r"[0-9]{15}0{3,}")
# Numbers of a fixed count of digits, of which the first may be 0.
_DIGITS: Final = {("taiwan_permit", "CHN"): 8, ("passport", "GBR"): 9, ("passport", "USA"): 9}


@dataclass(slots=True)
class Document:
    """What is known of a person's document and, from it, of the person. Not frozen: see claims.py.

    :param kind: one of field.words.IDENTITY_TYPES but `other`, which says nothing.
    :param issuer: ISO 3166-1 alpha-3.
    :param born: YYYY-MM-DD.
    """

    kind: str | None
    issuer: str | None
    born: str | None
    sex: str | None


_NOTHING: Final = Document(None, None, None, None)


def document_of(person: Person) -> Document:
    """
    A resident identity number is one whatever the source calls it, and its birth date and sex count. An
    issuing country that is not given follows from the kind of document, or from the nationality.
    """
    number, kind = person.identity_number, person.identity_type
    if number and (kind == "resident_id" or is_resident_number(number)):
        sex = "male" if number[16:17] in "13579" else "female"
        return Document("resident_id", "CHN", f"{number[6:10]}-{number[10:12]}-{number[12:14]}", sex)
    born = person.birth_date.isoformat() if person.birth_date else None
    if not number:
        return Document(None, None, born, person.sex) if born or person.sex else _NOTHING
    return Document(None if kind == "other" else kind, _issuer(person), born, person.sex)


def _issuer(person: Person) -> str | None:
    if person.issuing_country:
        return _country(person.issuing_country)
    if person.identity_type in _ISSUED_BY_CHINA:
        return "CHN"
    return _country(person.nationality) if person.identity_type == "passport" else None


def _country(code: str | None) -> str | None:
    """A code of two letters, or a name, is not compared with one of three."""
    code = (code or "").strip().upper()
    return code if len(code) == 3 and code.isalpha() and code.isascii() else None


def looks_like_resident_number(number: str) -> bool:
    """17 digits and a digit or X. :param number: compact."""
    return _RESIDENT.fullmatch(number) is not None


def is_resident_number(number: str) -> bool:
    """GB 11643: looks like one, its birth date is a date, and its check character fits."""
    return bool(
        _RESIDENT.fullmatch(number) and birth_date_in(number) and ric.calc_check_digit(number) == number[-1]
    )


def birth_date_in(number: str) -> date | None:
    """:param number: it looks like a resident identity number."""
    try:
        return date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return None


def spreadsheet_damage(given: str, person: Person) -> str | None:
    """How a spreadsheet has changed an identity number: words for a fault; None: it has not.

    :param given: as it came, not compact: `6.20102E+17` would lose its point.
    """
    if not given.isalnum():
        text = unicodedata.normalize("NFKC", given).strip().lstrip("'").upper()
        if _SCIENTIFIC.fullmatch(text):
            return "is in scientific notation, its last digits are lost"
        if _FLOAT.fullmatch(text):
            return "ends with .0, as a number that is calculated with"
    return _lost_digits(person.identity_number or "", person)


def _lost_digits(number: str, person: Person) -> str | None:
    if number.endswith("000") and _ZEROED.fullmatch(number):
        no_sequence = number[14:17] == "000"  # 001 is the first
        is_somebodys = is_resident_number(number) and not no_sequence
        return None if is_somebodys else "ends with zeros in place of its last digits"
    if person.identity_type in ("passport", "taiwan_permit"):
        digits = _DIGITS.get((person.identity_type, _issuer(person) or ""))
        if digits is not None and number.isdecimal() and len(number) == digits - 1:
            return f"has {digits - 1} digits in place of {digits}: its leading zero is lost"
    return None
