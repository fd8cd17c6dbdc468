"""What the console is told: where its own database is, and keys that are nobody else's."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chassis.clock import Clock
from chassis.errors import SettingsError
from chassis.sealing import SealBroken, Sealer
from services.console.settings import read_console_settings, work_of
from tests.doors import CONSOLE

PEM = CONSOLE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
DOORS = {
    f"DOORSTEP_{name}_DOOR_URL": "http://127.0.0.1:9"
    for name in ("REGISTRATION", "ISOLATION", "NOTIFICATION")
}
API = {**DOORS, "DOORSTEP_DOOR_PRIVATE_KEY": PEM}
OWN = {
    "DOORSTEP_CONSOLE_DATABASE_URL": "sqlite:///console.db",
    "DOORSTEP_CONSOLE_SEAL_KEYS": f"c:{base64.b64encode(b'c' * 32).decode()}",
    "DOORSTEP_CONSOLE_INDEX_KEY": base64.b64encode(b"n" * 32).decode(),
}


def test_without_a_database_of_its_own_the_console_has_no_accounts() -> None:
    settings = read_console_settings(API)
    assert settings.work is None and settings.public_url is None


def test_what_the_services_sealed_does_not_open_at_the_console() -> None:
    services = {"DOORSTEP_SEAL_KEYS": f"k1:{base64.b64encode(b's' * 32).decode()}"}
    work = read_console_settings(API | OWN | services).work
    assert work
    with pytest.raises(SealBroken):
        work.sealer.unseal(Sealer.from_text(services["DOORSTEP_SEAL_KEYS"]).seal("张三"))


def test_the_console_goes_by_real_time_whatever_the_clock_of_the_field_says(tmp_path: Path) -> None:
    Clock(tmp_path / "clock").set(datetime(2022, 10, 1, tzinfo=UTC))
    now = work_of(OWN | {"DOORSTEP_CLOCK_FILE": str(tmp_path / "clock")}, "test").clock.now()
    assert abs((now - datetime.now(UTC)).total_seconds()) < 5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOORSTEP_CONSOLE_SEAL_KEYS", ""),
        ("DOORSTEP_CONSOLE_SEAL_KEYS", "c:short"),
        ("DOORSTEP_CONSOLE_INDEX_KEY", ""),
        ("DOORSTEP_CONSOLE_INDEX_KEY", "nonsense"),
        ("DOORSTEP_PUBLIC_URL", "doorstep.example"),
        ("DOORSTEP_PUBLIC_URL", "https://doorstep.example/path"),
        ("DOORSTEP_PUBLIC_URL", "https://user@doorstep.example"),
        ("DOORSTEP_TIMEZONE", "Nowhere/Else"),
        ("DOORSTEP_CONSOLE_CERTIFICATES", "edge"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_console_settings(API | OWN | {name: value})


def test_keys_may_stand_in_files(tmp_path: Path) -> None:
    given = {}
    for name, value in OWN.items():
        (tmp_path / name).write_text(value + "\n")
        given[f"{name}_FILE"] = str(tmp_path / name)
    settings = read_console_settings(API | given | {"DOORSTEP_PUBLIC_URL": "https://doorstep.example/"})
    assert settings.work and settings.public_url == "https://doorstep.example"
