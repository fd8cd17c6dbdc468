"""Administrative divisions of China: the codes there are, and the code of a written place.

The table is python-stdnum's (`stdnum/cn/loc.dat`): provinces and counties with the years in which each
code was in use, so that codes of merged and renamed counties are known too. Street and community codes
(9 and 12 digits) are not in it; they are accepted when the county they begin with is known.

Development zones are places like counties (`division_table/zones.csv`), and so are their codes (`4101 73`):
to those who write codes a zone is no part of a county, though it lies in some. A zone without a code is known
by its city and name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Literal

from services.registration.places.division_table.read_table import Zone, areas_below, read_zones, streets_of
from services.registration.places.spelling import SELF_GOVERNED, plain, stem
from services.registration.places.zones import Zones, street_stem, without_names

Level = Literal["county", "zone", "city", "province", "nowhere"]

# Codes in use since the table was last written, and codes that lists and the statistics bureau write
# otherwise.
# 330113/330114: State Council reply of 2021-03-11 on Hangzhou; 6202: Jiayuguan has no districts, the bureau
# writes 620201; 6328: Dachaidan; 65: the corps' younger cities.
_SUPPLEMENT = {
    "330113": "临平区", "330114": "钱塘区", "620201": "嘉峪关市",
    "460321": "西沙群岛", "460322": "南沙群岛", "460323": "中沙群岛的岛礁及其海域",
    "632857": "大柴旦行政委员会",
    "659010": "胡杨河市", "659011": "新星市", "659012": "白杨市",
    "232761": "加格达奇区", "232762": "松岭区", "232763": "新林区", "232764": "呼中区",
}  # fmt: skip
_SAME_PROVINCE = {"81": "香港特别行政区", "82": "澳门特别行政区"}

_SUFFIX_AT_START = re.compile(rf"{SELF_GOVERNED}|地区|特别行政区|[省市盟州]")
# The corps' divisions and the cities that they run (lists name the one or the other).
_CORPS = {
    "一": "659002", "二": "659006", "三": "659003", "四": "659008", "五": "659007", "六": "659004",
    "七": "659010", "八": "659001", "九": "659012", "十": "659005", "十三": "659011", "十四": "659009",
}  # fmt: skip
_CORPS_WITHOUT_CITY = "6501"  # the eleventh and twelfth have their farms around Ürümqi
_CORPS_DIVISION = re.compile(r"第(十[一二三四]|[一二三四五六七八九十])师")
_MUNICIPALITIES = ("11", "12", "31", "50")
# The statistics bureau gives development zones 71 to 79 in place of a county: a zone that the table does not
# know lies in a known city.
_ZONE = re.compile(r"\d{4}7[1-9]$")


_BRACKETED = re.compile(r"([^()（）]+)[(（]([^()（）]+)[)）]")


def _city_of_municipality(code: str) -> str:
    """A municipality's districts stand under `5001` as those of a city do; other codes stay."""
    return f"{code}01" if code in _MUNICIPALITIES else code


# Reports name few codes again and again: those that were trimmed are kept.
_MOST_TRIMMED = 10_000


@dataclass(frozen=True, slots=True)
class Located:
    """Where a written place lies.

    :param code: down to `level`; of a zone without a code that of its city.
    :param rest: the part of the text that was no division.
    :param zone: where the level is that of a zone.
    """

    code: str
    level: Level
    rest: str = ""
    zone: Zone | None = None


@dataclass(frozen=True, slots=True)
class _Name:
    code: str
    name: str
    until: int  # last year in use; 9999 while it is


