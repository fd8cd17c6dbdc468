"""Published places as free text: the extent of a place in a risk list, and whether an address lies in it.

`尖山街红升里41、43、45、47门` names an estate and doors; `…除高风险区以外的其他区域` is an estate less what
is listed elsewhere; `…全域` is the whole of it. An address is free text too. Where the words do not decide,
the answer says so (`Answer.POSSIBLE`, `Answer.UNKNOWN`): nothing here may make a place safer by guessing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from services.registration.places.spelling import fold, plain, stem


class Answer(IntEnum):
    """The answer to whether an address lies in a published place."""

    ELSEWHERE = 0  # the same place by name, but a house or door that is not among those listed
    UNKNOWN = 1  # only the county is the same
    REST = 2  # the area is "all of the county or street that is not listed otherwise"
    POSSIBLE = 3  # the same place by name; the detail that would decide is missing
    EXACT = 4


Numbers = Mapping[str, frozenset[str]]

_HOUSE, _DOOR, _NUMBER = "house", "door", "number"
_UNITS = {
    "号楼": _HOUSE,
    "栋": _HOUSE,
    "幢": _HOUSE,
    "座": _HOUSE,
    "楼": _HOUSE,
    "单元": _DOOR,
    "门": _DOOR,
    "号": _NUMBER,
}
_UNIT = r"(?:号楼|单元|栋|幢|座|楼(?![上下层道梯中顶])|门(?![市面诊口店卫])|号(?!地|大?院|线|机|码))"
_ONE = (
    r"第?(?:[A-Za-z]?\d{1,4}[A-Za-z]?|[A-Za-z](?=[座栋楼幢号])|"
    r"[一二三四五六七八九十]{1,3}(?=[号栋幢座]|单元))"
)
_SPAN = rf"{_ONE}(?:{_UNIT})?(?:[-~至到]{_ONE}(?:{_UNIT})?)?"
_NUMBER_LIST = re.compile(rf"{_SPAN}(?:[、,和及]{_SPAN})*")
_SPLIT_SPAN = re.compile(rf"({_ONE})({_UNIT})?(?:[-~至到]({_ONE})({_UNIT})?)?")

_RISK = r"(?:[上所]述|现|原|该)?[高中低、和]*风险(?:区域?|地区)?"
_EXCEPT_RISK = re.compile(
    rf"除?(?:[^、,()除]{{0,8}}?){_RISK}(?:、[^()]{{1,20}})?(?:之外|以外|除外|外)?(?:的)?"
)
_REST = re.compile(r"(?:的)?其[他它余](?:所有|全部)?(?:区域|地区|部分|地方)?(?:为低风险区)?$")
_WHOLE = re.compile(r"(?:全域|全部区域|全境|全部|整体|范围内|辖区内?|所有区域)$")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_EXCEPT = re.compile(r"^(?:除|不含|不包含|不包括)|除外$|外$")
_INLINE_EXCEPT = re.compile(
    r"(?:除|不含|不包含|不包括)([^()]+?)(?:以外|之外|外)?(?:的)?(?:其[他它余])?(?:区域|地区)?$"
)
_ANNEX = re.compile(
    r"^(?:其|其它|其他|以及|与)?(?:\d+(?:单元|号楼|栋))?(?:附属|周边|外围|底商|商铺|楼下|所在|门市|车库|门面|一楼商)"
)
_LOOSE = re.compile(r"合围|围合|区域$|以[东南西北]|[东南西北]至|附近|沿线|片区|两侧|部分|部位|闭环")

_STREET = re.compile(r"^[^\d]{1,8}?(?:街道办事处|街道|办事处|镇|乡|苏木|团场)")
_SHORT_STREET = re.compile(r"^[^\d]{2,5}?街(?=[^\d道]{2})")
_COMMUNITY = re.compile(r"^[^\d]{1,10}?(?:社区居委会|社区|居委会|村委会|行政村)")
_SEPARATORS = re.compile(r"[、,;]|(?<=[)楼门栋号幢座元域])[和及]")
# Words that name no place by themselves.
_GENERIC = re.compile(r"^(?:社区|小区|[大全]?区域?|家园|家属[楼院区]|宿舍楼?|公寓|市场|村|独栋|商铺|楼|院)$")


@dataclass(frozen=True, slots=True)
class _Named:
    """One named place of a text, with the houses and doors that are meant."""

    name: str
    numbers: Numbers
    excluded: Numbers = field(default_factory=dict)
    not_named: tuple[str, ...] = ()
    partial: bool = False  # words narrow it in a way that is not understood
    rest: bool = False  # a street or community less what is listed otherwise

    def answer(self, address: str) -> Answer:
        at = address.find(self.name)
        if at < 0:
            return Answer.UNKNOWN
        if any(name in address for name in self.not_named):
            return Answer.ELSEWHERE
        given = first_numbers(address[at + len(self.name) :])
        sure = not self.partial
        for kind, wanted in self.numbers.items():
            if kind not in given:
                sure = False
            elif not given[kind] <= wanted:
                return Answer.ELSEWHERE if _begins_a_name(address, at) else Answer.UNKNOWN
        for kind, unwanted in self.excluded.items():
            if kind not in given:
                sure = False
            elif given[kind] <= unwanted:
                return Answer.ELSEWHERE
        if self.rest:
            return Answer.REST
        return Answer.EXACT if sure else Answer.POSSIBLE


def _begins_a_name(address: str, at: int) -> bool:
    """True if the name stands by itself: in 新幸福小区, 幸福小区 does not."""
    return at == 0 or address[at - 1] in "街道镇乡区村社委处路巷省市县州盟旗场号,、-)"


@dataclass(frozen=True, slots=True)
class PlaceText:
    """A published place, read once and compared with many addresses."""

    text: str
    named: tuple[_Named, ...]
    whole_county: bool
    rest_of_county: bool

    def answer(self, address: str) -> Answer:
        """:param address: folded (see `fold`)."""
        if self.whole_county:
            return Answer.REST if self.rest_of_county else Answer.EXACT
        if not address:
            return Answer.UNKNOWN
        answers = [named.answer(address) for named in self.named]
        # Several places in one row: in any of them is in the row; elsewhere only if no other could hold it.
        best = max(answers, default=Answer.UNKNOWN)
        if best is Answer.UNKNOWN and Answer.ELSEWHERE in answers:
            return Answer.ELSEWHERE
        return best


def first_numbers(text: str) -> dict[str, frozenset[str]]:
    """House, door and street number that follow a place's name in an address; the first of each kind."""
    found: dict[str, frozenset[str]] = {}
    for match in _SPLIT_SPAN.finditer(text[:24]):
        unit = match[2]
        if unit and match[3] is None and _UNITS[unit] not in found:
            found[_UNITS[unit]] = frozenset((_number(match[1]),))
    return found


