"""One shape for what is wrong, one for no."""

import pytest

from contracts.faults import Fault, Refused, faults_of


def test_a_fault_says_where_and_why():
    assert (
        str(Fault("row 3, phone", "phone_invalid", "is no phone number"))
        == "row 3, phone: is no phone number"
    )
    assert str(Fault("", "empty", "the file is empty")) == "the file is empty"


def test_a_refusal_names_all_faults_at_once():
    refused = Refused.invalid([Fault("a", "missing", "is needed"), Fault("b", "missing", "is needed")])
    assert refused.kind == "invalid" and str(refused) == "a: is needed; b: is needed"


def test_an_unknown_thing_is_named_by_its_kind_and_id():
    refused = Refused.unknown("report", "0183917b-6c41-7a52-8d10-3f0c9b7e2a11")
    assert refused.kind == "unknown"
    assert str(refused) == "there is no report 0183917b-6c41-7a52-8d10-3f0c9b7e2a11"


@pytest.mark.parametrize("text", ["13909310001", "张三", "", "0183917b-6c41-7a52-8d10-3f0c9b7e2a11 张三"])
def test_what_has_not_the_form_of_an_id_is_not_said_again(text):
    assert str(Refused.unknown("report", text)) == "there is no report with this id"


def test_a_fault_of_a_part_is_placed_within_the_whole():
    assert str(Fault("phone", "missing", "is needed").within("row 3")) == "row 3: phone: is needed"
    assert str(Fault("", "missing", "is empty").within("row 3")) == "row 3: is empty"


def test_nested_messages_of_marshmallow_become_a_flat_list():
    messages = {"stops": {1: {"from": ["no date"]}}, "_schema": ["is no object"], "value": ["is needed"]}
    assert list(map(str, faults_of(messages, whole="data"))) == [
        "stops[1].from: no date",
        "data: is no object",
        "value: is needed",
    ]
    assert str(next(faults_of(messages, item=".{}"))) == "stops.1.from: no date"


def test_faults_of_a_dictionary_are_placed_at_its_entry():
    messages = {"text": {"fr": {"key": ["unknown"]}, "en": {"value": ["no text"]}}}
    assert list(map(str, faults_of(messages, keyed=True))) == ["text.fr (name): unknown", "text.en: no text"]
