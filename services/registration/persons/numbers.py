"""What the number of a document says of itself: its kind, who issued it, birth date and sex inside it.

Also whether a spreadsheet has changed it on the way: then it is nobody's number any more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from field.documents import is_resident_number, spreadsheet_damage
from services.registration.persons.person import Person

# Issued by China to people of other places and countries.
_ISSUED_BY_CHINA: Final = frozenset(
    ("resident_id", "hk_macau_permit", "taiwan_permit", "foreign_permanent_resident")
)

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


def changed_by_spreadsheet(given: str, person: Person) -> str | None:
    """How a spreadsheet has changed an identity number: words for a fault; None: it has not.

    :param given: as it came, not compact.
    """
    number = person.identity_number or ""
    if damage := spreadsheet_damage(given, number):
        return damage
    if person.identity_type in ("passport", "taiwan_permit"):
        digits = _DIGITS.get((person.identity_type, _issuer(person) or ""))
        if digits is not None and number.isdecimal() and len(number) == digits - 1:
            return f"has {digits - 1} digits in place of {digits}: its leading zero is lost"
    return None
