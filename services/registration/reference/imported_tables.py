"""Tables that people import: read whole or not at all, each fault with its row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.faults import Fault, Refused


@dataclass(frozen=True, slots=True)
class Row:
    """Collects the faults of one row.

    :param name: as its author knows it: `row 3`.
    """

    name: str
    faults: list[Fault]

    def fault(self, column: str, code: str, message: str) -> None:
        """:param column: "" for the whole row."""
        where = f"{self.name}, {column}" if column else self.name
        self.faults.append(Fault(where, code, message))


def read_table(text: str, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """A CSV with a header line, as one dict a row; an empty line is an empty dict.

    Raises Refused for missing columns and ragged rows.
    """
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff")))
    header = [name.strip() for name in next(reader, [])]
    faults: list[Fault] = []
    for name in columns:
        if name not in header:
            Row("row 1", faults).fault(name, "column_missing", "this column is missing")
    if faults:
        raise Refused.invalid(faults)
    rows: list[dict[str, str]] = []
    for number, cells in enumerate(reader, start=2):
        if not any(cell.strip() for cell in cells):
            rows.append({})
            continue
        if len(cells) != len(header):
            message = f"has {len(cells)} cells, the header {len(header)}"
            Row(f"row {number}", faults).fault("", "row_ragged", message)
        rows.append({name: "" for name in optional} | dict(zip(header, map(str.strip, cells), strict=False)))
    if faults:
        raise Refused.invalid(faults)
    return rows


def counts(rows: int, versions: Iterable[int]) -> dict[str, int]:
    """The answer of an import.

    :param rows: how many the file has.
    :param versions: of the rows that were written; 1 is a new one.
    """
    written = list(versions)
    new = written.count(1)
    return {"rows": rows, "new": new, "changed": len(written) - new, "unchanged": rows - len(written)}
