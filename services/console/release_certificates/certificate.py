"""A certificate of release as it stands in its code: JWS (ES256), without a full name or number."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUDIENCE: Final = "release"
"""Nothing else that we sign is for it, and a door takes nothing that is."""
_ALGORITHM: Final = "ES256"


@dataclass(frozen=True, slots=True)
class ReleaseCertificate:
    """
    :param name_ends: "*雨": what of the name can be compared with a document.
    :param number_ends: the last four characters of the document's number; "" where none is known.
    :param community: its name, as it is called where somebody stayed; "" where it is not known.
    :param began: the day from which the measure was counted.
    """

    case_id: str
    name_ends: str
    number_ends: str
    measure: str
    community: str
    began: date
    released_on: date

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> ReleaseCertificate:
        """What isolation's door says of somebody who is released."""
        return cls(
            case_id=said["case_id"],
            name_ends=said["name_ends"],
            number_ends=said["number_ends"],
            measure=said["measure"],
            community=said["community"],
            began=date.fromisoformat(said["began"]),
            released_on=date.fromisoformat(said["released_on"]),
        )


class ReleaseKey:
    """Signs certificates. They are read by the browser of whoever checks one (`static/certificate.js`)."""

    def __init__(self, private: EllipticCurvePrivateKey) -> None:
        self._private = private
        numbers = private.public_key().public_numbers()
        x, y = (_written(number.to_bytes(32, "big")) for number in (numbers.x, numbers.y))
        self.public: Mapping[str, str] = {"kty": "EC", "crv": "P-256", "x": x, "y": y}
        """As browsers read keys (JWK)."""
        self.id = hashlib.sha256(f"{x}.{y}".encode()).hexdigest()[:8]

    def sign(self, certificate: ReleaseCertificate) -> str:
        """Names of one letter: the code is read from paper."""
        claims = {
            "aud": AUDIENCE,
            "c": certificate.case_id,
            "n": certificate.name_ends,
            "d": certificate.number_ends,
            "m": certificate.measure,
            "p": certificate.community,
            "f": certificate.began.isoformat(),
            "u": certificate.released_on.isoformat(),
        }
        return jwt.encode(claims, self._private, algorithm=_ALGORITHM, headers={"kid": self.id})


def _written(number: bytes) -> str:
    return base64.urlsafe_b64encode(number).rstrip(b"=").decode()