class Divisions:
    """The table with its look-ups. Codes have 2 (province), 4 (city) or 6 (county) digits."""

    def __init__(self, names: Iterable[_Name], zones: Iterable[Zone]) -> None:
        """:param zones: those with a code are no counties, whatever `names` says."""
        known_zones = list(zones)
        zone_codes = {zone.code for zone in known_zones if zone.code}
        self._current: dict[str, str] = {}
        self._trimmed = lru_cache(_MOST_TRIMMED)(self._trim)
        self._until: dict[str, int] = {}
        # province (2) or city (4) -> stem of a name -> codes of the counties below, the ones in use first
        self._below: dict[str, dict[str, list[_Name]]] = defaultdict(lambda: defaultdict(list))
        self._provinces: dict[str, str] = {}
        self._cities: dict[str, dict[str, list[_Name]]] = defaultdict(lambda: defaultdict(list))
        for name in names:
            if name.code in zone_codes:
                continue
            if self._until.get(name.code, 0) <= name.until:
                self._current[name.code], self._until[name.code] = name.name, name.until
            self._add(name)
        for by_stem in (*self._below.values(), *self._cities.values()):
            for entries in by_stem.values():
                entries.sort(key=lambda entry: (entry.until, entry.code), reverse=True)
        self._streets: dict[str, dict[str, set[str]]] = {}
        self.zones = Zones(known_zones, dict(self._current))
        self._current.update((zone.code, zone.name) for zone in known_zones if zone.code)

    def _add(self, name: _Name) -> None:
        code, short = name.code, stem(plain(name.name))
        if len(code) == 2:
            self._provinces[short] = code
        elif len(code) == 4:
            self._cities[code[:2]][short].append(name)
        else:
            self._below[code[:2]][short].append(name)
            self._below[code[:4]][short].append(name)

    # -- codes -----------------------------------------------------------------------------------------

    def knows(self, code: str) -> bool:
        """True if a code of 2, 4, 6, 9 or 12 digits (or padded with zeros) begins with a known division."""
        return bool(self.trim(code))

    def trim(self, code: str) -> str:
        """The known part of a code: `620402001` stays (its county is known), `620000` is `62`, else "".

        So does that of a zone (`410173`); of one that the table does not know (`4101 79`) its city is known.
        """
        return self._trimmed(code)

    def _trim(self, code: str) -> str:
        if not code.isascii() or not code.isdigit() or len(code) not in (2, 4, 6, 9, 12):
            return ""
        county = code[:6]
        if county in self._current and not county.endswith("00"):
            return code[:9] if code[9:] == "000" else code
        if code[:4] in self._current and (
            len(code) == 4 or county.endswith("00") or _ZONE.match(county) is not None
        ):
            # Cities without districts (东莞, 中山, 儋州) have their streets directly below.
            return code if len(code) > 6 and county.endswith("00") else code[:4]
        if code[:2] in self._current and (len(code) == 2 or set(code[2:6]) == {"0"}):
            return code[:2]
        return ""

    def name(self, code: str) -> str:
        """The name of the 2-, 4- or 6-digit part of the code; "" if unknown."""
        for length in (6, 4, 2):
            if len(code) >= length and code[:length] in self._current:
                return self._current[code[:length]]
        return ""

    def counties(self) -> Iterator[str]:
        """Codes of all counties and districts in use today, without the zones."""
        return (code for code, until in self._until.items() if len(code) == 6 and until == 9999)

    def zone_of(self, code: str) -> Zone | None:
        """:param code: of 6 digits or more."""
        return self.zones.by_code.get(code[:6])

    # -- names -----------------------------------------------------------------------------------------

    def find(self, province: str, city: str, county: str) -> Located:
        """The place that a published row names.

        Suffixes may be missing. A municipality comes in two shapes: its district as city and a street as
        county, or itself as city and its district as county. Cities may have no districts, and counties may
        lie directly under their province.
        """
        province_code = self._provinces.get(stem(plain(province)), "")
        if "生产建设兵团" in province:
            province_code = "65"
            if corps := self._corps(city, county):
                return corps
        if not province_code:
            return Located("", "nowhere", f"{province}{city}{county}")
        city_stem = stem(plain(city))
        county_plain = without_names(plain(county), (plain(province), plain(city)))  # 兰州市城关区
        bracketed = _BRACKETED.fullmatch(county.strip())
        if bracketed:  # 高新区（新市区）: the zone and the county in which it lies
            for part in bracketed.groups():
                located = self.find(province, city, part)
                if located.level == "county":
                    return located
        city_code = self._city(province_code, city_stem)
        if city_code and (exact := self._county_in_full(city_code, county_plain)):
            return Located(exact, "county")
        zones_of = city_code or _city_of_municipality(province_code)
        if zone := self.zones.find(zones_of, county_plain):
            return Located(zone.division, "zone", zone=zone)
        if city_code and (by_stem := self._county(city_code, county_plain)):
            return Located(by_stem, "county")
        is_whole_province = city_stem == stem(plain(province))
        as_county = "" if is_whole_province else self._county(province_code, plain(city))
        if county_plain and not as_county and (is_whole_province or not city_code):
            under_province = self._county(province_code, county_plain)
            if under_province:
                return Located(under_province, "county")
        # 兰州新区 or 赣江新区 in the city's place
        if not is_whole_province and (zone := self.zones.find(zones_of, plain(city))):
            same = zone == self.zones.find(zones_of, county_plain)
            return Located(zone.division, "zone", "" if same else county, zone)
        if as_county and not city_code:
            same = stem(county_plain) == city_stem
            return Located(as_county, "county", "" if same else county)
        if city_code:
            if self._has_no_counties(city_code):  # 东莞, 中山, 儋州, 嘉峪关: a town or street stands there
                return Located(f"{city_code}00", "county", "" if stem(county_plain) == city_stem else county)
            inside = self._county_at_start(city_code, county_plain)
            if inside:
                return inside
            counties = [e.code for found in self._below[city_code].values() for e in found if e.until == 9999]
            if len(counties) == 1:  # 嘉峪关: what is no county lies in its only one
                return Located(counties[0], "county", county)
            return Located(city_code, "city", county)
        return Located(province_code, "province", f"{city}{county}")

    def _corps(self, city: str, county: str) -> Located | None:
        """A division of the Production and Construction Corps: the city that it runs."""
        division = _CORPS_DIVISION.search(f"{city}{county}")
        if division is None or self._county("65", plain(county)):
            return None
        if division[1] in _CORPS:
            return Located(_CORPS[division[1]], "county", county)
        zone = self.zones.find(_CORPS_WITHOUT_CITY, division[0])
        return Located(zone.division, "zone", county, zone) if zone else None

    def find_street(self, prefix: str, text: str) -> str:
        """The county or zone of the street or town with which a text begins; "" if none or several have it.

        :param prefix: of the city (4 digits) or province (2) in which it is looked for.
        """
        written = _STREET_AT_START.match(plain(text))
        if written is None:
            return ""
        areas = self._streets_below(prefix).get(street_stem(written[0]), set())
        return next(iter(areas)) if len(areas) == 1 else ""

    def _streets_below(self, prefix: str) -> dict[str, set[str]]:
        """Stem of a street's name -> codes of the counties and zones that have such a street."""
        known = self._streets.get(prefix)
        if known is None:
            known = defaultdict(set)
            for area in areas_below(prefix):
                zone = self.zone_of(area)
                names = self.zones.streets_of(zone) if zone else (name for _, name in streets_of(area))
                for name in names:
                    known[street_stem(name)].add(area)
            self._streets[prefix] = known
        return known

    def find_in_text(self, text: str) -> Located:
        """The division an address begins with: 甘肃省白银市白银区…, 白银市白银区…, 兰州市城关区…"""
        rest = plain(text)
        province, rest = self._take(self._provinces.items(), rest)
        if province in _MUNICIPALITIES:  # 北京市北京市丰台区, 北京市市辖区丰台区
            rest = self._take([(stem(self._current[province]), province), ("市辖区", province)], rest)[1]
        best = Located(province, "province", rest) if province else Located("", "nowhere", rest)
        provinces = [province] if province else sorted(self._cities)
        for code in provinces:
            cities = ((short, entries[0].code) for short, entries in self._cities[code].items())
            city, after = self._take(cities, rest)
            if city:
                county = self._county_at_start(city, after)
                if county:
                    return county
                if self._has_no_counties(city):
                    return Located(f"{city}00", "county", after)
                best = Located(city, "city", after)
                break
        if province and best.level == "province":
            best = self._county_at_start(province, rest) or best
        if best.level != "county" and (
            found := self.zones.at_start(_city_of_municipality(best.code), best.rest)
        ):
            zone, after = found
            return Located(zone.division, "zone", after, zone)
        return best

    def _city(self, province: str, city_stem: str) -> str:
        entries = self._cities[province].get(city_stem)
        return entries[0].code if entries else ""

    def _county(self, parent: str, name: str) -> str:
        """The county under a city or province; the full name decides between 通州区 and 通县."""
        if exact := self._county_in_full(parent, name):
            return exact
        entries = self._below[parent].get(stem(name), [])
        codes = [entry.code for entry in entries if entry.until == 9999] or [entry.code for entry in entries]
        return codes[0] if codes else ""

    def _county_in_full(self, parent: str, name: str) -> str:
        entries = self._below[parent].get(stem(name), [])
        return next((entry.code for entry in entries if plain(entry.name) == name), "")

    def _county_at_start(self, parent: str, text: str) -> Located | None:
        below = ((plain(e.name), e.code) for entries in self._below[parent].values() for e in entries)
        best = max(
            ((name, code) for name, code in below if text.startswith(name)),
            key=lambda pair: (len(pair[0]), self._until[pair[1]]),
            default=None,
        )
        return Located(best[1], "county", text[len(best[0]) :]) if best else None

    def _has_no_counties(self, city: str) -> bool:
        return not any(e.until == 9999 for entries in self._below[city].values() for e in entries)

    @staticmethod
    def _take(names: Iterable[tuple[str, str]], text: str) -> tuple[str, str]:
        """The longest stem the text begins with, and the text after its suffix."""
        short, code = max(
            (p for p in names if text.startswith(p[0])), key=lambda p: len(p[0]), default=("", "")
        )
        if not code:
            return "", text
        after = text[len(short) :]
        suffix = _SUFFIX_AT_START.match(after)
        return code, after[suffix.end() :] if suffix else after


