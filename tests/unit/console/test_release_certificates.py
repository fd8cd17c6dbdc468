"""The code of a certificate: read again as it was signed, and by nobody else's key or purpose."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date

import jwt
import pytest
import segno
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from chassis.commands.command import Author
from chassis.doors.tokens import Keys, NoActor, sign_token
from services.console.pages.certificates.said import values
from services.console.release_certificates.certificate import AUDIENCE, ReleaseCertificate, ReleaseKey, Served
from tests.doors import CONSOLE, RELEASE, public_pem

KEY = ReleaseKey(RELEASE)
CERTIFICATE = ReleaseCertificate(
    "01932f5e-0000-7000-8000-000000000001",
    "*雨",
    "123X",
    (Served("home_isolation", 7, date(2022, 10, 1), date(2022, 10, 8)),),
    "春和社区",
    date(2022, 10, 8),
)
IN_STAGES = replace(
    CERTIFICATE,
    stages=(
        Served("central_isolation", 14, date(2022, 10, 1), date(2022, 10, 15)),
        Served("home_isolation", 7, date(2022, 10, 15), date(2022, 10, 22)),
        Served("home_health_monitoring", 3, date(2022, 10, 22), date(2022, 10, 25)),
    ),
    released_on=date(2022, 10, 25),
)


class NotOurs(Exception):
    pass


def read(code: str) -> ReleaseCertificate:
    """As a browser reads it: by the public key that the page gives it, and for this purpose alone."""
    public = jwt.PyJWK(dict(KEY.public))
    try:
        claims = jwt.decode(code, public.key, algorithms=["ES256"], audience=AUDIENCE)
        case_id, name, number, measure, community = (claims[one] for one in "cndmp")
        began, released_on = (date.fromisoformat(claims[one]) for one in "fu")
        told = [(word, days, *map(date.fromisoformat, on)) for word, days, *on in claims.get("s", ())]
    except (jwt.PyJWTError, KeyError, TypeError, ValueError):
        raise NotOurs from None
    stages = tuple(Served(*one) for one in told) or (Served(measure, 0, began, began),)
    assert (stages[-1].measure, stages[-1].begins) == (measure, began)
    return ReleaseCertificate(case_id, name, number, stages, community, released_on)


_text = st.text(max_size=40)
_served = st.builds(Served, _text, st.integers(0, 99), st.dates(), st.dates())
_stages = st.lists(_served, min_size=2, max_size=4).map(tuple)


@given(st.builds(ReleaseCertificate, st.uuids().map(str), _text, _text, _stages, _text, st.dates()))
def test_what_was_signed_is_read_again(certificate: ReleaseCertificate) -> None:
    assert read(KEY.sign(certificate)) == certificate
    [first, *_] = certificate.stages
    alone = read(KEY.sign(replace(certificate, stages=(first,)))).stages
    assert alone == (Served(first.measure, 0, first.begins, first.begins),), "as before there were stages"


def test_of_stages_each_is_said_with_its_days_in_order_and_the_code_can_still_be_scanned() -> None:
    known = dict(values(IN_STAGES))
    assert known["measure"].splitlines() == [
        *("集中隔离 central isolation", "14 天 days, 2022-10-01 – 2022-10-15"),
        *("居家隔离 home isolation", "7 天 days, 2022-10-15 – 2022-10-22"),
        *("居家健康监测 home health monitoring", "3 天 days, 2022-10-22 – 2022-10-25"),
    ]
    assert "began" not in known and known["released_on"] == "2022-10-25"
    assert dict(values(CERTIFICATE))["measure"] == "居家隔离 home isolation"
    code = segno.make(f"https://doorstep.example.gov.cn/certificate#{KEY.sign(IN_STAGES)}", micro=False)
    assert 62 / code.symbol_size(border=4)[0] >= 0.6, "mm a module on the paper"


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
