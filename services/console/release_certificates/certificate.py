"""A certificate of release as it stands in its code: JWS (ES256), without a full name or number."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

AUDIENCE: Final = "release"
"""Nothing else that we sign is for it, and a door takes nothing that is."""
_ALGORITHM: Final = "ES256"


class Served(NamedTuple):
    """A measure that somebody has behind them.

    :param begins: the day from which its days were counted.
    :param until: the day on which they were full.
    """

    measure: str
    days: int
    begins: date
    until: date


@dataclass(frozen=True, slots=True)
class ReleaseCertificate:
    """
    :param name_ends: "*雨": what of the name can be compared with a document.
    :param number_ends: the last four characters of the document's number; "" where none is known.
    :param stages: at least one; of a measure in stages all that somebody was in, the first one first.
    :param community: its name, as it is called where somebody stayed; "" where it is not known.
    """

    case_id: str
    name_ends: str
    number_ends: str
    stages: tuple[Served, ...]
    community: str
    released_on: date

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> ReleaseCertificate:
        """What isolation's door says of somebody who is released; a version before knows one stage."""
        one = {"measure": said["measure"], "days": 0, "begins": said["began"], "until": said["began"]}
        return cls(
            case_id=said["case_id"],
            name_ends=said["name_ends"],
            number_ends=said["number_ends"],
            stages=tuple(
                Served(
                    stage["measure"],
                    stage["days"],
                    date.fromisoformat(stage["begins"]),
                    date.fromisoformat(stage["until"]),
                )
                for stage in said.get("stages") or (one,)
            ),
            community=said["community"],
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
        """Names of one letter: the code is read from paper.

        `m` and `f` are of the last stage: pages of before, which browsers keep for a day, know no others.
        """
        last = certificate.stages[-1]
        claims: dict[str, Any] = {
            "aud": AUDIENCE,
            "c": certificate.case_id,
            "n": certificate.name_ends,
            "d": certificate.number_ends,
            "m": last.measure,
            "p": certificate.community,
            "f": last.begins.isoformat(),
            "u": certificate.released_on.isoformat(),
        }
        if len(certificate.stages) > 1:
            claims["s"] = [
                [one.measure, one.days, one.begins.isoformat(), one.until.isoformat()]
                for one in certificate.stages
            ]
        return jwt.encode(claims, self._private, algorithm=_ALGORITHM, headers={"kid": self.id})


def _written(number: bytes) -> str:
    return base64.urlsafe_b64encode(number).rstrip(b"=").decode()
