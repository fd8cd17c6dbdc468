"""The numbers of a text: buildings, gates, street numbers, and those inside a house (units, floors, rooms).

Only the number of a building or gate, or a street number, can prove that an address lies elsewhere, and only
against a listed number of the same series: `3号楼` says nothing against `A座`, for one tower may have both
names. A number inside a house (`2单元`, `15楼`, `1503室`) proves nothing: floors and units share lifts and
stairs, and rooms are often given without the house.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """What a number counts."""

    HOUSE = "house"  # 号楼, 栋, 幢, 座
    GATE = "gate"  # 门, in some cities the door of a staircase that is numbered like a house
    STREET = "street"  # 号, counted along a road, in a lane or village
    UNIT = "unit"  # 单元
    FLOOR = "floor"  # 层, and 楼 after digits


Numbers = Mapping[Kind, frozenset[str]]

_KINDS = {
    "号楼": Kind.HOUSE,
    "栋": Kind.HOUSE,
    "幢": Kind.HOUSE,
    "座": Kind.HOUSE,
    "楼": Kind.HOUSE,
    "单元": Kind.UNIT,
    "层": Kind.FLOOR,
    "门": Kind.GATE,
    "号": Kind.STREET,
}
_UNIT = (
    r"(?:号楼|单元|栋|幢|座|层|楼(?![上下层道梯中顶])|门(?![市面诊口店卫])"
    r"|号(?!地|大?院|线|机|码|门|店|铺|商铺|摊|档|室|房|车|厅|网格))"
)
_TENS = "一二三四五六七八九十"
_ONE = (
    r"第?(?:(?<![0-9A-Za-z])(?:[A-Za-z]{0,2}[0-9]{1,4}[A-Za-z]?(?![0-9])"
    r"|[A-Za-z]{1,2}(?=(?:[-~至到、,和及][A-Za-z]{1,2})*[座栋楼幢号]))|"
    rf"(?<![{_TENS}百千零〇])[{_TENS}]{{1,3}}(?=[号栋幢座]|单元))"
)
_TO = r"[-~至到]"
_SPAN = rf"{_ONE}(?:{_UNIT})?(?:{_TO}{_ONE}(?:{_UNIT})?)?"
NUMBER_LIST = re.compile(rf"{_SPAN}(?:[、,和及]{_SPAN})*")
_SPLIT_SPAN = re.compile(rf"({_ONE})({_UNIT})?(?:{_TO}({_ONE})({_UNIT})?)?")

# A number with 楼 is a floor. It is a building where a unit, gate or floor of its own follows, or 独栋.
_IS_BUILDING = re.compile(rf"独栋|[0-9{_TENS}]{{1,3}}(?:单元|门|层)")
_OPEN = "?"  # among listed numbers: more are meant than could be spelled out (43-59B栋)

# What may stand between a place's name and its house without making it another place.
_BETWEEN = re.compile(
    rf"(?:小区|社区|家园|家属[楼院区]|宿舍|[0-9A-Z{_TENS}东南西北中上下前后新老]{{1,2}}(?:区|期|组团|组|院)|[,、()第-])*"
)
_REACH = 24  # letters after a place's name in which its numbers stand


@dataclass(frozen=True, slots=True)
class Given:
    """The numbers that follow a place's name in an address.

    :param found: all of them.
    :param own: those that surely count houses of this place: no other name stands between.
    """

    found: Mapping[Kind, frozenset[str]]
    own: Mapping[Kind, frozenset[str]]

    def agrees(self, kind: Kind, listed: frozenset[str]) -> bool:
        """True if a listed number is among those of the address, and no other one of its series."""
        found = self.found.get(kind, frozenset())
        here = found & listed
        if not here or found == here:
            return bool(here)
        series = {_series(number) for number in listed}
        return not any(_series(number) in series for number in found - here)

    def is_among(self, kind: Kind, listed: frozenset[str]) -> bool:
        """True if the address has numbers of the kind that surely are the place's, all of them listed."""
        own = self.own.get(kind)
        return own is not None and own == self.found[kind] and own <= listed

    def contradicts(self, kind: Kind, listed: frozenset[str]) -> bool:
        """True if the address has a number of the same series, and none that is listed."""
        own = self.own.get(kind)
        if not own or _OPEN in listed or not listed.isdisjoint(self.found[kind]):
            return False
        series = {_series(number) for number in listed}
        return any(_series(number) in series for number in own)


