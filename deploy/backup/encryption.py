"""Encrypted for a key that is not on this machine: by age, which Debian has, and later readers too."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.backup.errors import Refused
from deploy.backup.folder import fsync_path

ENDING: Final = ".age"
_OPENED: Final = ".doorstep-restore-"


def check_recipients(recipients: Sequence[str]) -> None:
    """Before anything is dumped. Raises Refused where age is not there, or does not know one of them."""
    for one in recipients:
        _age([*_for([one]), "--output", os.devnull, os.devnull], f"encrypt for {one}")


def encrypt(folder: Path, recipients: Sequence[str]) -> None:
    """Each file of the folder in its place; whoever has one recipient's key reads it."""
    for file in sorted(file for file in folder.iterdir() if file.suffix != ENDING):
        target = file.with_name(file.name + ENDING)
        _age([*_for(recipients), "--output", str(target), str(file)], f"encrypt {file.name}")
        fsync_path(target)
        file.unlink()


def write_secret(file: Path, text: str, recipients: Sequence[str]) -> None:
    """A file of a backup that is never on its disk in clear. `file`: its name without ENDING."""
    target = file.with_name(file.name + ENDING)
    _age([*_for(recipients), "--output", str(target)], f"encrypt {file.name}", text)
    fsync_path(target)


def read_secret(file: Path, identity: Path | None) -> str:
    """What `write_secret` wrote. Raises Refused where the key is not given, or another one."""
    if identity is None:
        raise Refused(f"{file.parent} is encrypted: give the file with its key (--identity file)")
    encrypted = str(file.with_name(file.name + ENDING))
    return _age(["--decrypt", "--identity", str(identity), encrypted], f"decrypt {file.name}")


def _for(recipients: Sequence[str]) -> list[str]:
    return ["--encrypt", *(part for one in recipients for part in ("--recipient", one))]


@contextmanager
def readable(
    folder: Path, manifest: dict[str, Any], identity: Path | None, but: Collection[str] = ()
) -> Iterator[Path]:
    """The backup's folder, or while it is used one with its files decrypted, for the owner's eyes only.

    :param but: names of files that are left out.

    Raises Refused where it is encrypted and no key is given, or another one.
    """
    recipients = manifest.get("encrypted_for")
    if not recipients:
        yield folder
        return
    if identity is None:
        raise Refused(
            f"{folder} is encrypted for {', '.join(recipients)}: "
            "give the file with that key (IDENTITY=file, or --identity file)"
        )
    if not identity.is_file():
        raise Refused(f"{identity} is not there: it must be the file that age-keygen wrote")
    # Beside the backup, where there is room for it: /tmp may be memory.
    for left in folder.parent.glob(f"{_OPENED}*"):  # by a command that was killed
        if not Path("/proc", left.name.removeprefix(_OPENED).partition("-")[0]).exists():
            shutil.rmtree(left, ignore_errors=True)
    opened = Path(tempfile.mkdtemp(prefix=f"{_OPENED}{os.getpid()}-", dir=folder.parent))
    try:
        for file in sorted(folder.glob(f"*{ENDING}")):
            target = opened / file.name.removesuffix(ENDING)
            if target.name not in but:
                wanted = ["--decrypt", "--identity", str(identity), "--output", str(target), str(file)]
                _age(wanted, f"decrypt {file.name}")
        yield opened
    finally:
        shutil.rmtree(opened, ignore_errors=True)


def _age(arguments: Sequence[str], what: str, given: str = "") -> str:
    """What it writes to its standard output."""
    try:
        done = subprocess.run(["age", *arguments], input=given, capture_output=True, text=True)
    except FileNotFoundError:
        raise Refused("age is not installed, by which backups are encrypted: apt install age") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise Refused(f"age could not {what}: {said[0] if said else done.returncode}")
    return done.stdout
