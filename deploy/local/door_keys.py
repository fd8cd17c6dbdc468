"""The keys with which this machine's console, and the demo, sign: who asks at a door, and certificates."""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from operations.settings import write_private


def door_private_key_file(keys: Path) -> Path:
    """Made once, in the folder of the keys."""
    return _made_once(keys, "door")


def release_certificate_key_file(keys: Path) -> Path:
    """Made once. With another key certificates of before cannot be checked any more."""
    return _made_once(keys, "release_certificate")


def _made_once(keys: Path, name: str) -> Path:
    file = keys / name
    if not file.exists():
        keys.mkdir(parents=True, exist_ok=True)
        keys.chmod(0o700)
        made = ec.generate_private_key(ec.SECP256R1())
        write_private(file, made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())
    return file


def door_private_key(keys: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(door_private_key_file(keys).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def door_public_key_file(keys: Path) -> Path:
    """What doors get of it."""
    file = keys / "door.pub"
    if not file.exists():
        public = door_private_key(keys).public_key()
        write_private(file, public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode())
    return file
