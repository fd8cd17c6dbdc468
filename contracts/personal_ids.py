"""Ids of outsiders that hold the number of a person: they go everywhere in clear, and numbers must not.

An id, a source or a correlation id stands in inboxes, outboxes, cases, notices, listings and backups; what a
report says of people is sealed. So an event in whose ids a number of its own people stands is refused, and is
known by another id: the number masked, and a keyed digest of the whole, the same for the same id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from contracts.faults import Fault
from field.documents import compact_number

CODE: Final = "id_personal"
_MESSAGE: Final = (
    "holds the number of a document or phone of somebody in it: make ids that say nothing of people, and "
    "send it anew"
)

_ATTRIBUTES: Final = ("id", "source", "subject", "correlationid", "traceparent")
# Numbers that a source gives itself, and that are kept in clear.
_OWN_NUMBERS: Final = ("reference", "sample_id")
# Shorter ones stand in other numbers by chance.
_SHORTEST: Final = 8
_NO_LETTER: Final = re.compile(r"[^0-9A-Za-z\n]+")
_PHONE: Final = re.compile(r"\d(?:[\s().+-]*\d){7,}", re.ASCII)
_MOBILE: Final = re.compile(r"1[3-9]\d{9}", re.ASCII)
_MASK: Final = "***"
_LONGEST: Final = 200

Digest = Callable[[str], str]
"""Of an id, keyed: a plain one of a number is found by trying all numbers."""


def personal_ids(document: Any) -> tuple[Fault, ...]:
    """What is wrong with the ids of an event, as outsiders sent it; nothing, nearly always."""
    named = _named(document)
    if not (found := _numbers_in(named, document)):
        return ()
    return tuple(Fault(name, CODE, _MESSAGE) for name, text in named.items() if _holds(text, found))


def masked_ids(document: Any, digest: Digest) -> dict[str, str | None]:
    """The attributes of an event that hold a number, as they may be kept; none, nearly always.

    A trace is not gone on with.
    """
    named = _named(document)
    if not (found := _numbers_in(named, document)):
        return {}
    masked: dict[str, str | None] = {
        name: None if name == "traceparent" else _masked(text, found, digest)
        for name, text in named.items()
        if name in _ATTRIBUTES and _holds(text, found)
    }
    if "id" in masked and not document.get("correlationid"):
        masked["correlationid"] = masked["id"]
    return masked


def _named(document: Any) -> dict[str, str]:
    """All that is kept in clear, by the name under which faults are told."""
    if not isinstance(document, Mapping):
        return {}
    data = document.get("data")
    own = {name: data.get(name) for name in _OWN_NUMBERS} if isinstance(data, Mapping) else {}
    named = {name: document.get(name) for name in _ATTRIBUTES} | own
    return {name: text for name, text in named.items() if isinstance(text, str) and text}


def _numbers_in(named: Mapping[str, str], document: Any) -> list[str]:
    """The numbers of its people that stand in one of the texts."""
    if not named:
        return []
    everything = "\n".join(map(_compact, named.values()))
    return [number for number in _numbers_of_people(document.get("data")) if number in everything]


def _numbers_of_people(data: Any) -> Iterator[str]:
    """Compact: letters and digits alone, capitals."""
    if not isinstance(data, Mapping):
        return
    companions = data.get("companions")
    people = (data, data.get("person"), *(companions if isinstance(companions, list) else ()))
    for person in people:
        if isinstance(person, Mapping):
            yield from _of_document(person.get("identity_number"))
            yield from _of_phone(person.get("phone"))
    identity = data.get("identity")
    if isinstance(identity, Mapping):
        yield from _of_document(identity.get("number"))


def _of_document(number: Any) -> Iterator[str]:
    if isinstance(number, str) and len(compact := _compact(compact_number(number))) >= _SHORTEST:
        yield compact


def _of_phone(text: Any) -> Iterator[str]:
    """The end of it: it is written with and without the country's code, and the zero of the trunk."""
    for number in _PHONE.findall(text) if isinstance(text, str) else ():
        digits = _compact(number)
        yield digits[-11:] if _MOBILE.fullmatch(digits[-11:]) else digits[-10:]


def _compact(text: str) -> str:
    return _NO_LETTER.sub("", (text if text.isascii() else compact_number(text)).upper())


def _holds(text: str, numbers: list[str]) -> bool:
    compact = _compact(text)
    return any(number in compact for number in numbers)


def _masked(text: str, numbers: list[str], digest: Digest) -> str:
    """Without the numbers, however they are grouped in it."""
    left = text if text.isascii() else unicodedata.normalize("NFKC", text)
    for number in sorted(numbers, key=len, reverse=True):
        left = re.sub("[^0-9A-Za-z]*".join(number), _MASK, left, flags=re.IGNORECASE)
    return f"{left[: _LONGEST - 20]}#{digest(text)}"
