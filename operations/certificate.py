"""A certificate for the edge to begin with, so that a deployment comes up before it has a real one."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from operations.errors import NotSetUp

CERTIFICATE: Final = "tls.crt"
KEY: Final = "tls.key"
LASTS: Final = timedelta(days=397)
"""Browsers take none that lasts longer."""


def first_certificate(folder: Path, public_url: str) -> list[str] | None:
    """Made where there is none, signed by itself. Returns the names it is for; None where there is one.

    :param public_url: under which people reach the pages; "" where nobody said so.
    Raises NotSetUp where there is a certificate without its key, or the folder cannot be written to.
    """
    there = [name for name in (CERTIFICATE, KEY) if (folder / name).exists()]
    if len(there) == 2:
        return None
    if there == [CERTIFICATE]:
        raise NotSetUp(f"{folder} has {CERTIFICATE} and no {KEY}: put it beside it, or delete {CERTIFICATE}")
    names = list(dict.fromkeys(["localhost", "127.0.0.1", *filter(None, [urlsplit(public_url).hostname])]))
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        # The key first: one without a certificate is what a killed run has left, and is made anew.
        _write(folder / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(folder / CERTIFICATE, _certificate(key, names).public_bytes(Encoding.PEM))
    except OSError as error:
        raise NotSetUp(f"{folder} cannot be written to ({error.strerror})") from None
    return names


def _certificate(key: ec.EllipticCurvePrivateKey, names: list[str]) -> x509.Certificate:
    began = datetime.now(UTC) - timedelta(days=1)  # for phones whose clock is slow
    own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Doorstep")])
    valid_for = x509.SubjectAlternativeName([_name(one) for one in names])
    return (
        x509.CertificateBuilder(own, own, key.public_key(), x509.random_serial_number())
        .not_valid_before(began)
        .not_valid_after(began + LASTS)
        .add_extension(valid_for, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )


def _name(text: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(text))
    except ValueError:
        return x509.DNSName(text)


def _write(file: Path, content: bytes) -> None:
    """Whole or not at all. The edge runs as another user and reads it; nobody else mounts the folder."""
    temporary = file.with_name(f".{file.name}.new")
    temporary.write_bytes(content)
    temporary.chmod(0o644)
    with temporary.open("rb") as opened:
        os.fsync(opened.fileno())
    temporary.replace(file)
