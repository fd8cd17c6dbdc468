"""Rows as a CSV file that spreadsheets open rightly, and in which no cell is a formula. Pure."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula; the wide ones, too."""
_MARK: Final = "\ufeff"
"""By it a spreadsheet knows that the file is UTF-8."""


def csv_file(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """With a byte order mark, lines ending in CR LF, and a name of its own for each column."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([harmless(head) for head in _apart(heads)])
    for row in rows:
        writer.writerow([harmless(cell) for cell in row])
    return (_MARK + out.getvalue()).encode()


def harmless(cell: str) -> str:
    """A cell that would be a formula becomes text, also where white space stands before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def _apart(heads: Sequence[str]) -> list[str]:
    """Two columns of one name are told apart: phone, phone 2."""
    named: list[str] = []
    for head in heads:
        count = 1 + sum(one == head or one.startswith(f"{head} ") for one in named)
        named.append(head if count == 1 else f"{head} {count}")
    return named
