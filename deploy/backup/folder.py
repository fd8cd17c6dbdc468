"""A backup on disk: a folder that is there whole or not at all, with sums over everything in it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from deploy.backup.errors import Refused

FORMAT = 1
ENCRYPTED = 2  # the same, with each file but the manifest encrypted; versions of before refuse it
EMBEDDED = 3  # of what `doorstep up` keeps, by `doorstep backup`: SQLite files, and its keys; encrypted
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"  # as sha256sum writes it: `sha256sum -c SHA256SUMS` checks a backup by hand
PUBLISHERS = "publishers.json"
_MADE_BY = {
    FORMAT: ("`make backup`", "`make restore`"),
    ENCRYPTED: ("`make backup`", "`make restore`"),
    EMBEDDED: ("`doorstep backup`", "`doorstep restore`"),
}
_UNFINISHED = ".unfinished-"  # and the process that writes it
_NAME = re.compile(r"doorstep-\d{8}T\d{6}Z")


def archive(service: str) -> str:
    return f"{service}.dump"


@contextmanager
def writing(parent: Path) -> Iterator[Path]:
    """A folder to write into, for the owner's eyes only; gone if it fails, or else at the next backup."""
    os.umask(0o077)
    parent.mkdir(parents=True, exist_ok=True)
    for left in parent.glob(f"{_UNFINISHED}*"):
        pid = left.name.removeprefix(_UNFINISHED)
        if pid == str(os.getpid()) or not Path("/proc", pid).exists():
            shutil.rmtree(left)
    folder = parent / f"{_UNFINISHED}{os.getpid()}"
    folder.mkdir()
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def seal(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest, and the sums over all files. Nothing may be added afterwards."""
    write(folder / MANIFEST, json.dumps(manifest, indent=1) + "\n")
    sums = {file.name: _sum(file) for file in sorted(folder.iterdir())}
    write(folder / SUMS, "".join(f"{found}  {name}\n" for name, found in sums.items()))


def publish(folder: Path, at: datetime) -> Path:
    """Give the finished folder its name. It is safe on disk on return."""
    target = folder.parent / f"doorstep-{at:%Y%m%dT%H%M%SZ}"
    if target.exists():
        raise Refused(f"{target} is there already")
    fsync_path(folder)
    folder.rename(target)
    fsync_path(target.parent)
    return target


def check(folder: Path, formats: Collection[int] = (FORMAT, ENCRYPTED)) -> dict[str, Any]:
    """The manifest of a backup that is whole. Raises Refused and says what is wrong with any other.

    :param formats: those that the caller reads.
    """
    try:
        listed = [line.split("  ", 1) for line in (folder / SUMS).read_text().removesuffix("\n").split("\n")]
        sums = {name: found for found, name in listed}
    except FileNotFoundError:
        raise Refused(f"{folder} is no backup: {SUMS} is not there") from None
    except ValueError:
        raise Refused(f"{folder}: {SUMS} is damaged") from None
    there = {file.name for file in folder.iterdir()} - {SUMS}
    for name in sorted(there ^ sums.keys()):
        what = "is missing" if name in sums else "does not belong to it, or the sums are damaged"
        raise Refused(f"{folder}: {name} {what}")
    for name, wanted in sums.items():
        if _sum(folder / name) != wanted:
            raise Refused(f"{folder}: {name} is damaged (its sum is not the one in {SUMS})")
    if MANIFEST not in sums:
        raise Refused(f"{folder} is no backup: {MANIFEST} is not there")
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    if found["format"] not in formats:
        if by := _MADE_BY.get(found["format"]):
            raise Refused(f"{folder} was made by {by[0]}: {by[1]} brings it back")
        raise Refused(f"{folder} is of format {found['format']}: restore it with the version that wrote it")
    return found


def prune(parent: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups below `parent`; what is named otherwise stays."""
    found = sorted(one for one in parent.iterdir() if _NAME.fullmatch(one.name))
    old = found[:-keep]
    for one in old:
        shutil.rmtree(one)
    return old


def write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8") as opened:
        opened.write(text)
        fsync(opened)


def fsync(opened: Any) -> None:
    opened.flush()
    os.fsync(opened.fileno())


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.iterdir())


def _sum(file: Path) -> str:
    opened: BinaryIO
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def fsync_path(path: Path) -> None:
    """Of a folder: which files it has; of a file: what others have written into it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
