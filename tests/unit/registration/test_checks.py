"""All reasons at once, none with the value in it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn.ric import calc_check_digit

from contracts.envelope import Event
from services.registration.reports.checks import check_report, check_source
from services.registration.reports.report import read_report

ZONE = ZoneInfo("Asia/Shanghai")
NOW = datetime(2022, 10, 1, 12, tzinfo=ZONE)


WRONG = "360426199101010070"
NUMBER = "person.identity_number"


def one_stop(division: str | None, first: str, last: str) -> dict[str, Any]:
    return {"stops": [{"division": division, "from": first, "to": last}]}


def resident_id(born: date = date(1991, 1, 1), order: int = 7, division: str = "360426") -> str:
    body = f"{division}{born:%Y%m%d}{order:03d}"
    return body + calc_check_digit(body + "0")


def data(**changed: Any) -> dict[str, Any]:
    """A good report with some parts changed."""
    good: dict[str, Any] = {
        "source_kind": "transport",
        "person": {
            "name": "王一",
            "identity_type": "resident_id",
            "identity_number": resident_id(),
            "phone": "13909311234",
            "birth_date": None,
            "sex": None,
        },
        "companions": [],
        "stops": [
            {"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-10-01"}
        ],
        "arrival": {"at": "2022-10-01T10:00:00+08:00", "expected": False},
        "destination": {"division": "620102002", "address": "某路1号"},
        "remarks": None,
    }
    for name, value in changed.items():
        good[name] = {**good[name], **value} if isinstance(value, dict) else value
    return good


def codes(given: dict[str, Any]) -> set[tuple[str, str]]:
    return {(reason.where, reason.code) for reason in check_report(read_report(given), given, NOW, ZONE)}


def test_a_good_report_passes() -> None:
    assert codes(data()) == set()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"person": {"identity_number": WRONG}}, (NUMBER, "identity_checksum")),
        ({"person": {"identity_number": "3604261991"}}, (NUMBER, "identity_length")),
        ({"person": {"birth_date": "1991-01-02"}}, ("person.birth_date", "birth_date_differs")),
        ({"person": {"sex": "female"}}, ("person.sex", "sex_differs")),
        ({"person": {"phone": "12345"}}, ("person.phone", "phone_invalid")),
        ({"person": {"identity_number": None, "phone": None}}, ("person", "person_unknown")),
        ({"person": {"identity_type": "passport", "identity_number": "E1"}}, (NUMBER, "identity_length")),
        ({"person": {"identity_type": "other", "identity_number": "0000"}}, (NUMBER, "identity_placeholder")),
        ({"person": {"identity_type": None, "identity_number": "xxxxx"}}, (NUMBER, "identity_placeholder")),
        (one_stop("999999", "2022-09-20", "2022-09-21"), ("stops[0].division", "division_unknown")),
        (one_stop(None, "2022-09-20", "2022-09-21"), ("stops[0]", "stop_without_place")),
        (one_stop("620402", "2022-09-21", "2022-09-20"), ("stops[0].from", "stop_ends_before_it_begins")),
        (one_stop("620402", "2021-09-21", "2021-09-22"), ("stops[0].from", "stop_too_old")),
        (one_stop("620402", "2022-09-20", "2022-10-05"), ("stops[0].to", "stop_after_arrival")),
        ({"arrival": {"at": "2022-10-01T12:11:00+08:00"}}, ("arrival.at", "arrival_in_future")),
        ({"arrival": {"at": "2022-08-25T12:00:00+08:00"}, "stops": []}, ("arrival.at", "arrival_too_old")),
        ({"arrival": {"at": "2023-02-01T12:00:00Z", "expected": True}}, ("arrival.at", "expected_too_far")),
        ({"arrival": {"entered_on": "2022-10-02"}}, ("arrival.entered_on", "entry_after_arrival")),
        ({"arrival": {"entered_on": "2021-09-28"}}, ("arrival.entered_on", "entry_too_old")),
        ({"destination": {"division": "620199"}}, ("destination.division", "division_unknown")),
        ({"destination": {"division": None, "address": " "}}, ("destination", "destination_missing")),
        ({"companions": [{"sex": "male"}]}, ("companions[0]", "person_unknown")),
    ],
)  # fmt: skip
def test_every_problem_is_named_with_its_field(changed: dict[str, Any], reason: tuple[str, str]) -> None:
    found = codes(data(**changed))
    assert reason in found
    assert len(found) <= 2


@pytest.mark.parametrize(
    "person",
    [
        {"identity_number": "6.20102E+17", "identity_type": None},
        {"identity_number": "6.20102E+17", "identity_type": "other"},
        {"identity_number": "620102E+17", "identity_type": "resident_id"},
        {"identity_number": "6,20102e+17"},
        {"identity_number": "6E+17", "identity_type": "other"},
        {"identity_number": "６.２０１０２Ｅ＋１７"},
        {"identity_number": "6.20102e17"},
        {"identity_number": "620102198501020000"},
        {"identity_number": "620102198501021000"},
        {"identity_number": "620102198501020000", "identity_type": "other"},
        {"identity_number": "620102198501020000", "identity_type": None},
        {"identity_number": "620102198501020016.0"},
        {"identity_number": "123456789.0", "identity_type": "passport"},
        {"identity_number": "1234567", "identity_type": "taiwan_permit"},
        {"identity_number": "12345678", "identity_type": "passport", "nationality": "GBR"},
        {"identity_number": "12345678", "identity_type": "passport", "issuing_country": "USA"},
    ],
)
def test_a_number_that_a_spreadsheet_has_changed_is_named_as_that_and_nothing_else(
    person: dict[str, Any],
) -> None:
    given = data(person=person)
    (fault,) = check_report(read_report(given), given, NOW, ZONE)
    assert (fault.where, fault.code) == (NUMBER, "identity_spreadsheet")
    assert "spreadsheet" in fault.message and "as text" in fault.message
    assert person["identity_number"] not in fault.message


@pytest.mark.parametrize(
    "person",
    [
        {"identity_number": "5E12345", "identity_type": "passport"},
        {"identity_number": "E12345678", "identity_type": "passport"},
        {"identity_number": "1E1234567", "identity_type": "other"},
        {"identity_number": "12345678", "identity_type": "passport", "nationality": "FRA"},
        {"identity_number": "123456789", "identity_type": "passport", "nationality": "GBR"},
        {"identity_number": "12345678", "identity_type": "taiwan_permit"},
        {"identity_number": "12000", "identity_type": "other"},
        {"identity_number": "'" + resident_id()},
    ],
)
def test_a_number_of_that_look_that_is_whole_passes(person: dict[str, Any]) -> None:
    assert codes(data(person=person)) == set()


def test_a_sound_resident_number_that_happens_to_end_with_zeros_passes() -> None:
    ends = (resident_id(date(1991, 1, 1) + timedelta(days=day), order=100) for day in range(100))
    assert codes(data(person={"identity_number": next(n for n in ends if n.endswith("000"))})) == set()


def test_a_resident_number_is_one_whatever_its_kind_is_called() -> None:
    wrong_day = {"identity_type": "other", "birth_date": "1985-05-05"}
    assert codes(data(person=wrong_day)) == {("person.birth_date", "birth_date_differs")}


def test_all_reasons_are_given_at_once() -> None:
    found = codes(
        data(
            person={"identity_number": "360426199101010070", "phone": "1"},
            arrival={"at": "2022-10-03T00:00:00+08:00"},
            destination={"division": "999999"},
        )
    )
    assert {code for _, code in found} == {
        "identity_checksum",
        "phone_invalid",
        "arrival_in_future",
        "division_unknown",
    }


def test_clocks_of_sources_may_be_ten_minutes_fast() -> None:
    assert codes(data(arrival={"at": "2022-10-01T12:09:00+08:00"})) == set()


def test_an_old_arrival_passes_with_a_remark() -> None:
    assert codes(data(arrival={"at": "2022-08-25T12:00:00+08:00"}, stops=[], remarks="补录")) == set()


def test_name_and_phone_are_enough() -> None:
    assert codes(data(person={"identity_number": None, "identity_type": None})) == set()


@given(st.dates(date(1900, 1, 1), date(2022, 9, 30)), st.integers(1, 999))
def test_every_number_with_a_right_check_character_and_date_passes(born: date, order: int) -> None:
    assert codes(data(person={"identity_number": resident_id(born, order)})) == set()


@given(
    st.dates(date(1900, 1, 1), date(2022, 9, 30)), st.integers(0, 999), st.integers(0, 16), st.integers(1, 9)
)
def test_one_wrong_digit_is_always_found(born: date, order: int, at: int, more: int) -> None:
    number = resident_id(born, order)
    wrong = number[:at] + str((int(number[at]) + more) % 10) + number[at + 1 :]
    assert any(
        field == "person.identity_number" for field, _ in codes(data(person={"identity_number": wrong}))
    )


@given(st.text(alphabet="0123456789X王AB-", min_size=1, max_size=20))
def test_no_message_holds_the_value(value: str) -> None:
    given = data(person={"identity_number": value, "phone": value, "name": value})
    for reason in check_report(read_report(given), given, NOW, ZONE):
        assert len(value) < 4 or value not in reason.message


@pytest.mark.parametrize(
    ("source", "publisher", "codes"),
    [
        ("/rail-lanzhou/departures", "rail-lanzhou", []),
        ("/rail-lanzhou", "rail-lanzhou", []),
        ("/rail-lanzhou2/x", "rail-lanzhou", ["source_not_publisher"]),
        ("rail-lanzhou/x", "rail-lanzhou", ["source_not_publisher"]),
        ("/anything", None, []),
    ],
)
def test_a_publisher_speaks_only_for_itself(source: str, publisher: str | None, codes: list[str]) -> None:
    event = Event("1", source, "arrival.reported", None, NOW, {}, publisher=publisher)
    assert [reason.code for reason in check_source(event)] == codes


def test_an_expected_arrival_may_lie_ahead() -> None:
    ahead = (NOW + timedelta(days=3)).astimezone(UTC).isoformat()
    assert codes(data(arrival={"at": ahead, "expected": True})) == set()


anything = st.none() | st.text(max_size=12)
days = st.dates().map(date.isoformat)
times = st.datetimes(timezones=st.sampled_from([UTC, ZONE])).map(datetime.isoformat)


@given(
    person=st.fixed_dictionaries(
        {
            "name": anything,
            "phone": anything | st.from_regex(r"\d{17}[\dXx]", fullmatch=True),
            "identity_number": anything | st.from_regex(r"\d{17}[\dXx]", fullmatch=True),
            "identity_type": st.sampled_from([None, "resident_id", "passport"]),
            "birth_date": st.none() | days,
        }
    ),
    stops=st.lists(
        st.fixed_dictionaries({"division": anything, "address": anything, "from": days, "to": days}),
        max_size=3,
    ),
    arrival=st.fixed_dictionaries({"at": times, "expected": st.booleans()}),
    destination=st.fixed_dictionaries({"division": anything, "address": anything}),
)
def test_whatever_the_contract_lets_through_gets_reasons_and_never_an_error(**changed: Any) -> None:
    codes(data(**changed))


def test_full_width_digits_are_digits() -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    given = data(
        person={"phone": "13909311234".translate(wide), "identity_number": resident_id().translate(wide)}
    )
    assert codes(given) == set()
    assert read_report(given).people[0].phone == "13909311234"
