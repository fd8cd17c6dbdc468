"""What a phone number can do, by its type: take a text, ring for a call, or neither.

A gateway answers *accepted* for a landline too, and then nobody is told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType

CHINA: Final = 86

# phonenumbers needs 50 µs for a number; the pattern of its own metadata decides the usual case in under 1 µs.
_metadata = phonenumbers.PhoneMetadata.metadata_for_region("CN")
_CHINESE_MOBILE: Final = re.compile(
    rf"(?:\+86)?(?:{_metadata.mobile.national_number_pattern if _metadata and _metadata.mobile else '(?!)'})",
    re.ASCII,
)


class Line(StrEnum):
    """What stands behind a number. The word is the reason why no text goes there, where none can."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    EXTENSION = "extension"  # a text to the number itself reaches somebody else, or nobody
    SERVICE = "service_number"  # 400…, 800…, premium rate: it is nobody's own, and calling it reaches nobody
    UNKNOWN = "number_unknown"  # no numbering plan knows it


_LINES: Final = {
    PhoneNumberType.MOBILE: Line.MOBILE,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: Line.MOBILE,  # North America does not tell them apart
    PhoneNumberType.FIXED_LINE: Line.LANDLINE,
    PhoneNumberType.VOIP: Line.LANDLINE,
    PhoneNumberType.PERSONAL_NUMBER: Line.LANDLINE,
    PhoneNumberType.UNKNOWN: Line.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class Phone:
    """:param country: the calling code; None where no numbering plan knows the number."""

    line: Line
    country: int | None = None

    @property
    def rings(self) -> bool:
        """Somebody who belongs to the number answers when it is called, as far as its type says."""
        return self.line is not Line.SERVICE


_MOBILE_IN_CHINA: Final = Phone(Line.MOBILE, CHINA)


def same_number(number: str) -> str:
    """One form for all ways to write a number; what no numbering plan knows stays as it is."""
    if _CHINESE_MOBILE.fullmatch(number):
        return f"+{CHINA}{number[-11:]}"
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return number
    parsed.extension = None
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))


def phone_of(number: str) -> Phone:
    """
    :param number: + and country code and digits, or as dialled within mainland China.
    """
    if _CHINESE_MOBILE.fullmatch(number):
        return _MOBILE_IN_CHINA
    try:
        parsed = phonenumbers.parse(number, "CN")
    except phonenumbers.NumberParseException:
        return Phone(Line.UNKNOWN)
    line = _LINES.get(phonenumbers.number_type(parsed), Line.SERVICE)
    if parsed.extension and line in (Line.MOBILE, Line.LANDLINE):
        line = Line.EXTENSION
    return Phone(line, parsed.country_code)
