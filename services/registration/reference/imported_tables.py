"""Tables that people import: read whole or not at all, with every fault told by row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Where an import is wrong, and why. Never holds the value."""

    row: str
    column: str
    message: str

    def __str__(self) -> str:
        return f"{self.row}, {self.column}: {self.message}" if self.column else f"{self.row}: {self.message}"


class BadInput(Exception):
    """An import is refused; nothing of it was stored."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class Row:
    """Collects the faults of one row."""

    name: str
    faults: list[Fault]

    def fault(self, column: str, message: str) -> None:
        self.faults.append(Fault(self.name, column, message))


def read_table(text: str, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """A CSV with a header line, as one dict a row. Raises BadInput for missing columns and ragged rows."""
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip() for name in next(reader, [])]
    missing = [name for name in columns if name not in header]
    if missing:
        raise BadInput([Fault("row 1", name, "this column is missing") for name in missing])
    faults: list[Fault] = []
    rows: list[dict[str, str]] = []
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            rows.append({})
            continue
        if len(cells) != len(header):
            faults.append(Fault(f"row {number}", "", f"has {len(cells)} cells, the header {len(header)}"))
        rows.append({name: "" for name in optional} | dict(zip(header, map(str.strip, cells), strict=False)))
    if faults:
        raise BadInput(faults)
    return rows
