"""Encrypted for a key that is not on this machine: by age, which Debian has, and later readers too."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from deploy.backup.errors import Refused
from deploy.backup.folder import fsync_path

ENDING: Final = ".age"


def check_recipients(recipients: Sequence[str]) -> None:
    """Before anything is dumped. Raises Refused where age is not there, or does not know one of them."""
    for one in recipients:
        _age(
            ["--encrypt", "--recipient", one, "--output", os.devnull], Path(os.devnull), f"encrypt for {one}"
        )


def encrypt(folder: Path, recipients: Sequence[str]) -> None:
    """Each file of the folder in its place; whoever has one recipient's key reads it."""
    for file in sorted(folder.iterdir()):
        target = file.with_name(file.name + ENDING)
        wanted = [part for one in recipients for part in ("--recipient", one)]
        _age(["--encrypt", *wanted, "--output", str(target)], file, f"encrypt {file.name}")
        fsync_path(target)
        file.unlink()


@contextmanager
def readable(folder: Path, manifest: dict[str, Any], identity: Path | None) -> Iterator[Path]:
    """The backup's folder, or while it is used one with its files decrypted, for the owner's eyes only.

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
    opened = Path(tempfile.mkdtemp(prefix=".doorstep-restore-", dir=folder.parent))
    try:
        for file in sorted(folder.glob(f"*{ENDING}")):
            target = opened / file.name.removesuffix(ENDING)
            wanted = ["--decrypt", "--identity", str(identity), "--output", str(target)]
            _age(wanted, file, f"decrypt {file.name}")
        yield opened
    finally:
        shutil.rmtree(opened, ignore_errors=True)


def _age(arguments: Sequence[str], file: Path, what: str) -> None:
    try:
        done = subprocess.run(["age", *arguments, str(file)], capture_output=True, text=True)
    except FileNotFoundError:
        raise Refused("age is not installed, by which backups are encrypted: apt install age") from None
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise Refused(f"age could not {what}: {said[0] if said else done.returncode}")
