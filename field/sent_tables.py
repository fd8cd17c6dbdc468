"""Tables as people send them: what a spreadsheet adds around the cells is taken off again.

Excel writes tabs, semicolons or commas, UTF-8, UTF-16 or GB18030, empty columns and rows at the end, and
`="0123"` so that a number stays text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Final

_SEPARATORS: Final = (",", "\t", ";", "，", "；", "|")
_HINT: Final = re.compile(r'\s*"?sep=(.)"?\s*$', re.IGNORECASE)
_FORMULA: Final = re.compile(r'=\s*"(.*)"', re.DOTALL)
# In front of what looks like a number or a formula it only says: this is text.
_APOSTROPHE: Final = re.compile(r"['‘’](?=[=+@0-9-])")
# Marks that nobody sees: of byte order, of direction, of width none.
_UNSEEN: Final = (
    "\ufeff\u200b\u200c\u200d\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_YEAR_FIRST: Final = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T ]+(\d{1,2})(:.*))?")


def text_of(data: bytes) -> str:
    """The text of a whole table. Raises UnicodeDecodeError where no encoding fits all of it."""
    encoding = wide_encoding(data[:64])
    if encoding:
        return data.decode(encoding).removeprefix("\ufeff")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("gb18030")


def wide_encoding(beginning: bytes) -> str | None:
    """The encoding whose characters have two bytes each, as Excel's “Unicode text”; None: it is another."""
    if beginning.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = beginning[::2].count(0), beginning[1::2].count(0)
    if len(beginning) >= 8 and max(even, odd) > len(beginning) // 4:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def separator_hint(line: str) -> str | None:
    """The separator that a line before the header names: `sep=;`."""
    found = _HINT.match(plain_cell(line))
    return found[1] if found else None


def separator_of(header: str, known: Collection[str]) -> str:
    """What separates the cells of a header line: with it most columns have a name that is known."""

    def names(separator: str) -> int:
        return sum(header_cell(cell) in known for cell in header.replace('"', "").split(separator))

    return max(_SEPARATORS, key=names)


def header_cell(cell: str) -> str:
    """The name of a column: half width, in small letters."""
    return unicodedata.normalize("NFKC", plain_cell(cell)).strip().lower()


def plain_cell(cell: str) -> str:
    """What stands in a cell, without what a spreadsheet put around it."""
    text = cell.strip().strip(_UNSEEN).strip()
    if formula := _FORMULA.fullmatch(text):
        text = formula[1].replace('""', '"').strip()
    return text[1:] if _APOSTROPHE.match(text) else text


def header_of(cells: Sequence[str]) -> list[str]:
    """The names of the columns; "" for one without a name. Empty ones at the end are none."""
    names = [header_cell(cell) for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def row_of(header: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """
    :returns: the cells by column; empty where all are empty.
    :raises ValueError: it has other columns than the header, in words.
    """
    plain = [plain_cell(cell) for cell in cells]
    if not any(plain):
        return {}
    while len(plain) > len(header) and not plain[-1]:
        plain.pop()
    if len(plain) != len(header):
        raise ValueError(f"has {len(plain)} cells, the header {len(header)}")
    for number, (name, text) in enumerate(zip(header, plain, strict=True), start=1):
        if text and not name:
            raise ValueError(f"column {number} holds something and has no name in the header")
    return {name: text for name, text in zip(header, plain, strict=True) if name}


def iso_day(text: str) -> str:
    """A day, or a day and a time, as a spreadsheet writes it (2022/10/1 8:05), as 2022-10-01T08:05."""
    found = _YEAR_FIRST.fullmatch(text)
    if found is None:
        return text
    year, month, day, hour, rest = found.groups()
    date = f"{year}-{month:0>2}-{day:0>2}"
    return date if hour is None else f"{date}T{hour:0>2}{rest}"
