"""A wrong setting is one line that names the variable and says what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chassis.database.engine import Database
from chassis.errors import SettingsError
from chassis.settings import Settings, read_settings

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
GOOD = {
    "DOORSTEP_TRIAL_DATABASE_URL": "sqlite:///var/trial.db",
    "DOORSTEP_BROKER_URL": "amqp://u:secret@127.0.0.1:5672/",
    "DOORSTEP_SEAL_KEYS": f"k1:{KEY}",
    "DOORSTEP_INDEX_KEY": KEY,
}


def settings(**changes: str) -> Settings:
    return read_settings("trial", {**GOOD, **{f"DOORSTEP_{name}": value for name, value in changes.items()}})


def everything(**changes: str) -> None:
    """Read and use the settings as a service does before anything else."""
    found = settings(**changes)
    found.sealer(), found.index(), Database(found.database_url)


def test_unset_settings_have_defaults() -> None:
    found = settings()
    assert str(found.zone) == "Asia/Shanghai"
    assert (found.pack, found.outbox_days, found.inbox_days) == (50, 7, 30)
    assert found.retry_delays == (5, 30, 120, 600, 3600)


@pytest.mark.parametrize("missing", GOOD)
def test_a_missing_setting_is_named_with_an_example(missing: str) -> None:
    with pytest.raises(SettingsError, match=rf"^{missing} is not set: .*{missing}=") as caught:
        read_settings("trial", {k: v for k, v in GOOD.items() if k != missing})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TIMEZONE", "Lanzhou"),
        ("TIMEZONE", "../../etc/passwd"),
        ("TIMEZONE", ""),
        ("TRIAL_HEALTH_PORT", "70000"),
        ("TRIAL_HEALTH_PORT", "-1"),
        ("TRIAL_HEALTH_PORT", "http"),
        ("TRIAL_HEALTH_PORT", "²"),
        ("PACK", "0"),
        ("PACK", "201"),
        ("PACK", "9" * 5000),
        ("OUTBOX_DAYS", "1.5"),
        ("OUTBOX_DAYS", "31"),  # longer than repeats are recognised
        ("INBOX_DAYS", "0"),
        ("RETRY_DELAYS", "5,soon"),
        ("RETRY_DELAYS", "0,5"),
        ("RETRY_DELAYS", ","),
        ("LOG_LEVEL", "LOUD"),
        ("BROKER_URL", "http://127.0.0.1:15672"),
        ("BROKER_URL", "127.0.0.1:5672"),
        ("BROKER_URL", "amqp://u:p@127.0.0.1:port/"),
        ("SEAL_KEYS", "k1"),
        ("INDEX_KEY", "short"),
    ],
)
def test_a_wrong_setting_is_one_line_that_names_it(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"DOORSTEP_{name}") as caught:
        everything(**{name: value})
    said = str(caught.value)
    assert "\n" not in said and len(said) < 300


@pytest.mark.parametrize(
    "url", ["mysql://u:secret@h/db", "nonsense", "sqlite+no://", "postgresql+asyncpg://u@h/d"]
)
def test_a_database_url_we_cannot_use_is_one_line_without_the_password(url: str) -> None:
    with pytest.raises(SettingsError, match=r"(sqlite.*|use sqlite or )postgresql\+psycopg") as caught:
        everything(TRIAL_DATABASE_URL=url)
    assert "secret" not in str(caught.value) and "\n" not in str(caught.value)


def test_a_retry_schedule_may_be_empty() -> None:
    assert settings(RETRY_DELAYS="").retry_delays == ()


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "broker").write_text("amqp://u:p@broker:5672/v\n")
    without = {k: v for k, v in GOOD.items() if k != "DOORSTEP_BROKER_URL"}
    found = read_settings("trial", {**without, "DOORSTEP_BROKER_URL_FILE": str(tmp_path / "broker")})
    assert found.broker_url == "amqp://u:p@broker:5672/v"


def test_a_setting_counts_before_its_file(tmp_path: Path) -> None:
    assert settings(BROKER_URL_FILE=str(tmp_path / "none")).broker_url == GOOD["DOORSTEP_BROKER_URL"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_secret_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "keys"
    if content:
        path.write_bytes(content)
    without = {k: v for k, v in GOOD.items() if k != "DOORSTEP_SEAL_KEYS"}
    with pytest.raises(SettingsError, match=r"^DOORSTEP_SEAL_KEYS_FILE names .*cannot be read") as caught:
        read_settings("trial", {**without, "DOORSTEP_SEAL_KEYS_FILE": str(path)})
    assert "\n" not in str(caught.value)


def test_the_clock_file_is_a_path_and_no_secret(tmp_path: Path) -> None:
    assert settings(CLOCK_FILE=str(tmp_path / "clock")).clock_file == tmp_path / "clock"


def test_secrets_are_not_shown(capsys: Any) -> None:
    shown = repr(settings())
    assert "secret" not in shown and KEY not in shown


def test_the_environment_given_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"k1:{KEY}")
    given = {**GOOD, "DOORSTEP_SEAL_KEYS_FILE": str(tmp_path / "keys")}
    before = dict(given)
    read_settings("trial", given)
    assert given == before
