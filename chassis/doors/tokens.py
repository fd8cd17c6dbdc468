"""The token with which the console says who asks: JWS (ES256), for one service, 60 s.

It says who and why, and neither roles nor places nor acts: those the door looks up itself.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from typing import Any, Final

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from chassis.commands.command import Author
from chassis.errors import SettingsError

LIFE_S: Final = 60
_LEEWAY_S = 5  # by which two clocks may differ
_LONGEST = 4096  # characters
_BLOCK = re.compile(rb"-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----", re.S)
_NAME = re.compile(r"[A-Za-z0-9._@:-]{1,100}")


class NoActor(Exception):
    """The token says nothing that can be believed. The text is for people and quotes nothing of it."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks.

    :param reason: why, where it was asked for: `own task`, or what somebody wrote who reveals a record.
    :param household: of a resident's link: the household's id, or the case's where somebody lives alone.
    """

    author: Author
    reason: str | None = None
    household: str | None = None


class Keys:
    """The console's public keys; more than one while they are changed."""

    def __init__(self, pem: str) -> None:
        """Raises SettingsError."""
        try:
            self._keys = [_public(block) for block in _BLOCK.findall(pem.encode())]
        except (ValueError, UnsupportedAlgorithm):
            self._keys = []
        if not self._keys:
            raise SettingsError(
                "DOORSTEP_DOOR_PUBLIC_KEY must be one or more public keys (PEM, curve P-256), with which the "
                "console signs who asks"
            )

    def read(self, token: str, audience: str) -> Actor:
        """Raises NoActor."""
        if len(token) > _LONGEST:
            raise NoActor("the token is too long")
        for key in self._keys:
            try:
                return _actor(_claims(token, key, audience))
            except jwt.InvalidSignatureError:
                continue
            except jwt.ExpiredSignatureError:
                raise NoActor("the token is older than 60 s: take a new one") from None
            except jwt.InvalidAudienceError:
                raise NoActor(f"the token is not for {audience}") from None
            except jwt.PyJWTError:
                raise NoActor("the token cannot be read") from None
        raise NoActor("the token is not signed with a key that is known here")


def sign_token(
    private_key: Any,
    audience: str,
    author: Author,
    *,
    reason: str | None = None,
    household: str | None = None,
    issued_at: float | None = None,
) -> str:
    """For the console, the demo and tests: whoever holds the private key.

    :param issued_at: seconds since 1970, real time; now if not given.
    """
    now = int(time.time() if issued_at is None else issued_at)
    claims = {
        "aud": audience,
        "iat": now,
        "exp": now + LIFE_S,
        "kind": author.kind,
        "sub": author.source,
        "id": author.id,
        "reason": reason,
        "household": household,
    }
    given = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(given, private_key, algorithm="ES256")


def _public(block: bytes) -> EllipticCurvePublicKey:
    key = load_pem_public_key(block)
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError
    return key


def _claims(token: str, key: EllipticCurvePublicKey, audience: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=["ES256"],  # never what the token itself says
        audience=audience,
        leeway=_LEEWAY_S,
        options={"require": ["aud", "exp", "iat", "sub"]},
    )
    if not 0 < claims["exp"] - claims["iat"] <= LIFE_S:
        raise jwt.InvalidTokenError
    return claims


def _actor(claims: dict[str, Any]) -> Actor:
    kind, source, id = claims.get("kind"), claims["sub"], claims.get("id")
    reason, household = claims.get("reason"), claims.get("household")
    begins = {
        **{"staff": "/console/", "console": "/console/", "link": "/link/", "contact": "/link/"},
        "publisher": f"/{id}/",
    }.get(str(kind))
    sound = (
        begins is not None
        and isinstance(id, str)
        and _NAME.fullmatch(id)
        and isinstance(source, str)
        and len(source) <= 200
        and source.startswith(begins)
        and all(value is None or isinstance(value, str) for value in (reason, household))
    )
    if not sound:
        raise NoActor("the token does not say who asks")
    return Actor(Author(kind, source, id), (reason or "").strip()[:500] or None, household)  # type: ignore[arg-type]
