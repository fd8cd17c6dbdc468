"""Texts are measured as they will be sent; where one is too long, the long names and addresses in it are cut.

Nothing else is ever cut: not the text itself, whose end may be a number to call.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from services.notification.channels.sms_length import is_latin

# Letters that are left of a value, step by step until the text fits.
_STEPS: Final = (60, 40, 30, 20, 12, 8, 4)
_JOINERS: Final = "\u200d\ufe0f"


def shortened(value: str, most: int) -> str:
    """A value of at most `most` places, no letter cut in two. Rare Han letters and pictures take two."""
    if _places(value) <= most:
        return value
    ellipsis = "..." if is_latin(value) else "…"  # one … makes a Latin text twice as long
    end = max(0, most - len(ellipsis))
    while _places(value[:end]) > most - len(ellipsis):
        end -= 1
    while end and (unicodedata.combining(value[end]) or value[end] in _JOINERS or value[end - 1] in _JOINERS):
        end -= 1
    return value[:end].rstrip() + ellipsis


def _places(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def fitted(
    render: Callable[[Mapping[str, Any]], str],
    values: Mapping[str, Any],
    shortest: Mapping[str, int],
    too_long: Callable[[str], object],
) -> str:
    """The text with as much of its values as fits; where even the least is too long, with the least.

    :param shortest: of the values that may be cut, how many places they keep.
    :param too_long: says so of a text.
    """
    text = render(values)
    for most in _STEPS:
        if not too_long(text):
            return text
        cut = {
            name: shortened(value, max(most, shortest[name]))
            for name, value in values.items()
            if name in shortest and isinstance(value, str)
        }
        text = render({**values, **cut})
    return text
