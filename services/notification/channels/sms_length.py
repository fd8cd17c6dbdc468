"""How long a text is, as mobile networks count it."""

from collections.abc import Sequence
from typing import Final

# GSM 03.38, the basic set; those of the extension count twice.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")


def is_latin(text: str) -> bool:
    """Made of the letters of which 160 go into one message."""
    return all(c in _BASIC or c in _EXTENDED for c in text)


def segments(text: str) -> int:
    """How many parts the text is sent in: 70 characters, or 67 each; Latin text 160, or 153.

    A character that takes two places stands whole in one part.
    """
    if is_latin(text):
        return _parts([2 if c in _EXTENDED else 1 for c in text], 160, 153)
    if len(text) * 2 == len(text.encode("utf-16-le")):
        return 1 if len(text) <= 70 else -(-len(text) // 67)
    return _parts([2 if c > "\uffff" else 1 for c in text], 70, 67)


def _parts(places: Sequence[int], alone: int, each: int) -> int:
    if sum(places) <= alone:
        return 1
    parts, filled = 1, 0
    for size in places:
        if filled + size > each:
            parts, filled = parts + 1, 0
        filled += size
    return parts
