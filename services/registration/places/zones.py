"""Development zones by name: whole, customary and short ones, within the city that runs them.

郑州航空港经济综合实验区 is written 航空港区, 郑州经济技术开发区 is 经开区. A name is taken apart into its
core (净月, 稀土; often none) and its kind (高新, 经开, …), without the names of province and city at its
start; two names mean the same zone if both agree, or if the city has only one zone of that kind.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from services.registration.places.division_table.read_table import Zone
from services.registration.places.spelling import fold, plain, stem

# Kind: the ends of names that mean it, the longest first where one ends with the other.
_KINDS: Mapping[str, tuple[str, ...]] = {
    "高新": (
        "高新技术产业开发区", "高新技术产业园区", "高新技术开发区", "高技术产业开发区",
        "高新产业开发区", "新技术开发区", "高新产业园区", "高新技术园区", "高新开发区", "高新园区", "高新区",
    ),
    "经开": ("经济技术产业开发区", "经济技术开发区", "经济开发区", "经开区"),
    "航空港": (
        "航空港经济综合实验区", "航空港综合实验区", "航空港实验区", "航空港经济区", "航空港区",
    ),
    "综改": ("转型综合改革示范区", "综合改革示范区", "综改示范区", "综改区"),
    "示范": ("城乡一体化示范区", "一体化示范区", "示范区"),
    "实验": ("综合实验区", "综合试验区", "实验区", "试验区"),
    "合作": ("深度合作区", "特别合作区", "合作区"),
    "保税": ("综合保税区", "保税港区", "保税区", "综保区"),
    "度假": ("国家旅游度假区", "省级旅游度假区", "旅游度假区", "度假区"),
    "风景": ("生态旅游风景区", "风景名胜区", "旅游风景区", "风景区", "名胜区"),
    "管理": ("管理区管委会", "管理区"),
    "新区": ("新区管委会", "新区"),
    "新城": ("新城",),
    "园区": ("现代产业园区", "产业园区", "工业园区", "工业园", "产业园", "园区"),
    "开发": ("开发区管委会", "开发区"),
}  # fmt: skip
_KIND_AT_END = re.compile(
    "|".join(f"(?P<{kind}>{'|'.join(ends)})" for kind, ends in _KINDS.items()).join(("(?:", ")$"))
)
# 开发区 alone may mean a zone of either kind.
_DEVELOPMENT = frozenset({"经开", "高新", "开发"})
# These say which zone it is wherever they stand in an address of the city; 新区 or 园区 only at its start.
_TELLING = frozenset({"高新", "经开", "航空港", "综改"})
_STREET_END = re.compile(r"(?:街道办事处|街道服务中心|街道|办事处|管理处|[镇乡办])$")
_STREET_ENDS = "(?:街道|街办|办事处|管理处|镇|乡)"
_STATE = ("国家级", "国家")


def core_and_kind(name: str, before: Iterable[str]) -> tuple[str, str]:
    """
    :param name: plain (see `plain`).
    :param before: names of province and city that may stand at its start.
    :returns: kind "" if the name is of no kind that is known.
    """
    rest = without_names(name, before)
    found = _KIND_AT_END.search(rest)
    if found is None or found.lastgroup is None:
        return rest, ""
    return rest[: found.start()], found.lastgroup


def without_names(name: str, before: Iterable[str]) -> str:
    """Without what stands before the name proper, of which two characters at least are left."""
    known = [*before, *_STATE]
    changed = True
    while changed:
        changed = False
        for start in known:
            if start and name.startswith(start) and len(name) >= len(start) + 2:
                name, changed = name[len(start) :], True
    return name


def street_stem(name: str) -> str:
    """大鹏街道, 大鹏办事处 and 大鹏镇 are one: 大鹏. A name that would be one character stays whole."""
    short = _STREET_END.sub("", plain(name))
    return short if len(short) >= 2 else plain(name)


class Zones:
    """The zones of all cities, found by name within their city."""

    def __init__(self, zones: Iterable[Zone], names: Mapping[str, str]) -> None:
        """:param names: of provinces (2 digits) and cities (4 digits), by code."""
        self._names = names
        self._names_of: dict[Zone, tuple[str, ...]] = {}
        self._patterns: dict[Zone, re.Pattern[str] | None] = {}
        self._street_patterns: dict[Zone, re.Pattern[str] | None] = {}
        self.by_code: dict[str, Zone] = {}
        self._of_city: dict[str, list[Zone]] = defaultdict(list)
        self._hosted: dict[str, list[Zone]] = defaultdict(list)
        self._by_start: dict[str, list[tuple[str, Zone]]] = defaultdict(list)
        for zone in zones:
            if zone.code:
                self.by_code[zone.code] = zone
            self._of_city[zone.city].append(zone)
            for county in zone.counties:
                self._hosted[county].append(zone)
            for name in _given_names(zone):
                if len(name) >= 4:
                    self._by_start[name[:2]].append((name, zone))

    def around(self, code: str) -> tuple[str, ...]:
        """The counties in which a zone lies; the zones with a code that lie in a county."""
        zone = self.by_code.get(code)
        if zone is not None:
            return zone.counties
        return tuple(zone.code for zone in self._hosted.get(code, ()) if zone.code)

    def find(self, prefix: str, name: str) -> Zone | None:
        """The zone of a city (4 digits) or province (2) that a row names; None if several may be meant.

        :param name: plain.
        """
        if not name:
            return None
        zones = [zone for city in self._cities(prefix) for zone in self._of_city[city]]
        whole = self._whole_names if len(prefix) == 4 else _given_names
        exact = [zone for zone in zones if name in whole(zone)]
        if exact:
            return exact[0] if len(exact) == 1 else None
        core, kind = core_and_kind(name, self._before(prefix))
        taken = [(zone, *self._core_and_kind(zone)) for zone in zones]
        same = [zone for zone, its_core, its_kind in taken if its_core == core and _agree(its_kind, kind)]
        if len(prefix) < 4 and not core:
            return None
        if not same and not core:
            same = [zone for zone, _, its_kind in taken if its_kind == kind]
        if len(same) > 1 and kind == "开发":  # 开发区 alone is the economic one
            same = [zone for zone in same if self._core_and_kind(zone)[1] == "经开"]
        return same[0] if len(same) == 1 else None

    def named(self, city: str, name: str) -> Zone | None:
        """A zone that no table knows, by the name that a row gives it; None if that is no zone's name."""
        kind = core_and_kind(plain(name), self._before(city))[1]
        return Zone("", city, name) if kind else None

    def at_start(self, prefix: str, text: str) -> tuple[Zone, str] | None:
        """The zone with which the text goes on after its city (4 digits) or province (2), and what follows.

        Within a province, or nowhere (""), only by a name that no other zone has.
        """
        if len(prefix) == 4:
            known = ((name, zone) for zone in self._of_city.get(prefix, ()) for name in self.names_of(zone))
        else:
            known = (pair for pair in self._by_start.get(text[:2], ()) if pair[1].city.startswith(prefix))
        found = [(len(name), zone) for name, zone in known if text.startswith(name)]
        longest = max((length for length, _ in found), default=0)
        best = {zone for length, zone in found if length == longest}
        return (best.pop(), text[longest:]) if len(best) == 1 else None

    def names_of(self, zone: Zone) -> tuple[str, ...]:
        """All names that mean it within its city, plain, the longest first."""
        names = self._names_of.get(zone)
        if names is None:
            before = self._before(zone.city)
            names = self._names_of[zone] = _names_of(zone, before, self._siblings(zone))
        return names

    def is_named_in(self, zone: Zone, address: str) -> bool:
        """:param address: folded, without province, city and county at its start."""
        if zone not in self._patterns:
            self._patterns[zone] = _pattern(self.names_of(zone), self._siblings(zone))
        pattern = self._patterns[zone]
        return pattern is not None and pattern.search(address) is not None

    def streets_of(self, zone: Zone) -> tuple[str, ...]:
        """Names of its streets and towns, without the zone's own before them (南阳高新区张衡街道)."""
        before = (*self._before(zone.city), *self.names_of(zone))
        parts = (part for name in zone.streets() for part in re.split(r"[()（）]", name) if part)
        return tuple(without_names(plain(part), before) for part in parts)

    def has_street_in(self, zone: Zone, address: str) -> bool:
        """:param address: folded, without province, city and county at its start."""
        if zone not in self._street_patterns:
            self._street_patterns[zone] = _street_pattern(self.streets_of(zone))
        pattern = self._street_patterns[zone]
        return pattern is not None and pattern.search(address) is not None

    def _cities(self, prefix: str) -> Sequence[str]:
        if len(prefix) == 4:
            return (prefix,) if prefix in self._of_city else ()
        return [city for city in self._of_city if city.startswith(prefix)]

    def _before(self, prefix: str) -> tuple[str, ...]:
        """Names of province and city, in full and short, as they stand at the start of a zone's name."""
        names = (plain(self._names.get(prefix[:length], "")) for length in (2, 4) if len(prefix) >= length)
        return tuple(form for name in names if name for form in (name, stem(name)))

    def _whole_names(self, zone: Zone) -> frozenset[str]:
        return _whole_names(zone, self._before(zone.city))

    def _core_and_kind(self, zone: Zone) -> tuple[str, str]:
        return core_and_kind(plain(zone.name), self._before(zone.city))

    def _siblings(self, zone: Zone) -> tuple[tuple[str, str], ...]:
        """Core and kind of the other zones of its city."""
        return tuple(self._core_and_kind(one) for one in self._of_city.get(zone.city, ()) if one != zone)


