"""When a certificate ends is asked where it is shown, once an hour."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from chassis.certificates import Certificates
from deploy.local import freeport
from deploy.local.postgres import USER, PrivatePostgres
from operations.certificate import CERTIFICATE, KEY, first_certificate
from tests.certificates import shown_with_tls

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with shown_with_tls(tmp_path) as address:
        yield address


def ends(certificates: Certificates, now: datetime) -> dict[tuple[str, ...], float]:
    return dict(certificates.ends(None, now))  # type: ignore[arg-type]  # it asks no database


def test_the_end_is_that_of_the_certificate_that_is_shown(address: str, tmp_path: Path) -> None:
    found = x509.load_pem_x509_certificate((tmp_path / CERTIFICATE).read_bytes())
    assert ends(Certificates([address]), NOW) == {(address,): found.not_valid_after_utc.timestamp()}


def test_where_nobody_answers_nothing_is_shown_and_it_is_asked_again_after_a_minute(tmp_path: Path) -> None:
    port = freeport()
    certificates = Certificates([f"127.0.0.1:{port}"])
    assert ends(certificates, NOW) == {}
    with shown_with_tls(tmp_path, port):
        assert ends(certificates, NOW + timedelta(seconds=59)) == {}
        assert ends(certificates, NOW + timedelta(seconds=60))


def test_it_is_asked_once_an_hour_and_what_was_seen_last_stays(tmp_path: Path) -> None:
    certificates = Certificates([])
    with shown_with_tls(tmp_path) as address:
        certificates = Certificates([address])
        first = ends(certificates, NOW)
    assert ends(certificates, NOW + timedelta(minutes=59)) == first
    assert ends(certificates, NOW + timedelta(hours=2)) == first, "as it was seen last"


@pytest.mark.postgresql
def test_postgresql_is_asked_in_its_own_way(nodes_directory: Path) -> None:
    folder = nodes_directory / "with-tls"
    folder.mkdir()
    first_certificate(folder, "")
    (folder / KEY).chmod(0o600)
    if os.geteuid() == 0:
        shutil.chown(folder / KEY, USER, USER)
    shown = {"ssl": "on", "ssl_cert_file": str(folder / CERTIFICATE), "ssl_key_file": str(folder / KEY)}
    with PrivatePostgres(folder / "node", fsync=False, config=shown) as postgres:
        address = f"postgresql://127.0.0.1:{postgres.port}"
        found = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        assert ends(Certificates([address]), NOW) == {(address,): found.not_valid_after_utc.timestamp()}
    with PrivatePostgres(nodes_directory / "without-tls", fsync=False) as postgres:
        assert ends(Certificates([f"postgresql://127.0.0.1:{postgres.port}"]), NOW) == {}, "it has none"
