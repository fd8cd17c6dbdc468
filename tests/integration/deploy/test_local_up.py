"""`doorstep up`, `status` and `down` as a user types them, with the real services."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

Doorstep = Callable[..., subprocess.CompletedProcess[str]]


def processes_below(directory: Path) -> list[str]:
    """Processes whose files, by their command line or environment, are below the directory."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            told = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            name = (process / "comm").read_text().strip()
        except OSError:
            continue  # it has ended meanwhile
        if str(directory).encode() in told:
            found.append(name)
    return found


@pytest.fixture
def doorstep(tmp_path: Path) -> Iterator[Doorstep]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}

    def run(*args: str, **settings: str) -> subprocess.CompletedProcess[str]:
        env = bare | {"DOORSTEP_VAR": str(tmp_path / "var")} | settings
        command = [sys.executable, "-m", "cli.main", *args]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, cwd=tmp_path)

    yield run
    run("down")


@pytest.mark.broker
@pytest.mark.slow
def test_up_starts_everything_once_and_sigterm_ends_everything_within_25_seconds(
    doorstep: Doorstep, tmp_path: Path
):
    assert doorstep("up", "--detach").returncode == 0

    status = json.loads(doorstep("status", "--json").stdout)
    assert status["ready"], status
    assert [part["name"] for part in status["parts"]] == [
        "broker", "sms", "registration", "isolation", "notification", "doors", "console",
    ]  # fmt: skip
    again = doorstep("up")
    assert again.returncode == 1
    assert again.stderr == (
        f"doorstep: already up (pid {status['pid']}): see `doorstep status`, end it with `doorstep down`\n"
    )

    asked = time.monotonic()
    os.kill(status["pid"], signal.SIGTERM)
    while Path(f"/proc/{status['pid']}").exists() and time.monotonic() < asked + 30:
        time.sleep(0.1)
    assert time.monotonic() - asked < 25
    assert processes_below(tmp_path) == []
    assert doorstep("status").returncode == 3


@pytest.mark.broker
@pytest.mark.slow
def test_down_ends_also_what_a_killed_up_left_behind(doorstep: Doorstep, tmp_path: Path):
    assert doorstep("up", "--detach").returncode == 0
    os.kill(json.loads(doorstep("status", "--json").stdout)["pid"], signal.SIGKILL)
    assert "beam.smp" in processes_below(tmp_path)

    assert doorstep("down").returncode == 0

    assert processes_below(tmp_path) == []
    assert doorstep("down").stderr == "nothing was running\n"


def test_a_broker_that_is_not_there_is_said_in_one_line(doorstep: Doorstep):
    result = doorstep("up", DOORSTEP_BROKER_URL="amqp://guest:secret@127.0.0.1:9/")
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("doorstep: no connection to the broker at 127.0.0.1:9: ")
    assert "secret" not in result.stderr and "Traceback" not in result.stderr


@pytest.mark.broker
def test_a_wrong_setting_is_said_in_one_line_and_nothing_is_left(doorstep: Doorstep, tmp_path: Path):
    result = doorstep("up", DOORSTEP_TIMEZONE="Mars")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "doorstep: DOORSTEP_TIMEZONE=Mars is unknown: give one as in Asia/Shanghai"
    )
    assert processes_below(tmp_path) == []