def _agree(one: str, other: str) -> bool:
    """True if two kinds may be one; a name without a kind (汉沽) is of any."""
    if not one or not other or one == other:
        return True
    return "开发" in (one, other) and {one, other} <= _DEVELOPMENT


@lru_cache(maxsize=1000)
def _given_names(zone: Zone) -> frozenset[str]:
    return frozenset(plain(name) for name in (zone.name, *zone.other_names) if name)


@lru_cache(maxsize=1000)
def _whole_names(zone: Zone, before: tuple[str, ...]) -> frozenset[str]:
    """With its name less those of province and city."""
    return _given_names(zone) | {without_names(plain(zone.name), before)}


@lru_cache(maxsize=1000)
def _names_of(zone: Zone, before: tuple[str, ...], siblings: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    names = set(_whole_names(zone, before))
    core, kind = core_and_kind(plain(zone.name), before)
    if kind:
        cores = [core] if core or (core, kind) in siblings else [""]
        if core and all(its_kind != kind for _, its_kind in siblings):
            cores.append("")
        starts = ("", *before)
        names.update(f"{start}{core}{end}" for start in starts for core in cores for end in _ends(kind))
    return tuple(sorted((name for name in names if len(name) >= 2), key=lambda name: (-len(name), name)))


def _ends(kind: str) -> tuple[str, ...]:
    return (*_KINDS[kind], "开发区") if kind in _DEVELOPMENT else _KINDS[kind]


def _pattern(names: Sequence[str], siblings: Sequence[tuple[str, str]]) -> re.Pattern[str] | None:
    """Finds the zone's name in an address: what tells by itself anywhere, 新区 or 园区 only at the start."""
    bare = {end: kind for kind in _KINDS for end in _ends(kind)}
    others = [core for core, _ in siblings if core]
    not_after = "".join(f"(?<!{re.escape(core)})" for core in others)
    anywhere, start = [], []
    for name in names:
        text = re.escape(fold(name))
        if name in bare and (bare[name] not in _TELLING or name == "开发区"):
            start.append(text)
        elif name in bare:
            anywhere.append(not_after + text)
        elif len(name) >= 3:
            anywhere.append(text)
        else:
            start.append(text)
    parts = [part for part in ("|".join(anywhere), f"^(?:{'|'.join(start)})" if start else "") if part]
    return re.compile("|".join(parts)) if parts else None


def _street_pattern(names: Sequence[str]) -> re.Pattern[str] | None:
    """Whether it is written 街道, 办事处, 镇 or 乡.

    Some zones have farms, parks and offices in a street's place: those only as they are written.
    """
    names = [fold(name) for name in names if len(name) > 2]
    stems = {re.escape(fold(street_stem(name))) for name in names if _STREET_END.search(name)}
    forms = sorted({re.escape(name) for name in names}, key=len, reverse=True)
    if stems:
        forms.append(f"(?:{'|'.join(sorted(stems))}){_STREET_ENDS}")
    return re.compile("|".join(forms)) if forms else None
