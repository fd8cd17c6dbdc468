"""A register of residents out of a spreadsheet, line by line, and what is wrong with which. Pure."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from field.sent_tables import header_cell, iso_day, plain_cell, separator_of

COLUMNS: Final = (
    *("name", "phone", "building", "unit", "floor", "room"),
    *("identity_number", "birth_date", "cannot_walk"),
)
"""In the order in which they stand where the first line names none."""
MOST: Final = 10_000
"""Lines of one register."""
_NAMES: Final[Mapping[str, str]] = {
    **{name: name for name in COLUMNS},
    **dict.fromkeys(("姓名", "名字"), "name"),
    **dict.fromkeys(("电话", "手机", "手机号", "联系电话", "telephone"), "phone"),
    **dict.fromkeys(("楼栋", "楼号", "楼", "楼院", "小区楼栋"), "building"),
    **dict.fromkeys(("单元", "单元号"), "unit"),
    **dict.fromkeys(("楼层", "层"), "floor"),
    **dict.fromkeys(("房号", "室", "门牌", "房间号", "door"), "room"),
    **dict.fromkeys(
        ("证件号码", "证件号", "身份证号", "身份证号码", "身份证", "document"), "identity_number"
    ),
    **dict.fromkeys(("出生日期", "生日", "born", "birth date"), "birth_date"),
    **dict.fromkeys(("行动不便", "不能行走", "cannot walk"), "cannot_walk"),
}
"""What people call the columns."""
_YES: Final = frozenset({"yes", "y", "x", "1", "是", "√", "有"})
_NO: Final = frozenset({"", "no", "n", "0", "否", "无"})
_LONGEST_LINE: Final = 10_000
"""Characters; nothing that is longer is a row of a register."""
_LONGEST: Final[Mapping[str, int]] = {
    **{"name": 100, "phone": 30, "building": 60, "unit": 10, "floor": 10, "room": 10},
    **{"identity_number": 40, "birth_date": 40, "cannot_walk": 40},
}


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """
    :param number: of the line as it was pasted, from 1, empty ones counted.
    :param data: a person of `round_register.given`; None where something is wrong.
    :param wrong: column -> the code of what is wrong with it.
    """

    number: int
    text: str
    data: Mapping[str, Any] | None
    wrong: Mapping[str, str] = field(default_factory=dict)


def read_register(text: str, *, first: int = 1, head: str | None = None) -> list[RegisterLine]:
    """Each line that has any cell. A line is a row, whatever is quoted in it; columns that nobody knows are
    left out.

    :param first: the number of the first line of the text.
    :param head: the first line of the register of which this is the rest; None: it is the whole.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=first) if line.strip()]
    if not lines:
        return []
    begins = lines[0][1] if head is None else head
    between, heads = _between(begins), _heads(begins)
    named: Sequence[str] = heads or COLUMNS
    if heads and head is None:
        lines = lines[1:]
    found = []
    for number, line in lines:
        if len(line) > _LONGEST_LINE:
            found.append(RegisterLine(number, line, None, {"name": "long"}))
            continue
        cells = {
            name: plain_cell(cell) for name, cell in zip(named, _cells(line, between), strict=False) if name
        }
        if any(cells.values()):
            found.append(_read(number, line, {name: cells.get(name, "") for name in COLUMNS}))
    return found


def headings(text: str) -> str:
    """The line of headings, as it was pasted; "" where there is none."""
    first = first_line(text)
    return first if _heads(first) else ""


def first_line(text: str) -> str:
    """The first line that is not empty; "" where there is none."""
    return next((line for line in text.splitlines() if line.strip()), "")


def _heads(line: str) -> list[str]:
    """What each column is, "" where nobody knows; empty where the line names none."""
    named = [_NAMES.get(header_cell(cell), "") for cell in _cells(line, _between(line))]
    return named if any(named) else []


def _between(first: str) -> str:
    return "\t" if "\t" in first else separator_of(first, _NAMES)


def _cells(line: str, between: str) -> list[str]:
    """A quote that nobody closes must swallow no other line. Between tabs quotes are characters as others."""
    line = line[:_LONGEST_LINE]  # of a longer cell the parser says that it is none
    return line.split("\t") if between == "\t" else next(csv.reader([line], delimiter=between))


def _read(number: int, text: str, cells: Mapping[str, str]) -> RegisterLine:
    wrong = {name: "long" for name, most in _LONGEST.items() if len(cells[name]) > most}
    if not cells["name"]:
        wrong["name"] = "missing"
    if not cells["building"] and not cells["room"]:
        wrong["building"] = "no_door"
    unable = header_cell(cells["cannot_walk"])
    if unable not in _YES | _NO:
        wrong["cannot_walk"] = "no_flag"
    born = iso_day(cells["birth_date"])
    if born and not _is_day(born):
        wrong["birth_date"] = "no_day"
    if wrong:
        return RegisterLine(number, text, None, wrong)
    said: dict[str, Any] = {name: value for name, value in cells.items() if value}
    said |= {"line": number, "cannot_walk": unable in _YES}
    return RegisterLine(number, text, said | ({"birth_date": born} if born else {}))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == len("2022-10-01")