def read_place(text: str, *, division_names: tuple[str, ...] = ()) -> PlaceText:
    """Read a published place.

    :param division_names: province, city and county as the row names them: said again at the start of the
        text, they mean nothing.
    """
    rest = strip_names(fold(text), division_names)
    rest, less_listed = _take_out_risk_clause(rest)
    if _WHOLE.search(rest):
        rest = _WHOLE.sub("", rest)
    elif less_listed and rest.endswith(("区域", "地区")) and not _REST.search(rest):
        rest = rest[:-2]
    elif _REST.search(rest):
        rest, less_listed = _REST.sub("", rest), True
    rest = strip_names(rest, division_names).strip(",、的")
    if not rest or any(stem(plain(rest)) == stem(plain(name)) for name in division_names if name):
        return PlaceText(text, (), whole_county=True, rest_of_county=less_listed)
    return PlaceText(text, tuple(_named_places(rest, less_listed)), False, False)


def strip_names(text: str, names: tuple[str, ...]) -> str:
    """Without the division names at the start, in full or short (伊犁州伊宁市…)."""
    changed = True
    while changed and text:
        changed = False
        for name in names:
            full, short = plain(name).upper(), stem(plain(name)).upper()
            for known in (full, *(short + kind for kind in ("省", "市", "州", "地区")), "巴州"):
                if len(known) >= 2 and text.startswith(known):
                    text, changed = text[len(known) :], True
    return text


def _take_out_risk_clause(text: str) -> tuple[str, bool]:
    """Without `除高风险区以外的`, with or without brackets, and whether it stood there."""
    if "风险" not in text:
        return text, False
    bare = _BRACKETS.sub(lambda m: "" if "风险" in m[1] else m[0], text)
    if bare != text:
        text = bare
    if "风险" in text:
        text = _EXCEPT_RISK.sub("", text)
    return text, True


