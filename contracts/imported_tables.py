"""Tables that people import: read whole or not at all, each fault with its row and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.faults import Fault, Refused
from field.sent_tables import header_of, row_of, separator_hint, separator_of


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
    text = text.removeprefix("\ufeff")
    first, _, rest = text.partition("\n")
    hint = separator_hint(first)
    separator = hint or separator_of(first, (*columns, *optional))
    reader = csv.reader(io.StringIO(rest if hint else text), delimiter=separator)
    header = header_of(next(reader, []))
    faults: list[Fault] = []
    for name in columns:
        if name not in header:
            Row("row 1", faults).fault(name, "column_missing", "this column is missing")
    if faults:
        raise Refused.invalid(faults)
    rows: list[dict[str, str]] = []
    for number, cells in enumerate(reader, start=2):
        try:
            row = row_of(header, cells)
        except ValueError as error:
            Row(f"row {number}", faults).fault("", "row_ragged", str(error))
            continue
        rows.append({name: "" for name in optional} | row if row else {})
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
