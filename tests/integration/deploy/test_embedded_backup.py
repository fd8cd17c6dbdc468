"""`doorstep backup` and `doorstep restore` as a user types them, with the real services."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from kombu import Connection

from chassis.clock import Clock
from demo.samples import PLACES, sample
from tests.e2e.conftest import MORNING
from tests.system import POLICIES

pytestmark = [pytest.mark.broker, pytest.mark.slow]


@dataclass
class Machine:
    folder: Path

    def run(self, *args: str, **settings: str) -> subprocess.CompletedProcess[str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
        env = bare | {"DOORSTEP_VAR": str(self.folder / "var"), "DOORSTEP_QUIET_HOURS": "none"} | settings
        command = [sys.executable, "-m", "cli.main", *args]
        return subprocess.run(command, env=env, capture_output=True, text=True, timeout=200, cwd=self.folder)

    def doorstep(self, *args: str) -> Any:
        """A command that succeeds: what it prints with --json."""
        done = self.run(*args, "--json")
        assert done.returncode == 0, f"{args}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
        return json.loads(done.stdout)

    def up(self) -> None:
        Clock(self.folder / "var/clock").set(MORNING)
        done = self.run("up", "--detach")
        assert done.returncode == 0, done.stderr


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    machine.run("down")


def key_elsewhere(folder: Path) -> tuple[Path, str]:
    """The file of a new key, and its public part."""
    file = folder / "key.txt"
    subprocess.run(["age-keygen", "--output", file], check=True, capture_output=True)
    [public] = re.findall("age1[0-9a-z]+", file.read_text())
    return file, public


def test_what_is_kept_here_comes_back_whole_after_all_of_it_was_lost(
    machine: Machine, tmp_path: Path
) -> None:
    identity, public = key_elsewhere(tmp_path)
    assert "there is nothing" in machine.run("backup", "backups", "--for", public).stderr
    machine.up()
    machine.doorstep("places", "import", str(sample(PLACES)))
    machine.doorstep("policy", "import", str(POLICIES[0]))
    password = machine.doorstep("publisher", "add", "rail-lanzhou")["password"]
    day = tmp_path / "day.jsonl"
    machine.doorstep(
        "simulate", "--arrivals", "100", "--plain", "--now", MORNING.isoformat(), "--out", str(day)
    )
    lines = day.read_text().splitlines(keepends=True)
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text("".join(lines[:30]))
    second.write_text("".join(lines[30:]))
    machine.doorstep("publish", str(first))

    # While it works.
    without = machine.run("backup", "backups")
    assert without.returncode == 1 and "--for age1" in without.stderr
    outside = {"DOORSTEP_INDEX_KEY": "QkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkI="}
    without = machine.run("backup", "backups", "--for", public, **outside)
    assert without.returncode == 1 and "set outside" in without.stderr
    taken = machine.doorstep("backup", "backups", "--for", public, "--keep", "2")
    backup = Path(taken["folder"])
    assert taken["pause_ms"] < 3000 and taken["publishers"] == ["rail-lanzhou"]
    assert backup.parent == tmp_path / "backups" and len(list(backup.parent.iterdir())) == 1
    keys = {file.read_text().strip() for file in (tmp_path / "var/keys").iterdir()}
    content = b"".join(file.read_bytes() for file in backup.iterdir())
    assert not [key for key in keys if key.encode() in content], "no key is in it for everybody to read"
    named = {file.name for file in backup.iterdir()} - {"manifest.json", "SHA256SUMS"}
    assert {"keys.json.age", "registration.db.age", "console.db.age"} <= named
    assert all((backup / name).read_bytes().startswith(b"age-encryption.org") for name in named)

    machine.doorstep("publish", str(second))
    before = machine.doorstep("audit", "--wait", "120")
    refused = machine.run("restore", str(backup), "--identity", str(identity), "--force")
    assert refused.returncode == 1 and "doorstep down" in refused.stderr
    assert machine.run("down").returncode == 0
    refused = machine.run("restore", str(backup), "--identity", str(identity))
    assert refused.returncode == 1 and "registration has data" in refused.stderr
    shutil.rmtree(tmp_path / "var")

    restored = machine.doorstep("restore", str(backup), "--identity", str(identity))
    assert restored["publishers"] == ["rail-lanzhou"] and restored["sent_again"]
    assert {file.read_text().strip() for file in (tmp_path / "var/keys").iterdir()} == keys
    machine.up()
    found = machine.doorstep("audit", "--wait", "120")
    assert found["balanced"] and found["sums"]["reports"]["received"] > 0
    machine.doorstep("publish", str(day))  # again, with the same ids, as publishers do
    after = machine.doorstep("audit", "--wait", "120")
    assert after["balanced"] and after["sums"]["reports"] == before["sums"]["reports"]
    [port] = [one["port"] for one in machine.doorstep("status")["parts"] if one["name"] == "broker"]
    with Connection(f"amqp://rail-lanzhou:{password}@127.0.0.1:{port}//") as publisher:
        publisher.connect()  # by the password of before
