"""A backup is whole, or it is refused."""

import json
import os
import signal
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.backup import folder
from deploy.backup.errors import Refused
from tests.processes import start
from tests.waiting import PATIENCE_S

MORNING = datetime(2022, 10, 1, 9, tzinfo=UTC)
FILES = {"registration.dump": "r" * 500, "isolation.dump": "i" * 500, "publishers.json": "{}"}


def made(parent: Path, at: datetime = MORNING) -> Path:
    with folder.writing(parent) as unfinished:
        for name, content in FILES.items():
            folder.write(unfinished / name, content)
        folder.seal(unfinished, {"format": folder.FORMAT, "taken_at": at.isoformat()})
        return folder.publish(unfinished, at)


def test_a_backup_says_what_it_is_and_is_for_its_owner_only(tmp_path: Path) -> None:
    backup = made(tmp_path)
    assert backup.name == "doorstep-20221001T090000Z"
    assert folder.check(backup)["taken_at"] == MORNING.isoformat()
    assert {stat.S_IMODE(file.stat().st_mode) for file in backup.iterdir()} == {0o600}
    assert stat.S_IMODE(backup.stat().st_mode) == 0o700


def test_a_backup_can_be_checked_with_sha256sum(tmp_path: Path) -> None:
    command = ["sha256sum", "--check", "--strict", "--quiet", folder.SUMS]
    subprocess.run(command, cwd=made(tmp_path), check=True)


@pytest.mark.parametrize("name", [*FILES, folder.MANIFEST, folder.SUMS])
@pytest.mark.parametrize("place", [0, 30, -1])
def test_one_flipped_bit_anywhere_is_found(tmp_path: Path, name: str, place: int) -> None:
    backup = made(tmp_path)
    content = bytearray((backup / name).read_bytes())
    content[place % len(content)] ^= 0x01
    (backup / name).write_bytes(content)
    with pytest.raises(Refused):
        folder.check(backup)


def test_a_file_too_few_or_too_many_is_found(tmp_path: Path) -> None:
    backup = made(tmp_path)
    (backup / "more.dump").touch()
    with pytest.raises(Refused, match=r"more\.dump"):
        folder.check(backup)
    (backup / "more.dump").unlink()
    (backup / "isolation.dump").unlink()
    with pytest.raises(Refused, match=r"isolation\.dump is missing"):
        folder.check(backup)
    with pytest.raises(Refused, match="no backup"):
        folder.check(tmp_path)


def test_a_backup_that_fails_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError), folder.writing(tmp_path) as unfinished:
        folder.write(unfinished / "registration.dump", "half")
        raise OSError("the disk is full")
    assert list(tmp_path.iterdir()) == []


def test_leftovers_of_a_killed_backup_are_removed_and_not_those_of_a_running_one(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    for pid in (ended.pid, os.getppid(), os.getpid()):
        (tmp_path / f".unfinished-{pid}").mkdir()
        (tmp_path / f".unfinished-{pid}" / "isolation.dump").touch()
    backup = made(tmp_path)
    assert set(tmp_path.iterdir()) == {backup, tmp_path / f".unfinished-{os.getppid()}"}


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
def test_a_backup_that_is_told_to_stop_clears_away_what_it_wrote(tmp_path: Path, number: int) -> None:
    program = (
        "import sys, time; from pathlib import Path; from deploy.backup import __main__ as backup, folder\n"
        "def slowly(to, keep, recipients):\n"
        "    with folder.writing(to):\n"
        "        print('writing', flush=True)\n"
        "        while True: time.sleep(0.01)\n"  # one long sleep would miss a signal just before it
        "backup.backup = slowly; sys.argv[1:] = ['backup', sys.argv[1]]; sys.exit(backup.main())"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with start(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stderr
        assert process.stdout.readline() == "writing\n"
        assert list(tmp_path.iterdir()) != []
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 130
        assert process.stderr.read() == "backup: interrupted\n"
    assert list(tmp_path.iterdir()) == []


def test_a_later_format_is_not_guessed_at(tmp_path: Path) -> None:
    with folder.writing(tmp_path) as unfinished:
        folder.seal(unfinished, {"format": folder.ENCRYPTED + 1})
        backup = folder.publish(unfinished, MORNING)
    with pytest.raises(Refused, match="format"):
        folder.check(backup)


def test_only_the_newest_are_kept_and_nothing_else_is_touched(tmp_path: Path) -> None:
    backups = [made(tmp_path, MORNING + timedelta(days=day)) for day in range(4)]
    (tmp_path / "notes.txt").write_text("of the operator")
    assert folder.prune(tmp_path, 2) == backups[:2]
    assert sorted(tmp_path.iterdir()) == [*backups[2:], tmp_path / "notes.txt"]
    assert json.loads((backups[3] / folder.MANIFEST).read_text())["format"] == folder.FORMAT
