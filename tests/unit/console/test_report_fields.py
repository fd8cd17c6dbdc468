"""A report as the fields of a form: whatever a source sent, each value can be seen and said again."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.console.pages.shown.report_fields import fields_of_report, report_of_fields

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)
TEXT = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
PERSON = st.dictionaries(st.sampled_from(["name", "phone", "identity_number"]), TEXT, min_size=1)
STOP = st.dictionaries(st.sampled_from(["division", "address", "from", "to"]), TEXT, min_size=1)
REPORT = st.fixed_dictionaries(
    {
        "source_kind": TEXT,
        "person": PERSON,
        "companions": st.lists(PERSON, min_size=1, max_size=12),
        "stops": st.lists(STOP, min_size=1, max_size=3),
        "arrival": st.fixed_dictionaries({"at": TEXT, "expected": st.booleans()}),
        "destination": STOP,
    }
)


def said(data: Any) -> dict[str, Any]:
    return report_of_fields({one.path: one.value for one in fields_of_report(data)})


@given(REPORT)
def test_what_nobody_changes_is_said_as_it_came(report: dict[str, Any]) -> None:
    assert said(report) == report


@given(ANYTHING)
def test_whatever_came_there_is_a_form_for_it(data: Any) -> None:
    paths = [one.path for one in fields_of_report(data)]
    assert {"person.name", "arrival.at", "destination.address"} <= set(paths)
    assert len(paths) == len(set(paths)) <= 600
    said(data)


@given(st.dictionaries(st.text(max_size=12), st.text(max_size=3), max_size=8))
def test_forged_names_of_fields_are_no_more_than_odd_reports(given_: dict[str, str]) -> None:
    assert all(isinstance(name, str) for name in report_of_fields(given_))


def test_a_field_that_a_fault_names_is_there_and_one_left_empty_is_left_out() -> None:
    fields = fields_of_report({"companions": [{"name": "a"}]}, ["companions[0].identity_number", "stops[0]"])
    [missing] = [one for one in fields if one.path == "companions[0].identity_number"]
    assert (missing.group, missing.number, missing.value) == ("companions", 1, "")
    assert report_of_fields({"person.name": " ", "stops[0].from": "2022-10-01", "stops[3].from": ""}) == {
        "stops": [{"from": "2022-10-01"}]
    }


def test_who_came_along_keeps_their_place_when_somebody_before_them_is_emptied() -> None:
    """By the place the register knows whose arrival goes on: another person must not move into it."""
    typed = {"companions[0].name": "", "companions[1].name": "b", "companions[2].name": ""}
    assert report_of_fields(typed) == {"companions": [{}, {"name": "b"}]}