def _named_places(text: str, less_listed: bool) -> Iterator[_Named]:
    name, numbers = "", {}
    for clause in _clauses(text):
        excluded: dict[str, set[str]] = {}
        not_named: list[str] = []
        partial = False
        for inside in _BRACKETS.findall(clause):
            if _EXCEPT.search(inside):
                _exclude(inside, excluded, not_named)
                partial = partial or bool(not_named)
            elif not inside.startswith(("含", "包含", "包括")):
                partial = True
        clause = _BRACKETS.sub("", clause).replace("(", "").replace(")", "")
        if inline := _INLINE_EXCEPT.search(clause):
            _exclude(inline[1], excluded, not_named)
            partial = partial or bool(not_named)
            clause = clause[: inline.start()]
        if not clause or _ANNEX.search(clause):
            continue
        head, own, tail = _name_and_numbers(clause)
        if head:
            core, broad = _core(head)
            if len(core) < 2:
                continue
            name, numbers = core, own
        elif name and own:
            kept = numbers if _DOOR in own and _HOUSE not in own else {}
            numbers = {**{k: v for k, v in kept.items() if k == _HOUSE}, **own}
            broad = False
        else:
            continue
        yield _Named(
            name,
            dict(numbers),
            {kind: frozenset(values) for kind, values in excluded.items()},
            tuple(not_named),
            partial or bool(_LOOSE.search(clause)) or (bool(tail) and not own),
            rest=less_listed and broad,
        )


def _clauses(text: str) -> Iterator[str]:
    """Split at commas and 和/及, but not inside brackets and not inside a list of numbers."""
    start, depth, position = 0, 0, 0
    listed = [(m.start(), m.end()) for m in _NUMBER_LIST.finditer(text)]
    while position < len(text):
        letter = text[position]
        depth += (letter == "(") - (letter == ")")
        inside = any(a < position < b for a, b in listed)
        if depth <= 0 and not inside and _SEPARATORS.match(text, position):
            yield text[start:position]
            start = position + 1
        position += 1
    yield text[start:]


_NAME_GOES_ON = tuple("期区组队巷弄")


def _name_and_numbers(clause: str) -> tuple[str, dict[str, frozenset[str]], str]:
    """`幸福家园10号楼1-5门` → name, {house: {10}, door: {1…5}}, what follows."""
    head: str | None = None
    found: dict[str, set[str]] = {}
    end = 0
    for match in _NUMBER_LIST.finditer(clause):
        kinds = _read_list(match[0])
        following = clause[match.end() : match.end() + 1]
        if kinds is None or (head is not None and match.start() > end + 1):
            if head is None:
                continue
            break
        if head is None and (
            following in _NAME_GOES_ON or (match.start() == 0 and not match[0][0].isascii())
        ):
            continue  # 3期, 5区; 二号桥街道
        if head is None:
            head = clause[: match.start()]
        for kind, values in kinds.items():
            found.setdefault(kind, set()).update(values)
        end = match.end()
    if head is None:
        return clause, {}, ""
    return head, {kind: frozenset(values) for kind, values in found.items()}, clause[end:]


def _read_list(text: str) -> dict[str, set[str]] | None:
    """`41、43、45、47门` or `6号楼、8-10号楼`. A number without a unit has that of the next one with one."""
    found: dict[str, set[str]] = {}
    waiting: list[str] = []
    for match in _SPLIT_SPAN.finditer(text):
        first, last, unit = match[1], match[3], match[4] or match[2]
        waiting += _range(first, last) if last else [_number(first)]
        if unit:
            found.setdefault(_UNITS[unit], set()).update(waiting)
            waiting = []
    return found or None


def _range(first: str, last: str) -> list[str]:
    low, high = _number(first), _number(last)
    if low.isdigit() and high.isdigit() and int(low) <= int(high) <= int(low) + 999:
        return [str(n) for n in range(int(low), int(high) + 1)]
    return [low, high]


_DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")}


def _number(text: str) -> str:
    """`第12` → 12, `十二` → 12, `007` → 7; letters and digits of other scripts stay."""
    text = text.removeprefix("第")
    if text.isascii():
        return text.lstrip("0") or text
    if "十" in text:
        tens, _, ones = text.partition("十")
        return str(_DIGITS.get(tens, 1) * 10 + _DIGITS.get(ones, 0))
    return "".join(str(_DIGITS.get(c, c)) for c in text)


def _exclude(text: str, numbers: dict[str, set[str]], names: list[str]) -> None:
    text = _EXCEPT.sub("", text)
    for clause in _clauses(text):
        head, own, _ = _name_and_numbers(clause)
        for kind, values in own.items():
            numbers.setdefault(kind, set()).update(values)
        if not own and len(head) >= 3:
            names.append(head)


def _core(name: str) -> tuple[str, bool]:
    """The most telling part of a place's name, and whether it is no more than a street or community."""
    rest, last = name, ""
    for level in (_STREET, _SHORT_STREET, _COMMUNITY):
        if match := level.match(rest):
            if level is _SHORT_STREET and last:
                continue
            last, rest = match[0], rest[match.end() :]
    rest = rest.strip("-~的第")
    if len(rest) >= 2 and not _GENERIC.match(rest):
        return rest, False
    return last or name, True
