"""Errors of operations, services and the world become one line and exit code 1; bugs keep their traceback."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import DatabaseError
from typer.testing import CliRunner

from chassis.errors import SettingsError, WorldAway
from cli.errors import lines_of
from cli.main import app
from contracts.faults import Fault, Refused
from deploy.local.processes import LocalNodeError
from operations.errors import Conflict, FileRefused, NotFound

FAULTS = [Fault("row 3, phone", "phone", "is no phone number"), Fault("", "empty", "has no rows")]


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (NotFound("there is no publisher x"), "there is no publisher x"),
        (Conflict("y was settled"), "y was settled"),
        (Refused.unknown("report", "z"), "there is no report with this id"),
        (WorldAway("the broker is gone"), "the broker is gone"),
        (LocalNodeError("already up"), "already up"),
        (SettingsError("X is not set: set it"), "X is not set: set it; or start a system on this machine"),
        (
            DatabaseError("", {}, sqlite3.DatabaseError("no database")),
            "a database cannot be read (no database)",
        ),
    ],
)
def test_an_error_that_an_operator_can_mend_is_one_line(error: Exception, line: str) -> None:
    said = lines_of(error)
    assert said is not None and said.startswith(line) and "\n" not in said


def test_a_refused_file_names_every_fault_on_a_line_of_its_own() -> None:
    assert str(lines_of(FileRefused(Path("a.csv"), FAULTS))).splitlines() == [
        "a.csv is refused, nothing was imported (2 errors):",
        "  row 3, phone: is no phone number",
        "  has no rows",
    ]


def test_a_bug_keeps_its_traceback() -> None:
    assert lines_of(KeyError("x")) is None


def test_the_line_goes_to_stderr_and_the_exit_code_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(level: str) -> str:
        raise NotFound(f"there is no arrival with risk {level}")

    monkeypatch.setattr("cli.arrivals.trace.picked", fails)
    done = CliRunner().invoke(app, ["trace", "--pick", "low"])
    assert (done.exit_code, done.stderr) == (1, "doorstep: there is no arrival with risk low\n")


def test_the_list_of_commands_loads_no_command() -> None:
    script = "import sys; from cli.main import app; app(['--help'], standalone_mode=False);"
    script += "print([m for m in ('sqlalchemy', 'kombu', 'pika', 'services') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_mistyped_command_is_refused_with_the_right_one() -> None:
    done = CliRunner().invoke(app, ["aduit"])
    assert done.exit_code == 2 and "audit" in done.output
