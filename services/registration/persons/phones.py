"""Phone numbers as reports write them: read as the one number that is meant, or refused with the reason.

A text with name and measure must not reach a stranger. So a number counts only where its country is sure: it
is written with + (or 00) and country code, or it is one of mainland China and neither the way it is written
nor the person's nationality makes it a number of another country too.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher, PhoneNumberType

from services.registration.persons.countries import CHINA, region_of

# phonenumbers needs 26 µs for a number; the pattern of its own metadata decides the usual case in under 1 µs.
_china = phonenumbers.PhoneMetadata.metadata_for_region(CHINA)
_MOBILE: Final = re.compile(
    (_china.mobile.national_number_pattern if _china and _china.mobile else None) or r"(?!)", re.ASCII
)
_OF_A_PERSON: Final = frozenset(
    {
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
        PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER,
    }
)
_LONGEST: Final = 15  # digits of an international number, ITU-T E.164


@dataclass(frozen=True, slots=True)
class PhoneFault:
    """Why a text is not read as a phone number; in the words of a fault."""

    code: str
    message: str


INVALID: Final = PhoneFault(
    "phone_invalid", "is no valid phone number; outside mainland China give +country code"
)
AMBIGUOUS: Final = PhoneFault(
    "phone_ambiguous",
    "could be a number of two countries: write it with + and country code, a landline in China with 0 and "
    "area code",
)
SPREADSHEET: Final = PhoneFault(
    "phone_spreadsheet",
    "was made a number by a spreadsheet, which loses + and leading zeros: make the column text and send the "
    "number as it was",
)
SEVERAL: Final = PhoneFault("phone_several", "holds several numbers: give the one that the person answers")
LETTERS: Final = PhoneFault("phone_letters", "has letters among the digits: write digits only")
AREA_MISSING: Final = PhoneFault(
    "phone_area_missing", "lacks its area code: write 0 and area code, or + and country code, before it"
)
COUNTRY_MISSING: Final = PhoneFault(
    "phone_country_missing", "is no number of mainland China: write it with + and country code"
)
SHARED: Final = PhoneFault(
    "phone_shared",
    "is a service number, which belongs to nobody: give an identity number, or a phone of the person's own",
)


def read_phone(text: str, nationality: str | None = None) -> str | PhoneFault | None:
    """The number that is meant; None where the text says that there is none.

    :param nationality: ISO 3166-1 alpha-3, of the person or of their document; None where it is not known.
    :returns: digits as dialled within mainland China (13909311234, 09318412345), or + and country code and
        digits; with ` ext. 12` behind it where it has an extension.
    """
    if _MOBILE.fullmatch(text):
        return text if nationality in _OF_CHINA or not _is_written_so_in(nationality, text) else AMBIGUOUS
    if text.startswith("+86") and _MOBILE.fullmatch(text, 3):
        return text
    text = _tidied(text)
    if nationality in _OF_CHINA and _CHINESE_GROUPS.fullmatch(text):
        plain = text.translate(_UNGROUPED)
        if _MOBILE.fullmatch(plain):
            return plain
    if text.casefold() in _NO_PHONE:
        return None
    if _EATEN.fullmatch(text):
        return SPREADSHEET
    if _LETTER_AMONG_DIGITS.search(_EXTENSION.sub(" ", text)):
        return LETTERS
    return _chosen([_read_one(one, nationality) for one in _numbers_in(text)])


def same_phone(number: str) -> str:
    """One form for all ways to write a number: +8613909311234. An extension does not count."""
    if _MOBILE.fullmatch(number):
        return f"+86{number}"
    if number.startswith("+86") and _MOBILE.fullmatch(number, 3):
        return number
    try:
        parsed = phonenumbers.parse(number, CHINA)
    except phonenumbers.NumberParseException:
        return number
    parsed.extension = None
    return _e164(parsed)


def is_shared(number: str) -> bool:
    """A number of a service, which says nothing of who somebody is: 400…, 800….

    :param number: as `read_phone` returns it.
    """
    if _MOBILE.fullmatch(number[-11:]):
        return False
    parsed = _parsed(number, CHINA)
    return parsed is not None and phonenumbers.number_type(parsed) not in _OF_A_PERSON


# -- a text and the numbers in it ----------------------------------------------------------------------------

_UNGROUPED: Final = str.maketrans("", "", " -")
_OF_CHINA: Final = (None, "CHN", "CN", "")
_NO_PHONE: Final = frozenset(
    {"", "-", "--", "/", "0", "无", "没有", "暂无", "无电话", "无手机", "不详", "未知", "none", "n/a", "na"}
)
# A + or a leading zero may be lost wherever a spreadsheet took the cell for a number: 1.39E+10, 13909311234.0
_EATEN: Final = re.compile(r"[+-]?\d+(\.\d+)?E\+?\d+|\d{5,}\.0+|\d{1,3}(,\d{3}){2,}(\.\d+)?", re.IGNORECASE)
_EXTENSION: Final = re.compile(
    r"\s*(?:转|轉|分机|#|;?\bext(?:ension|n)?[.:=]?|(?<=\d)\s?x)\s*(\d{1,6})\b", re.I
)
# 139O9311234, 1390931123l; a word beside the number is a note: 13909311234 (wife), 手机13909311234
_LETTER_AMONG_DIGITS: Final = re.compile(r"\d[A-Za-z]+\d|(?<![A-Za-z])[A-Za-z]\d|\d[A-Za-z](?![A-Za-z])")
_BETWEEN_NUMBERS: Final = re.compile(r"[/\\;,|&、:\n\r\t]|[^\W\d_]+")
_MOBILE_IN_A_ROW: Final = re.compile(r"(?<!\d)1[3-9]\d{9}(?!\d)", re.ASCII)
_FEWEST_DIGITS: Final = 5


def _tidied(text: str) -> str:
    if not text.isascii():
        letters = unicodedata.normalize("NFKC", text)  # full-width digits, brackets and signs
        categories = [(c, unicodedata.category(c)) for c in letters]
        # Address books put invisible characters around a number.
        text = "".join("-" if kind == "Pd" else c for c, kind in categories if kind not in ("Cf", "Mn"))
    return text.strip().removeprefix("=").strip("'\" ")


def _numbers_in(text: str) -> list[tuple[str, str | None]]:
    """Each number with its extension; what is too short to be one is a note."""
    held = _EXTENSION.sub(lambda found: f"\0{found[1]}\0", text)
    found: list[tuple[str, str | None]] = []
    for part in _BETWEEN_NUMBERS.split(held):
        number, *extensions = part.split("\0")
        pieces = [number]
        if _count(number) > _LONGEST:
            pieces = [*_MOBILE_IN_A_ROW.findall(number), *_MOBILE_IN_A_ROW.split(number)]
        pieces = [piece.strip(" .-") for piece in pieces if _count(piece) >= _FEWEST_DIGITS]
        found += [(piece, None) for piece in pieces]
        if pieces and extensions:
            found[-1] = pieces[-1], extensions[0]
    return found


def _count(text: str) -> int:
    return sum(c.isdigit() for c in text)


def _chosen(read: list[str | PhoneFault]) -> str | PhoneFault:
    """Of several numbers the only good one, or the only mobile: with two, one may be somebody else's."""
    good = list({same_phone(one): one for one in read if isinstance(one, str)}.values())
    if len(good) > 1:
        good = [one for one in good if _MOBILE.fullmatch(one.removeprefix("+86"))] or good
    if good:
        return good[0] if len(good) == 1 else SEVERAL
    faults = [one for one in read if isinstance(one, PhoneFault)]
    return next((fault for fault in faults if fault is not INVALID), INVALID)


