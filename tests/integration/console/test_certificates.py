"""When the certificate of the pages ends is asked where it is shown, once an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from deploy.local import freeport
from operations.certificate import CERTIFICATE
from services.console.certificates import Certificates
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
