"""Ids with the number of somebody in the event are found and masked; other long numbers are fine."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.personal_ids import CODE, masked_ids, personal_ids

NUMBER, PHONE = "62040219900101997X", "13800138000"


def event(**changed: Any) -> dict[str, Any]:
    data = {"person": {"identity_number": NUMBER, "phone": PHONE}, "companions": []}
    data |= changed.pop("data", {})
    return {"id": "G2001/05/12F", "source": "/rail/departures", "data": data} | changed


def digest(text: str) -> str:
    return "d1"


@pytest.mark.parametrize(
    ("attribute", "text", "kept"),
    [
        ("id", f"{NUMBER}-20221001", "***-20221001#d1"),
        ("id", f"r-{NUMBER.lower()}", "r-***#d1"),
        ("id", "620402 1990 0101 997X/1", "***/1#d1"),
        ("id", f"20221001-{PHONE}", "20221001-***#d1"),
        ("id", "+86 138-0013-8000", "+86 ***#d1"),
        ("id", "６２０４０２１９９００１０１９９７X", "***#d1"),
        ("source", f"/rail/{NUMBER}", "/rail/***#d1"),
        ("correlationid", f"trip {PHONE}", "trip ***#d1"),
        ("traceparent", f"00-{NUMBER[:17]}{'a' * 15}-b7ad6b7169203331-01", None),
    ],
)
def test_a_number_in_an_id_is_named_and_masked(attribute: str, text: str, kept: str | None) -> None:
    number = NUMBER[:17] if attribute == "traceparent" else NUMBER
    document = event(**{attribute: text, "data": {"person": {"identity_number": number, "phone": PHONE}}})
    assert [(fault.where, fault.code) for fault in personal_ids(document)] == [(attribute, CODE)]
    assert masked_ids(document, digest)[attribute] == kept
    assert not any(secret in str(personal_ids(document)) for secret in (NUMBER, PHONE))


def test_an_event_whose_id_is_its_correlation_id_has_neither_any_more() -> None:
    masked = masked_ids(event(id=NUMBER), digest)
    assert masked == {"id": "***#d1", "correlationid": "***#d1"}
    assert masked_ids(event(id=NUMBER, correlationid="trip-7"), digest) == {"id": "***#d1"}


@pytest.mark.parametrize(
    "data",
    [
        {"person": {"name": "王一"}, "companions": [{"identity_number": NUMBER}]},
        {"identity": {"type": "resident_id", "number": NUMBER}},
        {"person": {"phone": f"+86 {PHONE}"}},
        {"person": {"phone": f"{PHONE} 转 12"}},
        {"phone": PHONE},
        {"person": {"phone": f"13900001111/{PHONE}"}},
    ],
)
def test_whoever_of_the_event_the_number_belongs_to(data: dict[str, Any]) -> None:
    assert personal_ids(event(id=f"x/{NUMBER}/{PHONE}", data=data))


@pytest.mark.parametrize("own", ["reference", "sample_id"])
def test_a_number_that_a_source_gives_itself_is_looked_at_too(own: str) -> None:
    document = event(data={own: f"No. {NUMBER}"})
    assert [fault.where for fault in personal_ids(document)] == [own]
    assert masked_ids(document, digest) == {}


@pytest.mark.parametrize("id", ["620402199001019980", "20221001103000000123456", "13800138001", "0" * 200])
def test_long_numbers_that_are_nobodys_are_fine(id: str) -> None:
    document = event(id=id, data={"reference": id, "transport": {"number": id}, "remarks": id})
    assert personal_ids(document) == () and masked_ids(document, digest) == {}


def test_a_short_number_stands_in_others_by_chance() -> None:
    document = event(id="G2001/2022-10-01", data={"person": {"identity_number": "G2001", "phone": "20221"}})
    assert personal_ids(document) == ()


@given(st.uuids(), st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_random_ids_are_fine(id: UUID, phone: str) -> None:
    assert personal_ids(event(id=str(id), data={"person": {"phone": phone}})) == ()


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_whatever_comes_is_no_error(value: Any) -> None:
    keys = ("person", "companions", "identity", "reference", "phone", "identity_number")
    for data in (value, {key: value for key in keys}, {"person": {key: value for key in keys}}):
        personal_ids({"id": value, "source": NUMBER, "data": data})
        masked_ids({"id": NUMBER, "source": value, "data": data}, digest)
    personal_ids(value)


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just(NUMBER),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=12), inside, max_size=3),
    max_leaves=8,
)
_NAMES = ("id", "source", "data", "correlationid", "subject", "type")


@given(st.dictionaries(st.sampled_from(_NAMES), _ANYTHING) | _ANYTHING)
def test_whatever_an_outsider_sends_is_looked_through_without_an_error(document: Any) -> None:
    """An error here would stop the queue: it is asked of what could not be read."""
    personal_ids(document)
    assert all(name in document for name in masked_ids(document, digest) if name != "correlationid")
