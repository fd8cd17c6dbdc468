"""A temperature as somebody types it at a door, in a hurry, and on which keyboard there is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final, Literal

from field.words import COLDEST, HOTTEST

Wrong = Literal["missing", "no_temperature", "out_of_bounds", "fahrenheit"]
"""Why no temperature can be read; the page has a sentence for each."""

_UNIT: Final = re.compile(r"(?:°c|℃|摄氏度|度|c)$")
_WRITTEN: Final = re.compile(r"([0-9]{2,3})(?:[.,·。、点度]([0-9]{1,2}))?")
_FAHRENHEIT: Final = (90.0, 110.0)


@dataclass(frozen=True, slots=True)
class Temperature:
    """:param tenths: of a degree Celsius.
    :param as_typed: whether it was typed in just this way; otherwise the page shows how it was read.
    """

    tenths: int
    as_typed: bool

    @property
    def celsius(self) -> float:
        return self.tenths / 10

    def __str__(self) -> str:
        """As it is written in every language: 36.5"""
        return f"{self.tenths // 10}.{self.tenths % 10}"


def read_temperature(typed: str) -> Temperature | Wrong:
    """Read 36.5 from `36.5`, `365`, `36,5`, `36度5`, `３６．５` or `36.5 ℃`.

    Three digits are tenths. Of two digits after the point the second is rounded, half up: some thermometers
    show hundredths. What a body cannot have is refused: it is another number, or in Fahrenheit.
    """
    text = "".join(unicodedata.normalize("NFKC", typed).lower().split())
    if not text:
        return "missing"
    bare = _UNIT.sub("", text)
    written = _WRITTEN.fullmatch(bare)
    if not written:
        return "no_temperature"
    whole, part = written.groups()
    tenths = _tenths(whole, part)
    if round(COLDEST * 10) <= tenths <= round(HOTTEST * 10):
        return Temperature(tenths, typed.strip() == f"{tenths // 10}.{tenths % 10}")
    if _FAHRENHEIT[0] <= float(f"{whole}.{part or 0}") <= _FAHRENHEIT[1]:
        return "fahrenheit"
    return "out_of_bounds"


def _tenths(whole: str, part: str | None) -> int:
    if part is None:
        return int(whole) if len(whole) == 3 else int(whole) * 10
    hundredths = int(part.ljust(2, "0"))
    return int(whole) * 10 + (hundredths + 5) // 10
