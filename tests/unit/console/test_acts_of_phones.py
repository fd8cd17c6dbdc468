"""How phones seal what they keep, and what of it is read as an act."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.sealing import Sealer
from services.console.phone_acts.act import read_act
from services.console.phone_acts.keys import ActKeys, NotOpened

OLD, NEW = b"c" * 32, b"d" * 32
SOUND = {
    "pass": "p",
    "path": "/doors/h-1/check-in",
    "at": "2022-10-01T08:10:00+08:00",
    "fields": [["a", "1"]],
}


def test_the_key_pair_of_a_seal_key_never_changes() -> None:
    """Or what waits on phones could not be opened by the next version."""
    keys = ActKeys(Sealer({"c": OLD}))
    assert keys.public == (
        "BIyy_R5gGWvs-lo_2Hea4RZ2zozAcaZj_VEDW9CO1OlfiibJNlDdQ2Pznz2vE74xUAN_oEAMBm3K9hthsjkCoBA="
    )


def test_what_was_sealed_before_a_rotation_opens_after_it() -> None:
    sealed = ActKeys(Sealer({"c": OLD})).seal(SOUND)
    rotated = ActKeys(Sealer({"d": NEW, "c": OLD}))
    assert rotated.id == "d" and rotated.open(sealed) == SOUND
    with pytest.raises(NotOpened):
        ActKeys(Sealer({"d": NEW})).open(sealed)


@given(st.text() | st.text().map(lambda text: f"c.{text}") | st.binary().map(lambda b: f"c.{b.hex()}"))
def test_garbage_is_not_opened(text: str) -> None:
    with pytest.raises(NotOpened):
        ActKeys(Sealer({"c": OLD})).open(text)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda one: st.lists(one) | st.dictionaries(st.text(), one),
)


@given(JSON, st.sampled_from(sorted(SOUND)), JSON)
def test_what_is_no_act_is_none_and_breaks_nothing(document: Any, name: str, value: Any) -> None:
    for one in (document, {**SOUND, name: value}, {key: SOUND[key] for key in SOUND if key != name}):
        act = read_act(one)
        assert act is None or (act.household == "h-1" and act.at.tzinfo)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("path", "/log-out"),
        ("path", "/doors/h-1"),
        ("path", "//other.host/doors/h/done"),
        ("path", "/doors/../officers/done"),
        ("at", "2022-10-01T08:10:00"),
        ("at", "yesterday"),
        ("fields", [["a", "1"]] * 501),
        ("fields", [["a", 1]]),
    ],
)
def test_an_act_names_a_form_a_moment_and_texts(name: str, value: Any) -> None:
    assert read_act(SOUND) is not None
    assert read_act({**SOUND, name: value}) is None