# -- one number ----------------------------------------------------------------------------------------------

_ABROAD: Final = re.compile(r"[(+]*\+|\(?00(?=[\s(-]*[1-9])")
# 139-0931-1234: nobody else groups eleven digits so.
_CHINESE_GROUPS: Final = re.compile(r"1\d{2}([ -])\d{4}\1\d{4}", re.ASCII)
# 1-312-555-0123, 1 (312) 555-0123: the 1 stands alone as a country code does.
_LONE_ONE: Final = re.compile(r"\(?1\)?[ .(-]")
_HYPHENED_EXTENSION: Final = re.compile(r"(.*\d)-(\d{1,5})")


def _read_one(given: tuple[str, str | None], nationality: str | None) -> str | PhoneFault:
    text, extension = given
    read = _read_plain(text, nationality)
    if isinstance(read, PhoneFault) and extension is None and (parts := _HYPHENED_EXTENSION.fullmatch(text)):
        main = _read_plain(parts[1], nationality)  # 0931-8412345-801
        if isinstance(main, str):
            return f"{main} ext. {parts[2]}"
    return f"{read} ext. {extension}" if extension and isinstance(read, str) else read


def _read_plain(text: str, nationality: str | None) -> str | PhoneFault:
    digits = "".join(c for c in text if c.isdigit())
    if _ABROAD.match(text):
        abroad = _parsed("+" + digits.removeprefix("00"), None)
        return _e164(abroad) if abroad else INVALID
    parsed = _parsed(digits, CHINA)
    if parsed is None:
        return _not_of_china(digits, nationality)
    with_country_code = digits.startswith("86") and _national(parsed) != digits
    is_mobile = phonenumbers.number_type(parsed) == PhoneNumberType.MOBILE
    if not with_country_code and _is_of_two_countries(text, digits, parsed, is_mobile, nationality):
        return AMBIGUOUS
    if with_country_code:
        return _e164(parsed)
    return _national(parsed) if is_mobile else digits


def _is_of_two_countries(
    text: str, digits: str, parsed: PhoneNumber, is_mobile: bool, nationality: str | None
) -> bool:
    """Whether a valid number of mainland China, without country code, may be one of another country."""
    if is_mobile and _CHINESE_GROUPS.fullmatch(text):
        return False
    if is_mobile and _LONE_ONE.match(text):
        return True
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.FIXED_LINE and not digits.startswith("0"):
        return True  # 312-555-0123 is Chicago, and 0312-5550123 is Baoding
    return nationality not in _OF_CHINA and _is_written_so_in(nationality, digits)


def _not_of_china(digits: str, nationality: str | None) -> PhoneFault:
    region = region_of(nationality)
    if len(digits) in (7, 8) and digits[0] in "23456789" and region in (None, CHINA):
        return AREA_MISSING
    if _parsed("+" + digits, None) or (region not in (None, CHINA) and _parsed(digits, region)):
        return COUNTRY_MISSING
    return INVALID


def _is_written_so_in(nationality: str | None, digits: str) -> bool:
    """Whether people of that country would write these digits for a phone at home, trunk prefix and all."""
    region = region_of(nationality)
    if region not in phonenumbers.SUPPORTED_REGIONS or region == CHINA or not _parsed(digits, region):
        return False
    return any(
        match.raw_string == digits and phonenumbers.number_type(match.number) in _OF_A_PERSON
        for match in PhoneNumberMatcher(digits, region, leniency=Leniency.VALID)
    )


def _parsed(text: str, region: str | None) -> PhoneNumber | None:
    """None where it is no valid number."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_valid_number(parsed) else None


def _national(parsed: PhoneNumber) -> str:
    return str(phonenumbers.national_significant_number(parsed))


def _e164(parsed: PhoneNumber) -> str:
    return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
