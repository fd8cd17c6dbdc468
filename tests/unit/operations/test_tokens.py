"""Sealed values are found and renewed wherever they stand in a text."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from chassis.sealing import Sealer, new_key
from operations.keys.tokens import PURPOSES, Tokens

OLD = new_key()
BEFORE, RING = Sealer.from_text(f"k1:{OLD}"), Sealer.from_text(f"k2:{new_key()},k1:{OLD}")


@given(
    st.lists(st.tuples(st.sampled_from(PURPOSES[:-1]), st.text(max_size=30)), max_size=5),
    st.text(max_size=20),
)
def test_a_document_keeps_all_that_is_sealed_in_it(values: list[tuple[str, str]], around: str) -> None:
    document = {
        "around": around,
        "sealed": [BEFORE.seal({"name": value}, purpose) for purpose, value in values],
    }
    tokens = Tokens(RING)
    renewed = json.loads(tokens.renew(json.dumps(document, ensure_ascii=False)))
    assert renewed["around"] == around and tokens.renewed.total() == len(values) and not tokens.unopened
    for token, (purpose, value) in zip(renewed["sealed"], values, strict=True):
        assert token.startswith("k2.") and RING.unseal(token, purpose) == {"name": value}


def test_what_died_between_services_is_renewed_inside_too() -> None:
    body = json.dumps([{"data": {"person": BEFORE.seal({"name": "某"}), "id": "k1.short"}}])
    tokens = Tokens(RING)
    letter = tokens.renew(BEFORE.seal(body, "dead_letter"))
    [event] = json.loads(RING.unseal(letter, "dead_letter"))
    assert event["data"]["person"].startswith("k2.") and RING.unseal(event["data"]["person"]) == {
        "name": "某"
    }
    assert event["data"]["id"] == "k1.short" and tokens.renewed == {"k1": 2}


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    letter = Tokens(RING).renew(BEFORE.seal({"base64": "AAEC"}, "dead_letter"))
    assert RING.unseal(letter, "dead_letter") == {"base64": "AAEC"}


def test_what_no_key_opens_is_counted_and_left() -> None:
    other = Sealer.from_text(f"k1:{new_key()}").seal("name")
    unknown = BEFORE.seal("name", "a purpose of tomorrow")
    tokens = Tokens(RING)
    assert tokens.renew(f"{other} {unknown}") == f"{other} {unknown}"
    assert tokens.unopened == {"k1": 2} and not tokens.renewed
    assert tokens.count(f"{other}, {unknown}") == {"k1": 2}
