"""One form of a name for matching. The name as it was given stays, for showing and for texts.

Sources write one name in many ways: with any of a dozen middle dots, with characters that nobody sees, in
full width, in capitals, with or without accents, the surname first or last, its words together or apart.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

# Nearly all names are of these letters and marks alone; each character's kind takes ten times as long.
_USUAL_MARKS: Final = re.compile("[·•・．.,，/'’ \u3000-]+")
_HAN: Final = re.compile("[\u4e00-\u9fff0-9]+")
_PLAIN: Final = re.compile("[a-z]+")

# What Unicode counts among letters, though it is seen as a middle dot or as nothing.
_NO_LETTERS: Final = frozenset("\u318d\u119e\u1427\ua78f\u02d1\u115f\u1160\u3164\uffa0")
# Accents: a passport's machine-readable lines have none. Other marks (か and が) are part of the letter.
_ACCENTS: Final = (("\u0300", "\u036f"), ("\u1ab0", "\u1aff"), ("\u1dc0", "\u1dff"), ("\u20d0", "\u20ff"))
_VARIATION_SELECTORS: Final = (("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"), ("\u180b", "\u180f"))
_DROPPED_MARKS: Final = (*_ACCENTS, *_VARIATION_SELECTORS)
_WITHOUT_STROKE: Final = str.maketrans({"đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe"})

HOLE: Final = "*"
"""Stands in a form for a letter that the source masked (张*, 张某) or whose character set lacked it (张?)."""
_HOLES: Final = frozenset("*×某?□■\ufffd")


def name_form(name: str) -> str:
    """
    :returns: the same text for all ways to write one name, without spaces; empty if nothing in it is seen.

    A name in letters that have capitals (Latin, Cyrillic, Greek) is written in a circle, and begins where it
    comes first in the alphabet: so `Maria Lopez`, `LOPEZ, Maria` and `LOPEZMARIA` are one.
    """
    if _HAN.fullmatch(name) and "某" not in name:
        return name
    letters = _USUAL_MARKS.sub("", name)
    if _HAN.fullmatch(letters) and "某" not in letters:
        return letters
    letters = letters.lower() if letters.isascii() else letters
    if not _PLAIN.fullmatch(letters):
        letters = _seen_letters(name)
        if not _has_capitals(letters):
            return letters
    return _least_turn(letters)


def is_placeholder(name: str) -> bool:
    """Whether it is what a form holds where nobody gave a name: with the phone of a hotel, all its guests
    would be one person."""
    return name_form(name) in _NO_NAMES


def script_of(form: str) -> str:
    """The script of a form of `name_form`; empty if it is not known: of several, or with holes.

    Two different forms are two names only if both are of one known script: 张伟 and Zhang Wei may be one.
    """
    if _HAN.fullmatch(form):
        return "cjk"
    if _PLAIN.fullmatch(form):
        return "latin"
    if HOLE in form:
        return ""
    scripts = {_script(letter) for letter in form if unicodedata.category(letter)[0] not in "MN"}
    return scripts.pop() if len(scripts) == 1 else ""


def _least_turn(letters: str) -> str:
    """The first in the alphabet among all turns of the letters: `anna`, `nnaa`, `naan`, `aann`."""
    least, twice, length = min(letters, default=""), letters * 2, len(letters)
    return min([twice[at : at + length] for at in range(length) if twice[at] == least], default="")


def _seen_letters(name: str) -> str:
    """Full and half width, capitals and small letters alike; without accents and what is not seen."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", folded).casefold())
    seen = "".join(HOLE if c in _HOLES else c for c in apart if _is_seen(c))
    return unicodedata.normalize("NFC", seen.translate(_WITHOUT_STROKE))


def _is_seen(character: str) -> bool:
    """Letters, their marks, digits and holes. Dots, spaces, hyphens and whatever is not shown are not."""
    if character in _HOLES:
        return True
    kind = unicodedata.category(character)
    if kind[0] == "M":
        return kind != "Me" and not any(first <= character <= last for first, last in _DROPPED_MARKS)
    return kind[0] in "LN" and character not in _NO_LETTERS


def _has_capitals(letters: str) -> bool:
    """In other scripts the order of a name is part of it: 王文 and 文王 are two people."""
    return all(c.upper() != c or c in _HOLES or c.isdecimal() for c in letters)


def _script(letter: str) -> str:
    if "a" <= letter <= "z":
        return "latin"
    return unicodedata.name(letter, "").partition(" ")[0].lower()


_NO_NAMES: Final = frozenset(
    name_form(word)
    for word in (
        *("旅客", "乘客", "客人", "住客", "宾客", "顾客", "房客", "游客", "来宾", "来客", "入住人"),
        *("未知", "不详", "无", "暂无", "没有", "无名", "无名氏", "佚名", "匿名", "先生", "女士"),
        *("guest", "hotel guest", "passenger", "traveller", "traveler", "tourist", "visitor", "customer"),
        *("unknown", "no name", "anonymous", "not known", "not given", "none", "null"),
    )
)
