"""What a number can do decides how its owner is told."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from chassis.errors import SettingsError
from services.notification.channels.phone_lines import Line, phone_of
from services.notification.channels.sms_http import SmsOverHttp, SmsSettings
from services.registration.persons.phones import read_phone

GATEWAY = "http://gateway"
AT_HOME = SmsOverHttp(SmsSettings(GATEWAY))
ANYWHERE = SmsOverHttp(SmsSettings(GATEWAY, countries=None))


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("13909311234", None),
        ("+8613909311234", None),
        ("16500000001", None),
        ("09318412345", "landline"),
        ("+869318412345", "landline"),
        ("01012345678", "landline"),
        ("09318412345 ext. 801", "extension"),
        ("13909311234 ext. 6", "extension"),  # a text would go to whoever rented out the number
        ("4001234567", "service_number"),
        ("8008101234", "service_number"),
        ("95588", "number_unknown"),
        ("call me", "number_unknown"),
        ("+85291234567", "abroad"),
        ("+13125550123", "abroad"),
        ("+441212345678", "landline"),
        ("+18002345678", "service_number"),
    ],
)
def test_a_text_goes_only_to_what_can_have_one(number: str, why: str | None) -> None:
    assert AT_HOME.cannot_reach(number) == why


@pytest.mark.parametrize("number", ["+85291234567", "+13125550123", "+821012345678"])
def test_a_mobile_abroad_has_a_text_where_the_gateway_sends_there(number: str) -> None:
    assert ANYWHERE.cannot_reach(number) is None
    channel = SmsOverHttp.from_settings(
        {"DOORSTEP_SMS_URL": GATEWAY, "DOORSTEP_SMS_COUNTRIES": "86, +852,1, 82"}
    )
    assert channel is not None and channel.cannot_reach(number) is None
    assert channel.cannot_reach("13909311234") is None
    assert channel.cannot_reach("+819012345678") == "abroad"


def test_without_a_setting_texts_stay_in_mainland_china() -> None:
    channel = SmsOverHttp.from_settings({"DOORSTEP_SMS_URL": GATEWAY})
    assert channel is not None
    assert (channel.cannot_reach("13909311234"), channel.cannot_reach("+85291234567")) == (None, "abroad")


@pytest.mark.parametrize("text", ["China", "86,", "86;852", "7777", "86,any"])
def test_countries_that_are_none_are_named(text: str) -> None:
    with pytest.raises(SettingsError, match="DOORSTEP_SMS_COUNTRIES"):
        SmsOverHttp.from_settings({"DOORSTEP_SMS_URL": GATEWAY, "DOORSTEP_SMS_COUNTRIES": text})


def test_nobody_answers_for_somebody_at_a_service_number() -> None:
    assert not phone_of("4001234567").rings
    assert all(phone_of(number).rings for number in ("13909311234", "09318412345", "+85291234567", "call me"))


# -- from the report to the channel --------------------------------------------------------------------------

KINDS = {value: name for name, value in vars(PhoneNumberType).items() if name.isupper() and name != "UNKNOWN"}
EXAMPLES = [
    example
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in KINDS
    if (example := phonenumbers.example_number_for_type(region, kind))
    and phonenumbers.is_valid_number(example)
]
WRITINGS = (
    lambda n: phonenumbers.format_number(n, PhoneNumberFormat.E164),
    lambda n: phonenumbers.format_number(n, PhoneNumberFormat.INTERNATIONAL),
    lambda n: "00" + phonenumbers.format_number(n, PhoneNumberFormat.E164)[1:],
    lambda n: phonenumbers.format_number(n, PhoneNumberFormat.NATIONAL),
)
CARRIES_TEXTS = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


@given(
    st.sampled_from(EXAMPLES),
    st.sampled_from(WRITINGS),
    st.sampled_from([frozenset({86}), frozenset({86, 852, 1}), None]),
    st.booleans(),
)
def test_the_way_chosen_can_carry_it_and_leads_to_whom_was_meant(
    meant: PhoneNumber, write: object, countries: frozenset[int] | None, has_extension: bool
) -> None:
    written = write(meant) + (" ext. 12" if has_extension else "")  # type: ignore[operator]
    read = read_phone(written)
    if not isinstance(read, str):
        assert not written.startswith(("+", "00"))  # with a country code it is always read
        return
    number = phonenumbers.parse(read, "CN")
    if written.startswith(("+", "00")):
        assert (number.country_code, number.national_number) == (meant.country_code, meant.national_number)
    else:  # without one it can only be meant in mainland China, or it is not texted
        assert number.country_code == 86
    channel = SmsOverHttp(SmsSettings(GATEWAY, countries=countries))
    if channel.cannot_reach(read) is None:
        assert phonenumbers.number_type(number) in CARRIES_TEXTS and not number.extension
        assert countries is None or number.country_code in countries
    else:
        line = phone_of(read).line
        assert line is not Line.MOBILE or number.country_code not in (countries or ())
