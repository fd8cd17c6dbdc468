"""An act that a phone kept: what was typed into which form, when, by whose phone. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

LONGEST: Final = 48_000
"""Characters of an act as a phone seals it; a form that is filled to its last field has a tenth of it."""
MOST_FIELDS: Final = 500

Because = Literal["unreadable", "not_hers", "session_ended", "left", "gone", "too_old", "refused"]
"""Why an act was not done: nobody can open it; it has no pass of the phone that it names; her phone is in no
more; she is not among the staff; the household is not hers (any more); it is over 72 hours old; the form says
what is wrong with it.
"""
State = Literal["done", "refused", "entered", "dismissed"]
"""`refused`: it waits for an officer, who enters or dismisses it."""

_PATH: Final = re.compile(r"/doors/([\w-]{1,80})/([a-z-]{1,30})(/[\w-]{1,80})?")


@dataclass(frozen=True, slots=True)
class Act:
    """
    :param pass_: what the pages of its author's phone were given: says which session it is of.
    :param path: of the form.
    :param at: when it was sent on the phone, in field time.
    :param fields: of the form, in their order.
    """

    pass_: str
    path: str
    at: datetime
    fields: tuple[tuple[str, str], ...]

    @property
    def household(self) -> str:
        return self.path.split("/")[2]

    @property
    def what(self) -> str:
        """The name of the form: `check-in`, `done`, …"""
        return self.path.split("/")[3]


def read_act(document: object) -> Act | None:
    """As a phone writes it; None where it is none."""
    if not isinstance(document, dict):
        return None
    pass_, path, fields = (document.get(name) for name in ("pass", "path", "fields"))
    at = read_moment(document.get("at"))
    if not isinstance(pass_, str) or not isinstance(path, str) or not _PATH.fullmatch(path) or at is None:
        return None
    if not isinstance(fields, list) or len(fields) > MOST_FIELDS or not all(map(_is_field, fields)):
        return None
    return Act(pass_, path, at, tuple((name, value) for name, value in fields))


def read_moment(text: object) -> datetime | None:
    """ISO 8601 with its time zone; None where it is no such moment."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _is_field(one: object) -> bool:
    return isinstance(one, list) and len(one) == 2 and all(isinstance(part, str) for part in one)
