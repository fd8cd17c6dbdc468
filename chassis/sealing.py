"""Personal data: sealed with AES-256-GCM under a key ring, found again by a keyed blind index.

A token is `<key id>.<base64url of nonce + ciphertext>`. The purpose is authenticated with it, so a token
cannot be moved to a place where another kind of content is expected.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chassis.errors import SettingsError

_NONCE = 12
_BLOCK = 64  # bytes, of SHA-256


class SealBroken(Exception):
    """The token was made with a key that is not on the ring, or was changed."""


class Sealer:
    """Seals with the first key of the ring; opens with any of them, so keys can be rotated.

    :param ring: key id -> 32 bytes, newest first.
    """

    def __init__(self, ring: Mapping[str, bytes]) -> None:
        if not ring:
            raise SettingsError("DOORSTEP_SEAL_KEYS is empty: give at least one key as id:base64")
        self._ring = dict(ring)
        self._ciphers = {key_id: AESGCM(key) for key_id, key in ring.items()}
        self._current = next(iter(ring))
        self._cipher = self._ciphers[self._current]
        self.ids = tuple(ring)
        # Two rings are compared by these, without showing a key.
        self.fingerprints = {
            key_id: hmac.digest(key, b"fingerprint", hashlib.sha256)[:8].hex() for key_id, key in ring.items()
        }

    def seal(self, value: Any, purpose: str = "person") -> str:
        nonce = os.urandom(_NONCE)
        sealed = self._cipher.encrypt(nonce, orjson.dumps(value), purpose.encode())
        return f"{self._current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, token: str, purpose: str = "person") -> Any:
        key_id, dot, text = token.partition(".")
        if not dot:  # not quoted: it may be a name that somebody forgot to seal
            raise SealBroken("this is not a sealed token")
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise SealBroken(f"no key {key_id!r} on the ring: add it to DOORSTEP_SEAL_KEYS")
        try:
            blob = base64.urlsafe_b64decode(text)
            return orjson.loads(cipher.decrypt(blob[:_NONCE], blob[_NONCE:], purpose.encode()))
        except (InvalidTag, ValueError):
            raise SealBroken(f"the token does not open with key {key_id!r} for {purpose!r}") from None

    def derived(self, purpose: str, size: int) -> dict[str, bytes]:
        """Of each key of the ring, newest first, another one for another purpose (HKDF, RFC 5869): whoever
        has that one learns nothing of the key itself.

        :param size: bytes.
        """
        info = purpose.encode()
        return {
            key_id: HKDF(hashes.SHA256(), size, salt=None, info=info).derive(key)
            for key_id, key in self._ring.items()
        }

    @classmethod
    def from_text(cls, text: str, setting: str = "DOORSTEP_SEAL_KEYS") -> Sealer:
        """From `id:base64[,id:base64…]`, newest first. Raises SettingsError, which names the setting."""
        ring: dict[str, bytes] = {}
        for part in text.split(","):
            key_id, colon, encoded = part.strip().partition(":")
            try:
                key = base64.b64decode(encoded, validate=True)
            except ValueError:
                key = b""
            if not colon or not key_id or "." in key_id or len(key) != 32:
                raise SettingsError(f"{setting} must be id:base64 of 32 bytes, comma separated, newest first")
            if key_id in ring:
                raise SettingsError(f"{setting} has two keys under the id {key_id}: give each its own")
            ring[key_id] = key
        return cls(ring)


class BlindIndex:
    """A keyed digest under which a sealed value can be found again, and nothing else learned."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise SettingsError("DOORSTEP_INDEX_KEY must be base64 of at least 32 bytes")
        block = key if len(key) <= _BLOCK else hashlib.sha256(key).digest()
        padded = block.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))
        self._short = hashlib.blake2b(digest_size=8, key=hmac.digest(key, b"short", hashlib.sha256))

    def __call__(self, kind: str, value: str) -> str:
        """32 hex characters (128 bits); `kind` keeps equal values of different fields apart."""
        # HMAC-SHA-256 (RFC 2104) with the key taken in once: `hmac.digest` needs half as much time again.
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{kind}\0{value}".encode())
        outer.update(inner.digest())
        return outer.hexdigest()[:32]

    def short(self, kind: str, value: str) -> int:
        """64 bits as a number of BIGINT, at half the cost of 128.

        Two values may have one number by chance (of a billion values, in 3 of 100 systems two have): it is
        for what people look at before it counts.
        """
        digest = self._short.copy()
        digest.update(f"{kind}\0{value}".encode())
        return int.from_bytes(digest.digest(), "big", signed=True)

    def brief(self, kind: str, value: str) -> str:
        """The same 64 bits as 16 hex characters, for JSON: not every reader of it has numbers of 64 bits."""
        digest = self._short.copy()
        digest.update(f"{kind}\0{value}".encode())
        return digest.hexdigest()

    @classmethod
    def from_text(cls, text: str, setting: str = "DOORSTEP_INDEX_KEY") -> BlindIndex:
        """Raises SettingsError, which names the setting."""
        try:
            key = base64.b64decode(text, validate=True)
        except ValueError:
            key = b""
        if len(key) < 32:
            raise SettingsError(f"{setting} must be base64 of at least 32 bytes")
        return cls(key)


def new_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()
