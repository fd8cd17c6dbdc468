"""What an address says of a door: building, unit, floor, room. Pure.

Addresses are what people wrote, in many ways.
"""

from __future__ import annotations

import re
import string
import unicodedata
from dataclasses import dataclass
from typing import Final

_MOST: Final = 400
"""Characters that are looked at; an address has at most 200."""

_DIGITS: Final = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_N: Final = (
    r"([a-z甲乙丙丁东南西北中]?[0-9]+[a-z]?"
    r"|[零〇一二三四五六七八九十百两]+|(?<![a-z])[a-z]|[甲乙丙丁东南西北中])"
)


@dataclass(frozen=True, slots=True)
class _End:
    """How an address may end.

    :param marks: it ends with one of them: to look at that takes a tenth of a search in vain.
    """

    pattern: re.Pattern[str]
    marks: tuple[str, ...]

    def search(self, text: str) -> re.Match[str] | None:
        return self.pattern.search(text) if text.endswith(self.marks) else None


def _end(number: str, *marks: str) -> _End:
    return _End(re.compile(f"{number}(?:{'|'.join(marks)})$"), marks)


_READABLE: Final = string.digits + string.ascii_lowercase + "室房户元门楼层栋幢座号#"
_READABLE_END: Final = frozenset(_READABLE + "(")
_UNREADABLE_END: Final = re.compile(rf"(?:\([^()]*\)|[^{_READABLE}()])+$")
_DASHED: Final = re.compile(r"([0-9]+[a-z]?|[a-z])[-—–]([0-9]+)[-—–]([0-9]+)(?:室|号)?$")
_ROOM: Final = _end("([0-9]+[a-z]?|[东南西北中左右])", "室", "房", "户")
_ROOM_BEHIND: Final = re.compile(r"(?<=[元门楼层栋幢座院号#])([0-9]+[a-z]?)号?$")
_FLOOR: Final = _end("(地下|负|-)?" + _N, "楼", "层")
_UNIT: Final = _end(_N, "单元", "门")
_BUILDING: Final = _end(_N, "号楼", "号院", "#楼", "号", "栋", "幢", "座", "楼", "#")
_TELLS: Final = re.compile(
    r"[^\w#]|[0-9]{6}|[0-9][a-z]?(?:室|房|户)|单元|家[里中的]?$|宅$|先生|女士|小姐|师傅|阿姨|大爷"
    r"|隔离|方舱|密接|阳性|确诊|病|[医诊]|防治|疾控|艾滋|结核|肝炎|精神|戒毒|康复|疗养|残|福利|救助|养老|敬老|监狱|看守|拘",
    re.IGNORECASE,
)
"""What stands before a building is not only an estate's name: it has a link, a phone or a door, or it says
whose home it is, or that people there are ill, old, poor or locked up.
"""
_LONG_NUMBER: Final = re.compile(r"[0-9]{6}")
_ABOVE: Final = re.compile(
    r"^.*(?:街道|社区|居委会|村委会)|^(?:.{2,3}省)?.{2,4}?市.{1,6}?(?<![小社园])[区县]"
)
_LONGEST: Final = 20


@dataclass(frozen=True, slots=True)
class Door:
    """What an address says of a door, in small letters, half-width digits, without spaces.

    :param estate: what stands before the building: street, community, estate; all where nothing can be read.
    :param building: "3", "a", "甲3"; "" where none is named. Likewise unit and room.
    :param floor: of 负1层 it is -1; read off the room where it is not named: 1203 is on floor 12.
    :param rest: what stands behind the door and could not be read.
    """

    estate: str
    building: str
    unit: str
    floor: int | None
    room: str
    rest: str


def read_door(address: str) -> Door:
    """Read it from its end, where the room stands."""
    return _read(_squeezed(address).lower())[0]


def building_of(address: str) -> str | None:
    """The way to the building, in at most 20 characters, which says of no door in it: street or estate and
    number. Of a house that is one door itself, what stands before its number. Where that says more than a
    place, the building alone. None where it cannot be read.
    """
    text = _squeezed(address)
    small = text.lower()
    if len(small) != len(text):
        text = small
    door, end = _read(small)
    estate, building = text[: len(door.estate)], text[len(door.estate) : end]
    if not door.building or _LONG_NUMBER.search(building):
        return None
    one_door = building.endswith("号") and not (door.unit or door.room or door.floor is not None)
    above = _ABOVE.match(estate)
    if above and above.end() < len(estate):
        estate = estate[above.end() :]
    if _TELLS.search(estate):
        estate = ""
        if not _BUILDING.search(building.lower()):  # of 5-2-1201: 5 alone says nothing
            return None
    found = estate if one_door else estate + building
    return (found if len(found) <= _LONGEST else f"…{found[1 - _LONGEST :]}") or None


def _squeezed(address: str) -> str:
    return "".join(unicodedata.normalize("NFKC", address[:_MOST]).split())


def _read(text: str) -> tuple[Door, int]:
    """The door, and where its building ends in the text."""
    whole = text
    rest = ""
    if text[-1:] not in _READABLE_END and (end := _UNREADABLE_END.search(text)):
        text, rest = text[: end.start()], end[0]
    if dashed := _DASHED.search(text):
        building, unit, room = dashed.groups()
        door = Door(text[: dashed.start()], building, unit, _floor_of(room), room, rest)
        return door, dashed.end(1)
    left, room = _take(_ROOM, text)
    if not room:
        left, room = _take(_ROOM_BEHIND, text)
    floor = _FLOOR.search(left)
    before_floor = left[: floor.start()] if floor else left
    left_of_unit, unit = _take(_UNIT, before_floor)
    built = left_of_unit
    estate, building = _take(_BUILDING, built)
    if floor and not building and (unit or not room) and not floor[1]:  # 4楼 alone is a building
        floor, built = None, left
        estate, building = _take(_BUILDING, built)
        unit = ""
    if not (building or unit or floor or room):
        return Door(whole, "", "", None, "", ""), len(whole)
    return Door(estate, building, unit, _floor(floor) if floor else _floor_of(room), room, rest), len(built)


def _take(pattern: _End | re.Pattern[str], text: str) -> tuple[str, str]:
    """What is left of the text, and the number that stood at its end."""
    found = pattern.search(text)
    return (text[: found.start()], _plain(found[1])) if found else (text, "")


def _plain(number: str) -> str:
    """Chinese numerals below a thousand, and leading noughts, as they are spoken: 十二 and 012 are 12."""
    if number.isascii() or not set(number) <= set(_DIGITS) | {"十", "百"}:
        return number.lstrip("0") or number
    if not {"十", "百"} & set(number):
        return str(int("".join(str(_DIGITS[digit]) for digit in number)))
    total = digit = 0
    for character in number:
        if character in "十百":
            total += max(digit, 1) * (10 if character == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS[character]
    return str(total + digit)


def _floor(found: re.Match[str]) -> int | None:
    number = _plain(found[2])
    if not number.isdecimal():
        return None
    return -int(number) if found[1] else int(number)


def _floor_of(room: str) -> int | None:
    """Of 502 it is 5, of 1203 it is 12; of 5 nobody knows."""
    digits = room.rstrip(string.ascii_lowercase)
    return int(digits[:-2]) if digits.isdecimal() and len(digits) in (3, 4) else None
