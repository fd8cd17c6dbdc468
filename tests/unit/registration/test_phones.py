"""Whose number is meant: sure, or refused with the reason; never a stranger's."""

from itertools import product

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from services.registration.persons.countries import region_of
from services.registration.persons.person import Person
from services.registration.persons.phones import PhoneFault, is_shared, read_phone, same_phone
from services.registration.reports.phone_checks import check_phone

MOBILE = "13909311234"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NATIONALITIES = {
    region: three for three in map("".join, product(LETTERS, repeat=3)) if (region := region_of(three))
}


def code(text: str, nationality: str | None = None) -> str | None:
    read = read_phone(text, nationality)
    return read.code if isinstance(read, PhoneFault) else None


@pytest.mark.parametrize(
    "written",
    [
        "13909311234",
        "139 0931 1234",
        "139-0931-1234",
        "139.0931.1234",
        "013909311234",
        "(139)09311234",
        "１３９０９３１１２３４",
        "１３９－０９３１－１２３４",
        "+8613909311234",
        "+86 139-0931-1234",
        "+86 (0)13909311234",
        "(+86)13909311234",
        "＋８６ １３９０９３１１２３４",
        "\u202a+8613909311234\u202c",
        "0086 139 0931 1234",
        "+0086 13909311234",
        "86-13909311234",
        "(86)13909311234",
        "8613909311234",
        "'13909311234",
        '="13909311234"',
        "tel:13909311234",
        "手机：13909311234（妻子）",
        "13909311234 (wife)",
        "13909311234;",
        "13909311234 / 13909311234",
        "13909311234、0931-8412345",
        "0931 8412345 / 13909311234",
        "13909311234/139093",
    ],
)
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    read = read_phone(written)
    assert isinstance(read, str)
    assert same_phone(read) == "+8613909311234"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("0931-8412345", "09318412345"),
        ("(0931)8412345", "09318412345"),
        ("+86-931-8412345", "+869318412345"),
        ("0931-8412345转801", "09318412345 ext. 801"),
        ("0931-8412345-801", "09318412345 ext. 801"),
        ("0931-8412345 ext 12", "09318412345 ext. 12"),
        ("13909311234转6", "13909311234 ext. 6"),
        ("400-123-4567", "4001234567"),
        ("+1-312-555-0123", "+13125550123"),
        ("(+1)3125550123", "+13125550123"),
        ("001-312-555-0123", "+13125550123"),
        ("0082 10-1234-5678", "+821012345678"),
        ("+852 9123 4567", "+85291234567"),
        ("无", None),
        ("N/A", None),
        (" - ", None),
    ],
)
def test_landlines_extensions_and_numbers_abroad_are_read(written: str, read: str | None) -> None:
    assert read_phone(written) == read


@pytest.mark.parametrize(
    ("written", "nationality", "why"),
    [
        ("1-312-555-0123", "USA", "phone_ambiguous"),  # Chicago, or a mobile in China
        ("1-312-555-0123", None, "phone_ambiguous"),
        ("1 (312) 555-0123", None, "phone_ambiguous"),
        ("13125550123", "USA", "phone_ambiguous"),
        ("13125550123", "CAN", "phone_ambiguous"),
        ("(312) 555-0123", None, "phone_ambiguous"),  # Chicago, or Baoding without its 0
        ("9318412345", None, "phone_ambiguous"),  # Lanzhou without its 0, or Tennessee
        ("010-1234-5678", "KOR", "phone_ambiguous"),  # a mobile in Korea, or Beijing
        ("(13) 99123-4567", "BRA", "phone_ambiguous"),
        ("1.39E+10", None, "phone_spreadsheet"),
        ("1.3909311234E+10", None, "phone_spreadsheet"),
        ("13909311234.0", None, "phone_spreadsheet"),
        ("13,909,311,234", None, "phone_spreadsheet"),
        ("8613909311234.0", None, "phone_spreadsheet"),
        ("13909311234/13809311234", None, "phone_several"),
        ("13909311234 13809311234", None, "phone_several"),
        ("13909311234(本人)13809311234(妻)", None, "phone_several"),
        ("139O9311234", None, "phone_letters"),
        ("1390931123l", None, "phone_letters"),
        ("8412345", None, "phone_area_missing"),
        ("852 9123 4567", None, "phone_country_missing"),
        ("447911123456", None, "phone_country_missing"),
        ("07911 123456", "GBR", "phone_country_missing"),
        ("+13909311234", None, "phone_invalid"),
        ("0013909311234", None, "phone_invalid"),
        ("12345", None, "phone_invalid"),
        ("call me", None, "phone_invalid"),
        ("1-800-FLOWERS", "USA", "phone_invalid"),
    ],
)
def test_what_is_not_sure_waits_for_correction_with_its_own_reason(
    written: str, nationality: str | None, why: str
) -> None:
    assert code(written, nationality) == why