_STREET_AT_START = re.compile(r"[^\d]{1,8}?(?:街道办事处|街道|办事处|管理处|镇|乡)")
_PROVINCE_LINE = re.compile(r'(\d\d) province="([^"]+)"')
_COUNTY_LINE = re.compile(r' +(\d{4}) county="([^"]+)"')
_SPAN = re.compile(r"(?:\[(\d*)-(\d*)\])?(.+)")


def _read_table(lines: Iterable[str]) -> Iterator[_Name]:
    province = ""
    for line in lines:
        if line.startswith("  0300") and province == "65":
            continue  # 石河子 as a city of 1975; the table gives no years, and 659001 is meant
        if match := _PROVINCE_LINE.match(line):
            province = match[1]
            yield _Name(province, _SAME_PROVINCE.get(province, match[2]), 9999)
        elif match := _COUNTY_LINE.match(line):
            code = province + match[1]
            if match[1] == "0000":
                continue
            if code.endswith("00"):
                code = code[:4]
            for part in match[2].split(","):
                span = _SPAN.match(part)
                assert span is not None
                yield _Name(code, span[3], int(span[2]) if span[2] else 9999)


@lru_cache(maxsize=1)
def divisions() -> Divisions:
    """The one table, read at the first use (about 30 ms)."""
    text = resources.files("stdnum.cn").joinpath("loc.dat").read_text(encoding="utf-8")
    names = list(_read_table(text.splitlines()))
    names += [_Name(code, name, 9999) for code, name in _SUPPLEMENT.items()]
    return Divisions(names, read_zones())
