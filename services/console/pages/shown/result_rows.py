"""Results of tests as a table, pasted from a spreadsheet or typed cell by cell, and what they say. Pure."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from field.documents import (
    birth_date_in,
    check_character_fits,
    compact_number,
    in_a_lifetime,
    looks_like_resident_number,
    spreadsheet_damage,
)
from field.sent_tables import header_cell, iso_day, plain_cell, separator_of
from field.words import TEST_RESULTS
from services.console.pages.shown.terms import read_time

CELLS: Final = ("document", "sample", "sampled", "result")
"""The columns, in the order in which they stand where the first line names none."""
MOST: Final = 100
"""Rows at once: what is sent in a second or two."""
_NAMES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("document", "document number", "identity_number", "id number"), "document"),
    **dict.fromkeys(("证件号码", "证件号", "身份证号", "身份证号码", "身份证"), "document"),
    **dict.fromkeys(("sample", "sample id", "sample_id", "样本编号", "样本号", "条码", "条码号"), "sample"),
    **dict.fromkeys(("sampled", "sampled at", "sampled_at", "采样时间", "采样日期"), "sampled"),
    **dict.fromkeys(("result", "结果", "检测结果"), "result"),
}
"""What people call the columns."""
_RESULTS: Final[Mapping[str, str]] = {
    **{word: word for word in TEST_RESULTS},
    **{"阴性": "negative", "阴": "negative", "阴性(-)": "negative", "-": "negative"},
    **{"阳性": "positive", "阳": "positive", "阳性(+)": "positive", "+": "positive"},
    **{"可疑": "inconclusive", "灰区": "inconclusive", "无效": "invalid", "不合格": "invalid"},
}
_NEARLY_RESIDENT: Final = re.compile(r"[0-9]{15,}X?")
"""No other document has so many digits and no letter."""
_QUOTED: Final = re.compile(r'"(.*)"')
_LONGEST: Final = {"document": 40, "sample": 60, "sampled": 40, "result": 20}

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class ResultRow:
    """One row as it was typed.

    :param data: what is said of it: the data of `test.reported` without what all rows have in common; None
        where something is wrong.
    :param wrong: cell -> the code of what is wrong with it.
    """

    cells: Mapping[str, str]
    data: Mapping[str, Any] | None
    wrong: Mapping[str, str] = field(default_factory=dict)


def read_pasted(text: str) -> list[Cells]:
    """The cells of each line that has any, as they stand there; a line is a row, whatever is quoted in it.
    Columns that nobody knows are left out; where the first line names no column, it is a row.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    # What is copied from a spreadsheet has tabs.
    between = "\t" if "\t" in lines[0] else separator_of(lines[0], _NAMES)
    rows = list(_rows(lines, between))
    named = [_NAMES.get(header_cell(cell), "") for cell in rows[0]]
    if any(named):
        rows = rows[1:]
    else:
        named = list(CELLS)
    found = []
    for row in rows:
        cells = {name: plain_cell(cell) for name, cell in zip(named, row, strict=False) if name}
        if any(cells.values()):
            found.append({name: cells.get(name, "") for name in CELLS})
    return found


def _rows(lines: Iterable[str], between: str) -> Iterator[list[str]]:
    """A quote that nobody closes must swallow no other line. Between tabs quotes are characters as others."""
    for line in lines:
        if between == "\t":
            yield [_unquoted(cell) for cell in line.split(between)]
        else:
            yield from csv.reader([line], delimiter=between)


def _unquoted(cell: str) -> str:
    quoted = _QUOTED.fullmatch(cell.strip())
    return quoted[1].replace('""', '"') if quoted else cell


def read_row(cells: Mapping[str, str], now: datetime) -> ResultRow:
    """:param now: for its zone."""
    wrong = {name: "missing" for name in CELLS if not cells[name]}
    wrong |= {name: "long" for name, most in _LONGEST.items() if len(cells[name]) > most}
    at = read_time(iso_day(cells["sampled"]), now)
    if at is None and "sampled" not in wrong:
        wrong["sampled"] = "no_time"
    result = _RESULTS.get(header_cell(cells["result"]))
    if result is None and "result" not in wrong:
        wrong["result"] = "no_result"
    number = compact_number(cells["document"])
    if "document" not in wrong and (code := _fault_of(cells["document"], number, now.date())):
        wrong["document"] = code
    if wrong or at is None:
        return ResultRow(cells, None, wrong)
    kind = {"type": "resident_id"} if looks_like_resident_number(number) else {}
    data = {
        "identity": {**kind, "number": cells["document"]},
        "sample_id": cells["sample"],
        "sampled_at": at.isoformat(),
        "result": result,
    }
    return ResultRow(cells, data)


def _fault_of(given: str, number: str, today: date) -> str | None:
    """The code of the first thing that is wrong with a number, as the intake of reports names it; None:
    nothing.

    :param number: compact.
    """
    if spreadsheet_damage(given, number):
        return "identity_spreadsheet"
    if not looks_like_resident_number(number):
        if not 4 <= len(number) <= 30 or _NEARLY_RESIDENT.fullmatch(number):
            return "identity_length"
        return "identity_placeholder" if len(set(number)) == 1 else None
    if not check_character_fits(number):
        return "identity_checksum"
    born = birth_date_in(number)
    return None if born and in_a_lifetime(born, today) else "identity_birth_date"
