"""Personal data as it is shown to whoever may know that there is some, and not which."""

from __future__ import annotations

import re
from typing import Final

UUID: Final = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CODE: Final = re.compile(r"[A-Za-z0-9_./:+@-]{1,200}")
# In a sentence: a number as long as a phone's or a document's, and a mail address. Ids of ours may stay.
_PERSONAL = re.compile(rf"({UUID})|\+?[A-Za-z]?\d[\d -]{{5,}}[\dXx]|[^\s@]+@[^\s@]+")

# The numbers of a resident's identity card and of a mobile in China, as they stand in ids of before.
_OF_A_PERSON = re.compile(
    rf"({UUID})|(?<!\d)\d{{6}}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}[\dXx](?!\d)"
    r"|(?<!\d)(?:86)?1[3-9]\d{9}(?!\d)"
)


def masked_name(name: str | None) -> str | None:
    """The first letter only: a family name in Chinese."""
    return f"{name[0]}*" if name else name


def masked_phone(phone: str | None) -> str | None:
    """Three digits and the last four of a long number, 138****0000; of a short one fewer, or none."""
    if not phone:
        return None
    if len(phone) < 7:
        return "****"
    shown = 4 if len(phone) > 10 else 2
    return phone[: max(0, min(3, len(phone) - 4 - shown))] + "****" + phone[-shown:]


def masked_text(text: str) -> str:
    """An operator's text without numbers and addresses of people."""
    return _PERSONAL.sub(lambda found: found[1] or "(masked)", text)


def masked_numbers(id: str) -> str:
    """An id without what looks as a number of a person; other long numbers stay, which tell ids apart."""
    return _OF_A_PERSON.sub(lambda found: found[1] or "***", id)


def masked_key(key: str) -> str:
    """The key of a row, in which an outsider may have put something personal."""
    return masked_text(key) if CODE.fullmatch(key) else f"(masked, {len(key)} characters)"
