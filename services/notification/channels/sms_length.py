"""How long a text is, as mobile networks count it."""

from typing import Final

# GSM 03.38, the basic set; those of the extension count twice.
_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED: Final = frozenset("^{}\\[~]|€")


def segments(text: str) -> int:
    """How many parts the text is sent in: 70 characters, or 67 each; Latin text 160, or 153."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        length = sum(2 if c in _EXTENDED else 1 for c in text)
        return 1 if length <= 160 else -(-length // 153)
    length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= 70 else -(-length // 67)
