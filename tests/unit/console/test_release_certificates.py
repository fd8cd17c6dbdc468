"""The code of a certificate: read again as it was signed, and by nobody else's key or purpose."""

from __future__ import annotations

import base64
import json
from datetime import date

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from chassis.commands.command import Author
from chassis.doors.tokens import Keys, NoActor, sign_token
from services.console.release_certificates.certificate import AUDIENCE, ReleaseCertificate, ReleaseKey
from tests.doors import CONSOLE, RELEASE, public_pem

KEY = ReleaseKey(RELEASE)
CERTIFICATE = ReleaseCertificate(
    "01932f5e-0000-7000-8000-000000000001",
    "*雨",
    "123X",
    "home_isolation",
    "春和社区",
    date(2022, 10, 1),
    date(2022, 10, 8),
)


class NotOurs(Exception):
    pass


def read(code: str) -> ReleaseCertificate:
    """As a browser reads it: by the public key that the page gives it, and for this purpose alone."""
    public = jwt.PyJWK(dict(KEY.public))
    try:
        claims = jwt.decode(code, public.key, algorithms=["ES256"], audience=AUDIENCE)
        days = (date.fromisoformat(claims["f"]), date.fromisoformat(claims["u"]))
        case_id, name, number, measure, community = (claims[one] for one in "cndmp")
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise NotOurs from None
    return ReleaseCertificate(case_id, name, number, measure, community, *days)


_text = st.text(max_size=40)


@given(st.builds(ReleaseCertificate, st.uuids().map(str), _text, _text, _text, _text, st.dates(), st.dates()))
def test_what_was_signed_is_read_again(certificate: ReleaseCertificate) -> None:
    assert read(KEY.sign(certificate)) == certificate


@given(st.integers(0, 2), st.data())
def test_a_code_of_which_anything_was_changed_is_none_of_ours(part: int, data: st.DataObject) -> None:
    parts = KEY.sign(CERTIFICATE).split(".")
    old = base64.urlsafe_b64decode(parts[part] + "==")
    at = data.draw(st.integers(0, len(old) - 1))
    changed = bytes((*old[:at], old[at] ^ data.draw(st.integers(1, 255)), *old[at + 1 :]))
    parts[part] = base64.urlsafe_b64encode(changed).rstrip(b"=").decode()
    with pytest.raises(NotOurs):
        read(".".join(parts))


@pytest.mark.parametrize("code", ["", "a.b.c", "....", "x" * 5000])
def test_what_is_no_code_is_refused(code: str) -> None:
    with pytest.raises(NotOurs):
        read(code)


def test_a_certificate_of_another_key_or_of_another_purpose_is_none_of_ours() -> None:
    with pytest.raises(NotOurs):
        read(ReleaseKey(ec.generate_private_key(ec.SECP256R1())).sign(CERTIFICATE))
    with pytest.raises(NotOurs):
        read(sign_token(RELEASE, "isolation", Author("staff", "/console/officer", "officer")))
    unsigned = jwt.encode({"aud": "release"}, None, algorithm="none")
    with pytest.raises(NotOurs):
        read(unsigned)


def test_no_door_takes_a_certificate_for_somebody_who_asks() -> None:
    with pytest.raises(NoActor):
        Keys(public_pem()).read(ReleaseKey(CONSOLE).sign(CERTIFICATE), "isolation")


def test_no_full_name_or_number_stands_in_the_code() -> None:
    said = json.loads(base64.urlsafe_b64decode(KEY.sign(CERTIFICATE).split(".")[1] + "=="))
    assert set(said) == {"aud", "c", "n", "d", "m", "p", "f", "u"}