def _series(number: str) -> str:
    """3 and 15 are of one series, A and B, A1 and A12, 47A and 47B; 3 and A are not."""
    return re.sub(r"[A-Z]+", "A", re.sub(r"[0-9]+", "0", number))


def numbers_after(text: str) -> Given:
    """The numbers in an address after a place's name. A number without a unit (`3-2-501`) counts nothing."""
    return _numbers_in(text[:_REACH])


@lru_cache(maxsize=10_000)
def _numbers_in(text: str) -> Given:
    """Kept, for many come from the same house of a listed place, and several rows list parts of a place."""
    found: dict[Kind, set[str]] = {}
    own: dict[Kind, set[str]] = {}
    goes_on = 0  # up to here nothing but numbers of this place was read
    for match in _SPLIT_SPAN.finditer(text):
        between = _BETWEEN.fullmatch(text, goes_on, match.start()) if goes_on >= 0 else None
        goes_on = match.end() if between else -1
        unit, number = match[2], _number(match[1])
        if unit is None or match[3] is not None:
            continue
        kind = _kind(unit, number, text, match.end())
        found.setdefault(kind, set()).add(number)
        # 15楼1503号 is a room, in 人民路阳光大厦12号 the number is not the road's.
        if between and (kind is not Kind.STREET or match.start() == 0):
            own.setdefault(kind, set()).add(number)
    return Given(_frozen(found), _frozen(own))


def read_list(text: str, start: int, end: int) -> dict[Kind, frozenset[str]]:
    """`41、43、45、47门` or `6号楼、8-10号楼`, which stand in a text from `start` to `end`.

    A number without a unit has that of the next one with one.
    """
    found: dict[Kind, set[str]] = {}
    waiting: list[str] = []
    for match in _SPLIT_SPAN.finditer(text, start, end):
        first, last, unit = match[1], match[3], match[4] or match[2]
        waiting += _range(_number(first), _number(last)) if last else [_number(first)]
        if unit:
            found.setdefault(_kind(unit, waiting[-1], text, match.end()), set()).update(waiting)
            waiting = []
    if Kind.HOUSE in found and Kind.STREET in found:  # 1号、2号、3号楼 are three houses
        found[Kind.HOUSE] |= found.pop(Kind.STREET)
    return _frozen(found)


def _frozen(found: Mapping[Kind, set[str]]) -> dict[Kind, frozenset[str]]:
    return {kind: frozenset(values) for kind, values in found.items()}


def _kind(unit: str, number: str, text: str, after: int) -> Kind:
    if unit == "楼" and number.isdigit() and not _IS_BUILDING.match(text, after):
        return Kind.FLOOR
    return _KINDS[unit]


_IN_RANGE = re.compile(r"([A-Z]*)([0-9]+)([A-Z]*)")


def _range(low: str, high: str) -> Iterator[str]:
    """5-7 → 5, 6, 7; A1-A3 → A1, A2, A3; B-D → B, C, D. Of another range both ends, and `?` for the rest."""
    one, other = _IN_RANGE.fullmatch(low), _IN_RANGE.fullmatch(high)
    if one and other and one[3] == other[3] and other[1] in ("", one[1]):
        first, last = int(one[2]), int(other[2])
        if first <= last <= first + 999:
            yield from (f"{one[1]}{n}{one[3]}" for n in range(first, last + 1))
            return
    elif len(low) == len(high) == 1 and "A" <= low <= high <= "Z":
        yield from (chr(n) for n in range(ord(low), ord(high) + 1))
        return
    yield from (low, high, _OPEN)


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}


def _number(text: str) -> str:
    """`第12` → 12, `十二` → 12, `007` → 7, `a座` → A."""
    text = text.removeprefix("第")
    if text.isascii():
        return text.lstrip("0").upper() or text
    if "十" in text:
        tens, _, ones = text.partition("十")
        return str(_DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0))
    return "".join(str(_DIGITS.get(c, c)) for c in text)
