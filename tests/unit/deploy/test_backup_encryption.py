"""A backup is encrypted for a key that is elsewhere, by age itself."""

from __future__ import annotations

import re
import stat
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.backup import encryption, folder
from deploy.backup.errors import Refused

FILES = {"registration.dump": "r" * 5000, "publishers.json": "{}"}


def key(parent: Path, name: str) -> tuple[Path, str]:
    """The file of a new key, and its public part."""
    file = parent / name
    subprocess.run(["age-keygen", "--output", file], check=True, capture_output=True)
    [public] = re.findall("age1[0-9a-z]+", file.read_text())
    return file, public


def made(parent: Path, recipients: list[str]) -> tuple[Path, dict[str, object]]:
    with folder.writing(parent) as unfinished:
        for name, content in FILES.items():
            folder.write(unfinished / name, content)
        encryption.encrypt(unfinished, recipients)
        folder.seal(unfinished, {"format": folder.ENCRYPTED, "encrypted_for": recipients})
        done = folder.publish(unfinished, datetime(2022, 10, 1, tzinfo=UTC))
    return done, folder.check(done)


def test_whoever_has_one_of_the_keys_reads_all_of_it(tmp_path: Path) -> None:
    (first, one), (second, two) = key(tmp_path, "one"), key(tmp_path, "two")
    encryption.check_recipients([one, two])
    backup, manifest = made(tmp_path / "backups", [one, two])
    assert sorted(file.name for file in backup.glob("*.age")) == sorted(f"{name}.age" for name in FILES)
    assert {stat.S_IMODE(file.stat().st_mode) for file in backup.iterdir()} == {0o600}
    for identity in (first, second):
        with encryption.readable(backup, manifest, identity) as opened:
            assert {name: (opened / name).read_text() for name in FILES} == FILES
            assert stat.S_IMODE(opened.stat().st_mode) == 0o700
        assert not opened.exists(), "nothing that can be read stays"


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    (_, one), (other, _) = key(tmp_path, "one"), key(tmp_path, "other")
    backup, manifest = made(tmp_path / "backups", [one])
    for identity, why in ((None, "IDENTITY=file"), (tmp_path / "nowhere", "not there"), (other, "decrypt")):
        with pytest.raises(Refused, match=why), encryption.readable(backup, manifest, identity):
            pass


def test_a_key_that_is_none_is_refused_before_anything_is_dumped() -> None:
    with pytest.raises(Refused, match="encrypt for age1nonsense"):
        encryption.check_recipients(["age1nonsense"])


def test_a_backup_that_is_not_encrypted_is_read_where_it_is(tmp_path: Path) -> None:
    with encryption.readable(tmp_path, {"format": folder.FORMAT}, None) as opened:
        assert opened == tmp_path


def test_a_secret_is_never_on_the_disk_in_clear_and_read_by_its_key_alone(tmp_path: Path) -> None:
    (mine, one), (other, _) = key(tmp_path, "one"), key(tmp_path, "other")
    parent = tmp_path / "backups"
    with folder.writing(parent) as unfinished:
        folder.write(unfinished / "registration.dump", "r")
        encryption.write_secret(unfinished / "keys.json", "the keys", [one])
        assert [file.name for file in unfinished.glob("keys*")] == ["keys.json.age"]
        encryption.encrypt(unfinished, [one])
        folder.seal(unfinished, {"format": folder.ENCRYPTED, "encrypted_for": [one]})
        backup = folder.publish(unfinished, datetime(2022, 10, 1, tzinfo=UTC))
    manifest = folder.check(backup)
    assert encryption.read_secret(backup / "keys.json", mine) == "the keys"
    for identity, why in ((None, "--identity file"), (other, "decrypt keys.json")):
        with pytest.raises(Refused, match=why):
            encryption.read_secret(backup / "keys.json", identity)
    with encryption.readable(backup, manifest, mine, but=["keys.json"]) as opened:
        assert [file.name for file in opened.iterdir()] == ["registration.dump"]


def test_what_a_killed_command_left_readable_goes_with_the_next_one(tmp_path: Path) -> None:
    mine, one = key(tmp_path, "one")
    backup, manifest = made(tmp_path / "backups", [one])
    left = backup.parent / ".doorstep-restore-999999999-x"
    left.mkdir()
    with encryption.readable(backup, manifest, mine) as opened:
        assert not left.exists() and opened.exists()
