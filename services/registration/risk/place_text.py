"""Published places as free text: the extent of a place in a risk list, and whether an address lies in it.

`尖山街红升里41、43、45、47门` names an estate and doors; `…除高风险区以外的其他区域` is an estate less what
is listed elsewhere; `…全域` is the whole of it. An address is free text too. Where the words do not decide,
the answer says so (`Answer.POSSIBLE`, `Answer.UNKNOWN`): nothing here may make a place safer by guessing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from services.registration.places.spelling import fold, plain, stem
from services.registration.risk.house_numbers import (
    NUMBER_LIST,
    Given,
    Kind,
    Numbers,
    numbers_after,
    read_list,
)


class Answer(IntEnum):
    """The answer to whether an address lies in a published place."""

    ELSEWHERE = 0  # the same place by name, but a house or door that is not among those listed
    UNKNOWN = 1  # only the county is the same
    REST = 2  # the area is "all of the county or street that is not listed otherwise"
    POSSIBLE = 3  # the same place by name; the detail that would decide is missing
    EXACT = 4


_RISK = r"(?:[上所]述|现|原|该)?[高中低、和]{0,12}风险(?:区域?|地区)?"
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


# Along a road, in a lane or village 号 counts houses; in an estate, tower or market it may be a room or shop.
_COUNTS_HOUSES = tuple("路街道巷弄里村寨庄屯同")


@dataclass(frozen=True, slots=True)
class _Named:
    """One named place of a text, with the houses and doors that are meant.

    :param excluded: what is excepted, clause by clause: all the numbers of a clause together name one thing.
    :param beside: the name that follows the numbers (南翔一路3号机场小区): it may have other numbers too.
    """

    name: str
    numbers: Numbers
    excluded: tuple[Numbers, ...] = ()
    partial: bool = False  # words narrow it in a way that is not understood, or names are excepted
    rest: bool = False  # a street or community less what is listed otherwise
    beside: str = ""

    def answer(self, address: str) -> Answer:
        at, best = address.find(self.name), Answer.UNKNOWN
        if at >= 0:
            best = self._answer_at(address, at)
            while best < Answer.POSSIBLE and (at := address.find(self.name, at + 1)) >= 0:
                best = max(best, self._answer_at(address, at))
        return best

    def _answer_at(self, address: str, at: int) -> Answer:
        given = numbers_after(address[at + len(self.name) :])
        if self._is_another_house(given) or any(self._is_excepted(one, given) for one in self.excluded):
            if self.beside and self.beside in address:
                return Answer.POSSIBLE
            return Answer.ELSEWHERE if _begins_a_name(address, at) else Answer.UNKNOWN
        if self.rest:
            return Answer.REST
        sure = (
            not self.partial
            and all(given.agrees(kind, wanted) for kind, wanted in self.numbers.items())
            and all(_is_outside(one, given) for one in self.excluded)
        )
        return Answer.EXACT if sure else Answer.POSSIBLE

    def _is_another_house(self, given: Given) -> bool:
        return any(
            self._proves(kind, self.numbers, given) and given.contradicts(kind, wanted)
            for kind, wanted in self.numbers.items()
        )

    def _is_excepted(self, unwanted: Numbers, given: Given) -> bool:
        return all(
            self._proves(kind, unwanted, given) and given.is_among(kind, values)
            for kind, values in unwanted.items()
        )

    def _proves(self, kind: Kind, listed: Numbers, given: Given) -> bool:
        """True if a number of this kind tells one house from another. What counts inside a house does not."""
        if kind is Kind.HOUSE:
            if Kind.STREET not in listed:  # 飞虹街12号3栋 is the third of number 12, not of the street
                return Kind.STREET not in given.found
            return len(listed[Kind.STREET]) == 1  # in 12号、14号5栋 all of number 12 is meant
        if kind is Kind.GATE:  # in 1号楼、2号楼3门 all of house 1 is meant
            return len(listed.get(Kind.HOUSE, ())) <= 1
        return kind is Kind.STREET and self.name.endswith(_COUNTS_HOUSES)


def _is_outside(unwanted: Numbers, given: Given) -> bool:
    return any(given.contradicts(kind, values) for kind, values in unwanted.items())


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
    ways = _ways_to_write(names)
    while text.startswith(ways):
        for known in ways:
            text = text.removeprefix(known)
    return text


@lru_cache(maxsize=10_000)
def _ways_to_write(names: tuple[str, ...]) -> tuple[str, ...]:
    """Each division name in full and short; addresses lie in few counties."""
    found: list[str] = []
    for name in names:
        full, short = plain(name).upper(), stem(plain(name)).upper()
        found += (full, *(short + kind for kind in ("省", "市", "州", "地区")), "巴州")
    return tuple(known for known in found if len(known) >= 2)


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
    name, numbers = "", dict[Kind, frozenset[str]]()
    for clause in _clauses(text):
        excluded: list[Numbers] = []
        partial = False
        whole, clause = clause, _BRACKETS.sub("", clause).replace("(", "").replace(")", "")
        for inside in _BRACKETS.findall(whole):
            if _EXCEPT.search(inside):
                partial |= _except(inside, clause, excluded)
            elif not inside.startswith(("含", "包含", "包括")):
                partial = True
        if inline := _INLINE_EXCEPT.search(clause):
            clause = clause[: inline.start()]
            partial |= _except(inline[1], clause, excluded)
        if not clause or _ANNEX.search(clause):
            continue
        head, own, tail = _name_and_numbers(clause)
        if head:
            core, broad = _core(head)
            if len(core) < 2:
                continue
            name, numbers = core, own
        elif name and own:
            if Kind.HOUSE in numbers and not own.keys() & {Kind.HOUSE, Kind.STREET}:
                own = {Kind.HOUSE: numbers[Kind.HOUSE], **own}
            numbers = own
            broad = False
        else:
            continue
        yield _Named(
            name,
            dict(numbers),
            tuple(excluded),
            partial or bool(_LOOSE.search(clause)) or (bool(tail) and not own),
            rest=less_listed and broad,
            beside=tail if len(tail) > 1 else "",
        )


def _clauses(text: str) -> Iterator[str]:
    """Split at commas and 和/及, but not inside brackets and not inside a list of numbers."""
    start, depth, position = 0, 0, 0
    listed = NUMBER_LIST.finditer(text)
    numbers = next(listed, None)
    while position < len(text):
        letter = text[position]
        depth += (letter == "(") - (letter == ")")
        while numbers and numbers.end() <= position:
            numbers = next(listed, None)
        inside = numbers is not None and numbers.start() < position
        if depth <= 0 and not inside and _SEPARATORS.match(text, position):
            yield text[start:position]
            start = position + 1
        position += 1
    yield text[start:]


_NAME_GOES_ON = tuple("期区组队巷弄")


def _name_and_numbers(clause: str) -> tuple[str, dict[Kind, frozenset[str]], str]:
    """`幸福家园10号楼1-5门` → name, {house: {10}, gate: {1…5}}, what follows."""
    head: str | None = None
    found: dict[Kind, frozenset[str]] = {}
    end = 0
    for match in NUMBER_LIST.finditer(clause):
        numbers = read_list(clause, match.start(), match.end())
        following = clause[match.end() : match.end() + 1]
        if not numbers or (head is not None and match.start() > end + 1):
            if head is None:
                continue
            break
        if head is None and (
            following in _NAME_GOES_ON
            or (match.start() == 0 and not match[0][0].isascii() and match.end() < len(clause))
        ):
            continue  # 3期, 5区; 二号桥街道
        if head is None:
            head = clause[: match.start()]
        for kind, values in numbers.items():
            found[kind] = found.get(kind, frozenset()) | values
        end = match.end()
    if head is None:
        return clause, {}, ""
    return head, found, clause[end:]


def _except(text: str, place: str, excluded: list[Numbers]) -> bool:
    """Add the excepted numbers of a place. True if anything else is excepted, which no address can prove."""
    unclear = False
    for clause in _clauses(_EXCEPT.sub("", text)):
        head, numbers, _ = _name_and_numbers(clause)
        if numbers and head in place:
            excluded.append(numbers)
        elif numbers or len(head) >= 3:
            unclear = True
    return unclear


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
