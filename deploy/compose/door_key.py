"""The key pair with which the console says at a door who asks: P-256, in plain Python.

`make secrets` runs where there is nothing but Python, which has no elliptic curves. The arithmetic takes as
long as the number makes it take; nobody who could measure that is there while a key is made.
"""

import base64
import secrets

_P = 2**256 - 2**224 + 2**192 + 2**96 - 1
_N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
# DER of what stands before the numbers: PKCS #8 and SubjectPublicKeyInfo, id-ecPublicKey on prime256v1.
_CURVE = bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
_BEFORE_PRIVATE = bytes.fromhex("308187020100") + _CURVE + bytes.fromhex("046d306b0201010420")
_BEFORE_PUBLIC_INSIDE = bytes.fromhex("a144034200")
_BEFORE_PUBLIC = bytes.fromhex("3059") + _CURVE + bytes.fromhex("034200")

Point = tuple[int, int] | None


def private_key() -> str:
    """A new one, PEM."""
    number = secrets.randbelow(_N - 1) + 1
    inside = _BEFORE_PRIVATE + number.to_bytes(32, "big") + _BEFORE_PUBLIC_INSIDE + _written(number)
    return _pem("PRIVATE KEY", inside)


def public_key(private: str) -> str:
    """That of a private key which `private_key` made, PEM. Raises ValueError for another one."""
    body = base64.b64decode("".join(private.split("\n")[1:-1]), validate=True)
    start = len(_BEFORE_PRIVATE)
    if not body.startswith(_BEFORE_PRIVATE) or len(body) != start + 32 + 70:
        raise ValueError
    return _pem("PUBLIC KEY", _BEFORE_PUBLIC + _written(int.from_bytes(body[start : start + 32], "big")))


def _written(number: int) -> bytes:
    point = _times(number, _G)
    assert point
    return b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")


def _times(number: int, point: Point) -> Point:
    total: Point = None
    while number:
        if number & 1:
            total = _sum(total, point)
        point, number = _sum(point, point), number >> 1
    return total


def _sum(one: Point, other: Point) -> Point:
    if one is None or other is None:
        return one or other
    if one[0] == other[0] and (one[1] + other[1]) % _P == 0:
        return None
    if one == other:
        slope = 3 * (one[0] ** 2 - 1) * pow(2 * one[1], -1, _P)
    else:
        slope = (other[1] - one[1]) * pow(other[0] - one[0], -1, _P)
    x = (slope**2 - one[0] - other[0]) % _P
    return x, (slope * (one[0] - x) - one[1]) % _P


def _pem(what: str, body: bytes) -> str:
    text = base64.b64encode(body).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    return "\n".join((f"-----BEGIN {what}-----", *lines, f"-----END {what}-----"))
