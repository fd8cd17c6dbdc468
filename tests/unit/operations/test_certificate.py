"""The certificate with which the edge begins."""

from __future__ import annotations

import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509

from operations.certificate import CERTIFICATE, KEY, first_certificate
from operations.errors import NotSetUp


def test_it_is_for_this_machine_and_for_the_name_that_people_use(tmp_path: Path) -> None:
    names = first_certificate(tmp_path, "https://doorstep.example:8443")
    assert names == ["localhost", "127.0.0.1", "doorstep.example"]
    made = x509.load_pem_x509_certificate((tmp_path / CERTIFICATE).read_bytes())
    valid_for = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert valid_for.get_values_for_type(x509.DNSName) == ["localhost", "doorstep.example"]
    assert valid_for.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1")]
    ssl.create_default_context().load_cert_chain(
        tmp_path / CERTIFICATE, tmp_path / KEY
    )  # they belong together


def test_what_is_there_stays(tmp_path: Path) -> None:
    first_certificate(tmp_path, "")
    before = (tmp_path / CERTIFICATE).read_bytes()
    assert first_certificate(tmp_path, "https://doorstep.example") is None
    assert (tmp_path / CERTIFICATE).read_bytes() == before


def test_a_certificate_without_its_key_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / CERTIFICATE).write_text("somebody's own")
    with pytest.raises(NotSetUp, match=f"no {KEY}"):
        first_certificate(tmp_path, "")
    assert (tmp_path / CERTIFICATE).read_text() == "somebody's own"


def test_what_a_killed_run_has_left_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / KEY).write_text("half of a key")
    assert first_certificate(tmp_path, "")
    ssl.create_default_context().load_cert_chain(tmp_path / CERTIFICATE, tmp_path / KEY)


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NotSetUp, match="cannot be written to"):
        first_certificate(tmp_path / "nowhere", "")
