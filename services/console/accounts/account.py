"""An account: who may come in, as what."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from contracts.faults import Fault, Refused

Kind = Literal["administrator", "officer", "worker"]
State = Literal["invited", "active", "ended"]

OF_STAFF: Final[frozenset[Kind]] = frozenset({"officer", "worker"})
"""Whoever has such an account is a member of staff."""
LONGEST_NAME: Final = 60
_MARKS: Final = "._-@"
_STAFF_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


@dataclass(frozen=True, slots=True)
class Account:
    """:param name: by which its owner logs in; a worker's is their staff_id, and with it nobody does.
    :param staff_id: an administrator may be no member of staff; officers and workers are.
    :param password_hash: argon2id, of a worker's PIN; None until it is taken up, as the two that follow.
    :param sealed_secret: of the one-time codes; a worker has none.
    :param last_step: of 30 s, whose code was used last.
    :param taken_up_at: the last time, in UTC.
    """

    id: str
    name: str
    kind: Kind
    staff_id: str | None
    state: State
    password_hash: str | None
    sealed_secret: str | None
    last_step: int | None
    taken_up_at: datetime | None


def read_name(text: str) -> str | None:
    """A log-in name in the one form in which it is kept: letters of any script, digits, `._-@`. None where it
    can be none.
    """
    if len(text) > 4 * LONGEST_NAME:
        return None
    name = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).strip().casefold())
    if not name or len(name) > LONGEST_NAME or not all(c.isalnum() or c in _MARKS for c in name):
        return None
    return name


def check_staff_id(text: str) -> str:
    """Of a member of staff, as the register of staff writes it. Raises Refused."""
    if not _STAFF_ID.fullmatch(text):
        raise Refused.invalid([Fault("staff_id", "staff_id", "must be the id of a member of staff")])
    return text


def check_name(text: str) -> str:
    """As `read_name`. Raises Refused."""
    name = read_name(text)
    if name is None:
        said = f"must have 1 to {LONGEST_NAME} letters, digits, or {' '.join(_MARKS)}"
        raise Refused.invalid([Fault("name", "name", said)])
    return name
