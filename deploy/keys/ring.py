"""A key ring: `id:base64[,id:base64…]`. The first key seals; each of them opens what it has sealed."""

from __future__ import annotations

import base64
import os
import re
import secrets
import stat
from pathlib import Path

_ID = re.compile(r"([A-Za-z]{1,10})([0-9]{1,6})")


class RingFault(Exception):
    """What is wrong, and what to do."""


def ids(text: str) -> list[str]:
    """In the order of the ring. Raises RingFault."""
    found = [part.strip().partition(":")[0] for part in text.strip().split(",")]
    if not all(_ID.fullmatch(one) for one in found) or len(set(found)) < len(found):
        raise RingFault("the key file must hold id:base64, comma separated, with ids such as k1")
    return found


def added(text: str) -> tuple[str, str]:
    """The ring with a new key at its end, which seals nothing yet, and its id."""
    known = [_ID.fullmatch(one) for one in ids(text)]
    letters = known[0][1] if known[0] else ""
    new = f"{letters}{1 + max(int(one[2]) for one in known if one)}"
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return f"{text.strip()},{new}:{key}\n", new


def promoted(text: str) -> tuple[str, str]:
    """The ring with its last key first, and that key's id."""
    *others, last = text.strip().split(",")
    if not others:
        raise RingFault("there is one key only: add another first")
    known = ids(text)
    if _number(known[-1]) < _number(known[0]):
        raise RingFault(f"{known[0]} seals already: it is the newest key")
    return ",".join([last, *others]) + "\n", known[-1]


def _number(id: str) -> int:
    found = _ID.fullmatch(id)
    return int(found[2]) if found else 0


def retired(text: str, id: str) -> str:
    """The ring without a key that seals nothing any more."""
    known = ids(text)
    if id not in known:
        raise RingFault(f"there is no key {id}: {', '.join(known)}")
    if id == known[0]:
        raise RingFault(f"{id} is the key that seals: promote another one first")
    return ",".join(part for part in text.strip().split(",") if not part.strip().startswith(f"{id}:")) + "\n"


def write(file: Path, text: str) -> None:
    """In its place, never half-written, for whoever could read it before. It is on disk on return: what is
    sealed by a key that a power cut has taken away is lost.
    """
    before = file.stat()
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
        opened.flush()
        os.fsync(opened.fileno())
    temporary.chmod(stat.S_IMODE(before.st_mode))
    if (temporary.stat().st_uid, temporary.stat().st_gid) != (before.st_uid, before.st_gid):
        os.chown(temporary, before.st_uid, before.st_gid)
    temporary.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
