"""The people of a household, told apart on a page that a stranger may see: *雨, 8岁.

No full name stands there. A family name would tell nobody apart: two children are both 张*.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

_CHINESE: Final = re.compile(r"[㐀-鿿豈-﫿\U00020000-\U0003ffff]")
_NO_LETTER: Final = re.compile(r"[^\w]+")
_TWO_CHARACTERS: Final = "欧阳上官司马诸葛东方皇甫尉迟公孙慕容令狐司徒夏侯端木长孙宇文轩辕赫连澹台独孤南宫"
_FAMILY_NAMES_OF_TWO: Final = frozenset(
    _TWO_CHARACTERS[start : start + 2] for start in range(0, len(_TWO_CHARACTERS), 2)
)


@dataclass(frozen=True, slots=True)
class Someone:
    """:param name: as registered; None where only their existence is known.
    :param born: None where it is not known.
    """

    name: str | None
    born: date | None


@dataclass(frozen=True, slots=True)
class Label:
    """:param name: "*雨", or "*" where there is no name.
    :param years: whole years; None where the day of birth is not known, or lies ahead.
    :param months: whole months, of those below two years.
    :param number: 1, 2 … where name and age are those of another person of the household too.
    """

    name: str
    years: int | None
    months: int | None = None
    number: int | None = None


def tell_apart(people: Sequence[Someone], today: date) -> list[Label]:
    """A label for each, in their order; no two are equal.

    Where last character and age do not tell two apart (twins), the whole given name does. Where that does not
    either, they are numbered in the order given, which should not change from page to page.
    """
    labels = [_label(one, today, _last_character(one.name)) for one in people]
    same = Counter(labels)
    labels = [
        _label(one, today, _given_name(one.name)) if same[label] > 1 else label
        for one, label in zip(people, labels, strict=True)
    ]
    same, counted = Counter(labels), Counter[Label]()
    for n, label in enumerate(labels):
        if same[label] > 1:
            counted[label] += 1
            labels[n] = replace(label, number=counted[label])
    return labels


def _label(one: Someone, today: date, name: str) -> Label:
    if one.born is None or one.born > today:
        return Label(name, None)
    months = (today.year - one.born.year) * 12 + today.month - one.born.month - (today.day < one.born.day)
    return Label(name, months // 12, months if months < 24 else None)


def _last_character(name: str | None) -> str:
    """Of a Chinese name the last character; of another its first letter, as people are called there."""
    letters = _NO_LETTER.sub("", name or "")
    if not letters:
        return "*"
    return f"*{letters[-1]}" if _CHINESE.match(letters[-1]) else f"{letters[0].upper()}*"


def _given_name(name: str | None) -> str:
    letters = _NO_LETTER.sub("", name or "")
    if len(letters) < 3 or not _CHINESE.match(letters[-1]):
        return _last_character(name)
    family = 2 if letters[:2] in _FAMILY_NAMES_OF_TWO else 1
    return f"*{letters[family:][-2:]}"
