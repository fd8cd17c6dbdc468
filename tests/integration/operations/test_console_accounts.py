"""The first administrator of the console: made at the shell, taken up by a link."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from chassis.database.engine import Database
from chassis.errors import SettingsError
from operations.console import invite_administrator
from operations.databases import has_tables
from operations.errors import Conflict, NotSetUp, WrongInput
from operations.migrate import migrate
from services.console.settings import work_of
from tests.integration.console.trial import Browser, Trial

KEY = base64.b64encode(b"c" * 32).decode()
INDEX_KEY = base64.b64encode(b"n" * 32).decode()


@pytest.fixture
def environment(database_url: Callable[..., str]) -> dict[str, str]:
    return {
        "DOORSTEP_CONSOLE_DATABASE_URL": database_url("console"),
        "DOORSTEP_CONSOLE_SEAL_KEYS": f"c:{KEY}",
        "DOORSTEP_CONSOLE_INDEX_KEY": INDEX_KEY,
        "DOORSTEP_CONSOLE_PORT": "8099",
    }


def migrated(environment: Mapping[str, str]) -> None:
    assert [one.service for one in migrate(environment, ["console"])] == ["console"]


def test_the_link_opens_the_account(environment: dict[str, str]) -> None:
    migrated(environment)
    made = invite_administrator(environment, "Admin", by="operator")
    link = urlsplit(made.link)
    assert (made.name, link.netloc) == ("admin", "127.0.0.1:8099")
    trial = Trial(environment["DOORSTEP_CONSOLE_DATABASE_URL"])
    trial.clock.moment = work_of(environment, "test").clock.now()
    assert Browser(trial.app()).get(link.path).status_code == 200
    assert trial.take_up(link.path.removeprefix("/take-up/")).name == "admin"
    trial.database.dispose()


def test_the_link_begins_with_the_public_address(environment: dict[str, str]) -> None:
    migrated(environment)
    environment["DOORSTEP_PUBLIC_URL"] = "https://doorstep.example/"
    made = invite_administrator(environment, "admin", by="operator")
    assert re.fullmatch(r"https://doorstep\.example/take-up/[\w-]{43}", made.link)
    environment["DOORSTEP_PUBLIC_URL"] = "doorstep.example"
    with pytest.raises(SettingsError, match="DOORSTEP_PUBLIC_URL"):
        invite_administrator(environment, "admin", by="operator")


def test_what_is_missing_or_wrong_is_said(environment: dict[str, str]) -> None:
    with pytest.raises(NotSetUp, match="doorstep migrate console"):
        invite_administrator(environment, "admin", by="operator")
    migrated(environment)
    with pytest.raises(WrongInput, match="name"):
        invite_administrator(environment, "no name", by="operator")
    trial = Trial(environment["DOORSTEP_CONSOLE_DATABASE_URL"])
    trial.invite("wang.min")
    trial.database.dispose()
    with pytest.raises(Conflict):
        invite_administrator(environment, "wang.min", by="operator")
    for name in ("DATABASE_URL", "SEAL_KEYS", "INDEX_KEY"):
        without = {key: value for key, value in environment.items() if not key.endswith(name)}
        with pytest.raises(SettingsError, match=f"DOORSTEP_CONSOLE_{name}"):
            invite_administrator(without, "admin", by="operator")


def test_the_console_has_tables_where_it_has_a_database(environment: dict[str, str], tmp_path: Path) -> None:
    services = {
        f"DOORSTEP_{name}_DATABASE_URL": f"sqlite:///{tmp_path}/{name}.db"
        for name in ("REGISTRATION", "ISOLATION", "NOTIFICATION")
    }
    usual = ["registration", "isolation", "notification"]
    assert [one.service for one in migrate(services)] == usual
    assert [one.service for one in migrate(services | environment)] == [*usual, "console"]
    database = Database(environment["DOORSTEP_CONSOLE_DATABASE_URL"])
    assert has_tables(database)
    database.dispose()


def test_the_command_prints_the_link(environment: dict[str, str], tmp_path: Path) -> None:
    migrated(environment)
    outside = {key: value for key, value in os.environ.items() if not key.startswith("DOORSTEP_")}
    command = [sys.executable, "-m", "cli.main", "console", "administrator", "admin", "--by", "operator"]
    done = subprocess.run(
        command,
        env=outside | environment | {"DOORSTEP_VAR": str(tmp_path / "var")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"^  http://127\.0\.0\.1:8099/take-up/[\w-]{43}$", done.stdout, re.MULTILINE)
