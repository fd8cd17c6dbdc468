"""Numbers as forms and addresses hold them."""

from __future__ import annotations


def number_of(text: str) -> int:
    """A version; 0: it is none, or so long that none is meant."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
