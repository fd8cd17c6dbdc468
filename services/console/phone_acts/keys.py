"""The key pair under which phones seal what they keep: they have the public key, so no phone opens anything.

The private key is derived from the console's own seal key: what rotates, backs up and restores the one does
so with the other. A sealed act is `<key id>.<base64url of ephemeral point + nonce + ciphertext>`: ECDH on
P-256, HKDF-SHA-256 with the ephemeral point as its salt, AES-256-GCM.
"""

from __future__ import annotations

import base64
import secrets
from typing import Any, Final

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis.sealing import Sealer

_CURVE: Final = ec.SECP256R1()
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the group of P-256 (FIPS 186-5)."""
_WIDE: Final = 48
"""Bytes that are reduced to a private key: 128 bits more than it has, so that each is as likely."""
_POINT, _NONCE = 65, 12
_INFO: Final = b"doorstep act"


class NotOpened(Exception):
    """It was sealed for another key, or changed."""


class ActKeys:
    def __init__(self, sealer: Sealer) -> None:
        self._ring = {
            key_id: ec.derive_private_key(1 + int.from_bytes(bits, "big") % (_ORDER - 1), _CURVE)
            for key_id, bits in sealer.derived("acts of phones", _WIDE).items()
        }
        self.id = next(iter(self._ring))
        self._public = self._ring[self.id].public_key()

    @property
    def public(self) -> str:
        """The point, uncompressed, in base64url: what WebCrypto imports as `raw`."""
        return base64.urlsafe_b64encode(_point(self._public)).decode()

    def open(self, sealed: str) -> Any:
        """What was sealed, as JSON. Raises NotOpened."""
        key_id, _, text = sealed.partition(".")
        if key_id not in self._ring:
            raise NotOpened
        try:
            blob = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            point, nonce, box = blob[:_POINT], blob[_POINT : _POINT + _NONCE], blob[_POINT + _NONCE :]
            theirs = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)
            key = _key(self._ring[key_id].exchange(ec.ECDH(), theirs), point)
            return orjson.loads(AESGCM(key).decrypt(nonce, box, None))
        except (ValueError, InvalidTag):
            raise NotOpened from None

    def seal(self, content: Any) -> str:
        """As a phone does it."""
        own = ec.generate_private_key(_CURVE)
        point, nonce = _point(own.public_key()), secrets.token_bytes(_NONCE)
        key = _key(own.exchange(ec.ECDH(), self._public), point)
        box = AESGCM(key).encrypt(nonce, orjson.dumps(content), None)
        return f"{self.id}.{base64.urlsafe_b64encode(point + nonce + box).decode()}"


def _key(shared: bytes, point: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=point, info=_INFO).derive(shared)


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
