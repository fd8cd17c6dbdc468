"""The broker's URL may name several hosts and the authority to trust; settings beside it complete it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from chassis.broker_address import describe, read_address
from chassis.errors import SettingsError
from chassis.settings import with_secret_files

URL = "amqp://isolation:p%40ss,w@rabbitmq:5672/%2F"


def completed(**settings: str) -> str:
    given = {"DOORSTEP_BROKER_URL": URL} | {f"DOORSTEP_{name}": value for name, value in settings.items()}
    return with_secret_files(with_secret_files(given))["DOORSTEP_BROKER_URL"]  # twice is as once


@pytest.fixture
def authority(tmp_path: Path) -> str:
    script = Path(__file__).resolve().parents[3] / "deploy/tls/make_certificates.sh"
    subprocess.run([script], env=os.environ | {"DOORSTEP_SECRETS": str(tmp_path)}, check=True)
    return str(tmp_path / "tls_ca.pem")


def test_one_host_and_several_are_read_the_same_way() -> None:
    one = read_address(URL)
    assert (one.hosts, one.user, one.password, one.vhost) == (
        (("rabbitmq", 5672),),
        "isolation",
        "p@ss,w",
        "/",
    )
    several = read_address("amqps://u:p@a,b:1,[::1]:2,[::1]/field?cacertfile=/x/ca.pem")
    assert several.hosts == (("a", 5671), ("b", 1), ("::1", 2), ("::1", 5671))
    assert (several.vhost, several.tls, several.authority) == ("field", True, "/x/ca.pem")
    assert describe("amqp://u:p@a,[::1]:2/") == "a:5672, [::1]:2"


def test_hosts_set_beside_the_secret_take_the_place_of_its_own() -> None:
    found = completed(BROKER_HOSTS="broker-1, broker-2:5673")
    assert read_address(found).hosts == (("broker-1", 5672), ("broker-2", 5673))
    assert read_address(found).password == "p@ss,w"


def test_an_authority_means_tls_on_its_port(authority: str) -> None:
    found = read_address(completed(BROKER_CA_FILE=authority, BROKER_HOSTS="a,b:1"))
    assert (found.tls, found.authority) == (True, authority)
    assert found.hosts == (("a", 5671), ("b", 1))


@pytest.mark.parametrize("hosts", ["a:port", "a,,b", ",", "a/b", "a:70000", "u@a"])
def test_wrong_hosts_are_told_in_one_line_without_the_password(hosts: str) -> None:
    with pytest.raises(SettingsError, match=r"^DOORSTEP_BROKER_HOSTS: .*give host") as caught:
        completed(BROKER_HOSTS=hosts)
    assert "\n" not in str(caught.value) and "ss,w" not in str(caught.value)


def test_a_wrong_authority_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"^DOORSTEP_BROKER_CA_FILE names .*No such file"):
        completed(BROKER_CA_FILE=str(tmp_path / "missing.pem"))
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(SettingsError, match=r"^DOORSTEP_BROKER_CA_FILE names .*holds no certificate"):
        completed(BROKER_CA_FILE=str(tmp_path / "empty.pem"))
    with pytest.raises(
        SettingsError, match=r"^DOORSTEP_BROKER_URL\?cacertfile= names .*holds no certificate"
    ):
        with_secret_files({"DOORSTEP_BROKER_URL": f"amqps://u:p@h/?cacertfile={tmp_path / 'empty.pem'}"})