@pytest.mark.parametrize(
    ("written", "nationality"),
    [
        (MOBILE, "USA"),  # 390 is no area of North America
        (MOBILE, "KAZ"),
        (MOBILE, "DEU"),  # at home Germans write 0 first
        ("131-2555-0123", "USA"),  # nobody else groups 3-4-4
        ("+86 131 2555 0123", "USA"),
        ("13125550123", None),
        ("13125550123", "CHN"),
    ],
)
def test_a_foreigner_in_china_has_a_chinese_mobile(written: str, nationality: str | None) -> None:
    assert code(written, nationality) is None


def test_a_service_number_does_not_say_who_somebody_is() -> None:
    assert is_shared("4001234567") and is_shared("+868008101234")
    assert not any(map(is_shared, (MOBILE, "+8613909311234", "09318412345", "+13125550123")))
    given = {"name": "胡老样", "phone": "400-123-4567"}
    without = Person(name="胡老样", phone="4001234567")
    with_number = Person(name="胡老样", phone="4001234567", identity_number="X1234567")
    assert [fault.code for fault in check_phone(without, given, "person")] == ["phone_shared"]
    assert list(check_phone(with_number, given, "person")) == []


def test_no_fault_repeats_the_number() -> None:
    for text in ("1-312-555-0123", "1.3909311234E+10", "13909311234/13809311234", "8412345"):
        (fault,) = check_phone(Person(), {"phone": text}, "companions[1]")
        assert fault.where == "companions[1].phone"
        assert not any(part in fault.message for part in ("312", "139", "8412345"))


# -- every number of every country, in several writings ------------------------------------------------------

KINDS = [value for name, value in vars(PhoneNumberType).items() if name.isupper() and name != "UNKNOWN"]
EXAMPLES = [
    example
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in KINDS
    if (example := phonenumbers.example_number_for_type(region, kind))
    and phonenumbers.is_valid_number(example)
]
FULL_WIDTH = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")
WRITINGS = {
    "e164": lambda n: phonenumbers.format_number(n, PhoneNumberFormat.E164),
    "international": lambda n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL),
    "dashes": lambda n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL).replace(" ", "-"),
    "from China": lambda n: "00" + phonenumbers.format_number(n, PhoneNumberFormat.E164)[1:],
    "full width": lambda n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL).translate(
        FULL_WIDTH
    ),
    "with a note": lambda n: phonenumbers.format_number(n, PhoneNumberFormat.E164) + " (妻子)",
}


@given(
    st.sampled_from(EXAMPLES), st.sampled_from(sorted(WRITINGS)), st.sampled_from([None, "CHN", "USA", "DEU"])
)
def test_with_its_country_code_a_number_is_read_as_the_one_meant(
    meant: phonenumbers.PhoneNumber, writing: str, nationality: str | None
) -> None:
    read = read_phone(WRITINGS[writing](meant), nationality)
    assert isinstance(read, str)
    assert same_phone(read) == phonenumbers.format_number(meant, PhoneNumberFormat.E164)


@given(st.sampled_from(EXAMPLES), st.booleans())
def test_as_written_at_home_a_number_abroad_is_nobody_elses(
    meant: phonenumbers.PhoneNumber, in_one_piece: bool
) -> None:
    """With the nationality of that country a number without + is never taken for that of a stranger."""
    region = phonenumbers.region_code_for_number(meant)
    if region not in NATIONALITIES or phonenumbers.number_type(meant) not in (
        PhoneNumberType.MOBILE,
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.FIXED_LINE_OR_MOBILE,
    ):
        return
    written = phonenumbers.format_number(meant, PhoneNumberFormat.NATIONAL)
    if in_one_piece:
        written = "".join(c for c in written if c.isdigit())
    read = read_phone(written, NATIONALITIES[region])
    if isinstance(read, str):
        assert same_phone(read) == phonenumbers.format_number(meant, PhoneNumberFormat.E164)


@given(st.text(max_size=40), st.sampled_from([None, "CHN", "USA", "x", "KOR"]))
def test_any_text_is_read_or_refused(text: str, nationality: str | None) -> None:
    read = read_phone(text, nationality)
    assert read is None or isinstance(read, PhoneFault) or phonenumbers.parse(read, "CN")
