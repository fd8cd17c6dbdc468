"""`dead show` prints a message that nobody has checked: everything personal is masked."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.masking import masked_text
from operations.dead_letters.masking import SHOWN, masked, masked_error

REPORT = {
    "specversion": "1.0",
    "id": "9b0c-1",
    "source": "/rail-lanzhou/departures",
    "type": "arrival.reported",
    "time": "2022-10-01T06:15:00+08:00",
    "data": {
        "source_kind": "transport",
        "person": {"name": "张伟", "identity_number": "620102199001011234", "phone": 13912345678},
        "companions": [{"name": "Li Lei", "identity_type": "resident_id"}],
        "stops": [
            {"division": "620402", "address": "京怡家园4号楼", "from": "2022-09-20", "to": "2022-10-01"}
        ],
    },
}


def test_envelope_and_codes_are_shown():
    shown = masked(REPORT)
    for name in ("id", "source", "type", "time"):
        assert shown[name] == REPORT[name]
    assert shown["data"]["source_kind"] == "transport"
    assert shown["data"]["stops"][0] | {"address": ""} == REPORT["data"]["stops"][0] | {"address": ""}


def test_nothing_personal_is_shown():
    text = json.dumps(masked(REPORT), ensure_ascii=False)
    for secret in ("张伟", "620102199001011234", "13912345678", "Li Lei", "京怡家园"):
        assert secret not in text


def test_a_name_in_the_place_of_a_code_is_masked():
    assert masked({"division": "张伟", "kind": "张伟 13912345678", "language": "13912345678"}) == {
        "division": "(masked, 2 characters)",
        "kind": "(masked, 14 characters)",
        "language": "(masked, 11 characters)",
    }


def test_a_phone_in_the_place_of_a_division_is_masked():
    assert masked({"division": "13912345678"}) == {"division": "(masked, 11 characters)"}


NUMBERS = (
    "62010219900101123X",
    620102199001011234,
    13912345678,
    "139-1234-5678",
    "139.1234.5678",
    "+86 139 1234 5678",
    "0931-8412345",
    "8412345",
    "E12345678",
    "13920221001",
)


@pytest.mark.parametrize("number", NUMBERS)
def test_no_name_lets_a_number_of_a_person_through(number: str | int) -> None:
    hidden = f"(masked, {len(str(number))} characters)"
    assert len(SHOWN) > 60
    for name in SHOWN:
        assert masked({"data": {"person": {name: number}}}) == {"data": {"person": {name: hidden}}}
        assert masked({"data": [{name: [number]}]}) == {"data": [{name: [hidden]}]}
        assert masked([{name: number}]) == [{name: hidden}], "this is no event"


CODES = {
    "arrival_id": "01a201cb-7b28-73f8-be84-beacb137dcc3",
    "subject": "01a201cb-7b28-73f8-be84-beacb1372022",
    "correlationid": "arrival.registered:01a201cb-7b28-73f8-be84-beacb137dcc3:12",
    "traceparent": "00-12345678901234567890123456789012-1234567890123456-01",
    "dataschema": "urn:doorstep:arrival.reported:2",
    "at": "2022-10-01T06:15:00.123456+08:00",
    "due_by": "2022-10-01T06:15:00Z",
    "day": "2022-10-01",
    "place_id": "620102001801",
    "grid": "620102001801-g1",
    "street": "620102001",
    "policy_id": "cn-2022-11-twenty-measures",
    "staff_id": "w0001",
    "version": 20,
}


def test_ids_times_and_codes_of_ours_stay() -> None:
    assert masked({"data": CODES}) == {"data": CODES}


def test_the_id_and_source_of_each_event_in_a_packed_message_stay() -> None:
    event = {"specversion": "1.0", "source": "/rail-lanzhou/20221001"}
    events = [event | {"id": f"rail-20221001-{n:06}"} for n in range(2)]
    assert masked(events) == events


def test_names_of_fields_may_be_personal_too():
    assert masked({"张伟 13912345678": True}) == {"(masked name)": True}


def test_sealed_text_is_shown_as_sealed():
    assert masked({"person": f"k1.{'a' * 60}"}) == {"person": "(sealed)"}


@given(st.text(min_size=1), st.sampled_from(["name", "address", "phone", "remarks", "anything"]))
def test_under_other_names_no_text_is_ever_shown(text: str, name: str):
    assert masked({name: text})[name] in ("(sealed)", f"(masked, {len(text)} characters)")


def test_an_error_loses_numbers_addresses_and_names_and_keeps_our_words_and_ids() -> None:
    id = "01a201cb-7b28-73f8-be84-beacb137dcc3"
    kept = f"there is no report {id}; stops[2].from: RuntimeError at batch.py:123 in run (at character 871)"
    assert masked_error(kept) == kept
    said = masked_error("王芳, +86 138 0013 8000, 11010119900307123X, E12345678, wang@example.org")
    assert not any(part in said for part in ("王芳", "138", "1101", "2345678", "example"))


def test_an_operators_reason_keeps_its_language_and_loses_numbers() -> None:
    assert masked_text("已修复, 电话 13800138000") == "已修复, 电话 (masked)"
