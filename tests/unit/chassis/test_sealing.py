"""Sealed is sealed: only the right key and the right purpose open a token, and every change is noticed."""

from __future__ import annotations

import base64
import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import SettingsError
from chassis.sealing import BlindIndex, SealBroken, Sealer, new_key

OLD, NEW = b"o" * 32, b"n" * 32
SOME = base64.b64encode(OLD).decode()
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    # Lone surrogates are no JSON.
    | st.text(st.characters(exclude_categories=("Cs",))),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=("Cs",)), max_size=10), inner, max_size=4)
    ),
)


@given(JSON, st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=20))
def test_sealed_data_comes_back_the_same(value: Any, purpose: str) -> None:
    sealer = Sealer({"k1": NEW})
    assert sealer.unseal(sealer.seal(value, purpose), purpose) == value


def test_a_token_shows_nothing_of_what_is_inside_and_is_another_each_time() -> None:
    sealer = Sealer({"k1": NEW})
    one, two = (sealer.seal({"name": "安小满", "phone": "13800138000"}) for _ in range(2))
    assert one != two
    assert "13800138000" not in one
    assert b"13800138000" not in base64.urlsafe_b64decode(one.partition(".")[2])


def test_after_a_rotation_old_tokens_open_and_new_ones_use_the_new_key() -> None:
    before = Sealer({"k1": OLD}).seal("x")
    rotated = Sealer({"k2": NEW, "k1": OLD})
    assert rotated.unseal(before) == "x"
    assert rotated.seal("y").startswith("k2.")


def test_a_key_taken_off_the_ring_opens_nothing_and_the_error_names_the_key() -> None:
    token = Sealer({"k1": OLD}).seal("x")
    with pytest.raises(SealBroken, match=r"'k1'.*DOORSTEP_SEAL_KEYS"):
        Sealer({"k2": NEW}).unseal(token)


def test_another_key_under_the_same_id_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        Sealer({"k1": NEW}).unseal(Sealer({"k1": OLD}).seal("x"))


def test_a_token_does_not_open_for_another_purpose() -> None:
    sealer = Sealer({"k1": NEW})
    with pytest.raises(SealBroken, match=r"for 'contact'"):
        sealer.unseal(sealer.seal("x", "person"), "contact")


@given(st.data())
def test_any_changed_byte_breaks_the_seal(data: st.DataObject) -> None:
    sealer = Sealer({"k1": NEW})
    key_id, _, text = sealer.seal({"phone": "13800138000"}).partition(".")
    blob = bytearray(base64.urlsafe_b64decode(text))
    place = data.draw(st.integers(0, len(blob) - 1))
    blob[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(SealBroken):
        sealer.unseal(f"{key_id}.{base64.urlsafe_b64encode(blob).decode()}")


@given(st.text())
def test_text_that_is_no_token_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(SealBroken) as caught:
        Sealer({"k1": NEW}).unseal("安小满13800138000" + text.replace(".", ""))
    assert "13800138000" not in str(caught.value)


@pytest.mark.parametrize("token", ["", ".", "k1.", "k1.AAAA", "k1.é", "k1.====", "k1"])
def test_a_broken_token_is_refused(token: str) -> None:
    with pytest.raises(SealBroken):
        Sealer({"k1": NEW}).unseal(token)


@pytest.mark.parametrize("text", ["", "k1", "k1:", "k1:AAAA", f":{SOME}", f"a.b:{SOME}", "k1:é"])
def test_a_ring_that_cannot_be_read_is_one_line_about_the_setting(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^DOORSTEP_SEAL_KEYS ") as caught:
        Sealer.from_text(text)
    assert "\n" not in str(caught.value)


def test_two_keys_under_one_id_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"DOORSTEP_SEAL_KEYS.*k1"):
        Sealer.from_text(f"k1:{new_key()},k1:{new_key()}")


def test_a_ring_is_read_newest_first() -> None:
    assert Sealer.from_text(f"k2:{new_key()}, k1:{new_key()}").seal(1).startswith("k2.")


# -- the blind index ------------------------------------------------------------


def test_a_blind_index_finds_equal_values_of_the_same_kind_only() -> None:
    index = BlindIndex(OLD)
    assert index("phone", "13800138000") == index("phone", "13800138000")
    assert index("phone", "13800138000") != index("identity_number", "13800138000")
    assert index("phone", "13800138000") != BlindIndex(NEW)("phone", "13800138000")


@given(st.text(), st.text(), st.text(), st.text())
def test_kind_and_value_never_run_into_each_other(k1: str, v1: str, k2: str, v2: str) -> None:
    index = BlindIndex(OLD)
    if (k1, v1) != (k2, v2) and "\0" not in k1 + k2:
        assert index(k1, v1) != index(k2, v2)


@given(st.text(st.characters(exclude_categories=("Cs",))))
def test_a_blind_index_is_32_hex_characters(value: str) -> None:
    found = BlindIndex(OLD)("name", value)
    assert len(found) == 32 and int(found, 16) >= 0


@pytest.mark.parametrize("text", ["", "AAAA", "é", "not base64 !"])
def test_a_short_index_key_is_one_line_about_the_setting(text: str) -> None:
    with pytest.raises(SettingsError, match=r"^DOORSTEP_INDEX_KEY "):
        BlindIndex.from_text(text)


@pytest.mark.parametrize("length", [32, 64, 65, 200])
def test_a_blind_index_is_hmac_sha_256_whatever_the_length_of_the_key(length: int) -> None:
    key = bytes(range(length))
    expected = hmac.digest(key, b"phone\x0013800138000", "sha256")[:16].hex()
    assert BlindIndex(key)("phone", "13800138000") == expected


def test_a_short_index_is_a_signed_number_of_64_bits_and_keeps_kinds_and_keys_apart() -> None:
    index = BlindIndex(OLD)
    found = [index.short("phone", str(n)) for n in range(200)]
    assert all(-(1 << 63) <= number < 1 << 63 for number in found)
    assert min(found) < 0 < max(found) and len(set(found)) == 200
    assert index.short("phone", "1") == BlindIndex(OLD).short("phone", "1")
    assert index.short("phone", "1") not in (index.short("who", "1"), BlindIndex(NEW).short("phone", "1"))
