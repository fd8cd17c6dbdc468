"""Names as texts may bear them.

Whoever reports somebody writes what they like into a name or an address, and the text is signed by the
district.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from services.notification.texts.shortening import shortened

TO_RESIDENTS: Final = 12
"""Places: enough for a name to be known by, too few for a message in the district's name."""
TO_STAFF: Final = 24
_WITHIN: Final = "·'-"
_NUMERALS: Final = "〇零一二三四五六七八九两幺壹贰貳叁參肆伍陆陸柒捌玖"
_SPELT_OUT: Final = re.compile(rf"[{_NUMERALS}](?:[\W_]*[{_NUMERALS}]){{3,}}")
"""A number in numerals that are letters. Names have fewer: 王一, 三丰."""
_LINKS: Final = re.compile(r"[:：][/／]+|(?<=\w)[.．。｡]+(?=\w)|[@＠]")
_NUMBERS: Final = re.compile(rf"[\d{_NUMERALS}]{{6,}}|\d(?:[ -]?\d){{8,}}")
"""Longer than the number of any house or room, also as 112-3-1201."""
_DOTS: Final = str.maketrans("・•‧’‐", "···'-")


def name_in_text(written: str | None, most: int) -> str | None:
    """The name without what makes a number or a link: letters, spaces, and the signs within names.

    None where no letter is left: the text is then written as for somebody whose name is not known.
    """
    letters = unicodedata.normalize("NFKC", (written or "").translate(_DOTS))
    kept = _SPELT_OUT.sub(" ", "".join(map(_kept, letters)))
    name = " ".join(kept.split()).strip(_WITHIN + " ")
    return shortened(name, most) if any(map(str.isalpha, name)) else None


def address_in_text(written: str | None) -> str | None:
    """The address without what makes a link or a telephone number. None where nothing is left."""
    seen = "".join(c for c in written or "" if unicodedata.category(c) != "Cf")
    return " ".join(_NUMBERS.sub(" ", _LINKS.sub(" ", seen)).split()) or None


def _kept(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf":  # unseen, as the joiners within some names
        return ""
    return character if character in _WITHIN or kind[0] in "LM" else " "
