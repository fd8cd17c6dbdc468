"""Listed development zones: whoever was in one is found by its code, its name and its streets."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.words import RiskLevel
from services.registration.places.division_table.read_table import Zone, read_zones
from services.registration.places.divisions import divisions
from services.registration.places.zones import street_stem
from services.registration.risk.assessing import Assessment, RiskArea, RiskIndex, Stop
from services.registration.risk.placing_rows import place_area

ZONE = ZoneInfo("Asia/Shanghai")
PUBLISHED = datetime(2022, 10, 1, 8, tzinfo=ZONE)
DAY = date(2022, 10, 1)
HIGH, LOW, NONE = RiskLevel.high, RiskLevel.low, RiskLevel.none
AIRPORT = ("河南省", "郑州市", "航空港区")
DAPENG = ("广东省", "深圳市", "大鹏新区")
CHONGQING = ("重庆市", "重庆市", "高新区")
UNHEARD_OF = ("湖南省", "长沙市", "无名开发区")


def area(row: tuple[str, str, str], place: str, level: RiskLevel = HIGH) -> RiskArea:
    words = dict(zip(("province", "city", "county"), row, strict=True))
    return place_area(level, words, place, "list", PUBLISHED).area


def assess(area: RiskArea, division: str, address: str) -> tuple[RiskLevel, str]:
    stop = Stop(division, address, DAY - timedelta(3), DAY)
    found: Assessment = RiskIndex([area], ZONE).assess([stop])
    return found.level, found.certainty


@pytest.mark.parametrize(
    ("division", "address", "expected"),
    [
        ("410173", "新港街道示例花园3号楼", (HIGH, "exact")),  # by the code of the zone
        ("410173001", "示例花园3号楼", (HIGH, "exact")),
        ("410173", "", (HIGH, "district_only")),
        ("410173", "新港街道示例花园5号楼", (LOW, "district_only")),
        ("", "河南省郑州市航空港区新港街道示例花园3号楼", (HIGH, "exact")),  # by its name
        ("", "郑州航空港区银河街道", (HIGH, "district_only")),
        ("4101", "航空港区新港街道示例花园3号楼", (HIGH, "exact")),
        ("410104", "航空港区某路1号", (HIGH, "district_only")),
        ("410184", "新港街道示例花园3号楼", (HIGH, "exact")),  # by the county in which it lies
        ("410184", "新港街道某路1号", (HIGH, "district_only")),
        ("410184", "", (HIGH, "district_only")),
        ("410223", "岗李乡", (HIGH, "district_only")),  # a county of the next city
        ("410105", "新港办事处某路1号", (HIGH, "district_only")),  # by one of its streets
        ("410105", "花园路1号", (NONE, "exact")),  # it does not lie there
        ("410105", "", (NONE, "exact")),
        ("410171", "明湖街道", (NONE, "exact")),  # another zone
    ],
)
def test_whoever_was_in_a_listed_zone_is_found(
    division: str, address: str, expected: tuple[RiskLevel, str]
) -> None:
    assert assess(area(AIRPORT, "新港街道示例花园3号楼"), division, address) == expected


@pytest.mark.parametrize(
    "whole", ["全域", "航空港区全域", "郑州航空港区全域", "郑州航空港经济综合实验区全域"]
)
@pytest.mark.parametrize(
    ("division", "address", "expected"),
    [
        ("410173", "某路1号", (HIGH, "exact")),
        ("410184", "航空港区某路1号", (HIGH, "exact")),
        ("410184", "某路1号", (HIGH, "district_only")),
        ("410105", "滨河街道某路1号", (HIGH, "district_only")),
        ("410105", "花园路1号", (NONE, "exact")),
    ],
)
def test_a_whole_zone_holds_whoever_was_in_it_for_sure(
    whole: str, division: str, address: str, expected: tuple[RiskLevel, str]
) -> None:
    assert assess(area(AIRPORT, whole), division, address) == expected


@pytest.mark.parametrize(
    ("row", "place", "division", "address"),
    [
        (DAPENG, "葵涌办事处欧新小区", "440307", "葵涌街道欧新小区2号"),
        (DAPENG, "葵涌办事处欧新小区", "440303", "大鹏新区某村"),
        (CHONGQING, "西永街道康居西城1号楼", "500106", "西永街道康居西城1号楼"),
        (CHONGQING, "西永街道康居西城1号楼", "", "重庆高新区西永街道康居西城1号楼"),
        (CHONGQING, "西永街道康居西城1号楼", "500107", ""),
        (CHONGQING, "全域", "500103", "高新区某路"),
    ],
)
def test_a_zone_without_a_code_is_found_too(
    row: tuple[str, str, str], place: str, division: str, address: str
) -> None:
    assert assess(area(row, place), division, address)[0] is HIGH


def test_a_zone_that_no_table_knows_may_lie_anywhere_in_its_city() -> None:
    listed = area(UNHEARD_OF, "示例花园3号楼")
    assert assess(listed, "430111", "无名开发区示例花园3号楼") == (HIGH, "exact")
    assert assess(listed, "430111", "某路1号") == (HIGH, "district_only")
    assert assess(listed, "430202", "某路1号") == (NONE, "exact")


def test_what_is_listed_in_its_county_concerns_whoever_was_in_the_zone() -> None:
    listed = area(("河南省", "郑州市", "新郑市"), "新港街道示例花园3号楼")
    assert assess(listed, "410173", "新港街道示例花园3号楼") == (HIGH, "exact")
    assert assess(listed, "410173", "某路1号") == (HIGH, "district_only")
    whole = area(("河南省", "郑州市", "新郑市"), "全域")
    assert assess(whole, "410173", "某路1号") == (HIGH, "district_only")


def test_a_whole_city_may_be_listed() -> None:
    listed = area(("河北省", "廊坊市", ""), "全域")
    assert assess(listed, "131081", "某路1号") == (HIGH, "exact")


def test_an_area_that_lists_of_before_placed_at_the_city_is_that_of_the_zone() -> None:
    before = RiskArea("old", HIGH, *AIRPORT, "新港街道示例花园3号楼", "4101", PUBLISHED)
    assert assess(before, "410173", "新港街道示例花园3号楼") == (HIGH, "exact")


rows = st.sampled_from([AIRPORT, DAPENG, CHONGQING, UNHEARD_OF, ("河南省", "郑州市", "新郑市")])
places = st.sampled_from(["全域", "新港街道", "示例花园3号楼", "除高风险区以外的其他区域"])
codes = st.sampled_from(["410173", "410184", "410105", "440307", "440303", "500106", "430111", "4101", "50"])
details = st.sampled_from(["某路1号", "航空港区", "大鹏新区", "高新区", "无名开发区", "新港街道", "翠竹街道"])


@given(rows, places, codes, details, details)
def test_more_detail_that_contradicts_no_building_is_never_safer(
    row: tuple[str, str, str], place: str, code: str, one: str, other: str
) -> None:
    listed = area(row, place)
    levels = [assess(listed, code, address)[0] for address in ("", one, one + other)]
    assert levels == sorted(levels)


def city_of(zone: Zone) -> str:
    """As a list writes it: a municipality is its own city."""
    return divisions().name(zone.city[:2] if zone.city[:2] in ("11", "12", "31", "50") else zone.city)


ZONES = list(read_zones())
NAMED = {zone.name: (divisions().name(zone.city[:2]), city_of(zone), zone.name) for zone in ZONES}


@pytest.mark.parametrize("zone", ZONES, ids=lambda zone: zone.code or zone.name)
def test_every_zone_is_found_by_code_by_its_names_and_by_its_streets(zone: Zone) -> None:
    listed = area(NAMED[zone.name], "示例花园3号楼")
    assert listed.division == zone.division
    index = RiskIndex([listed], ZONE)
    counties = sorted(code for code in divisions().counties() if code.startswith(zone.city))
    elsewhere = counties[0] if counties else f"{zone.city}00"

    def level(division: str, address: str) -> RiskLevel:
        return index.assess([Stop(division, address, DAY, DAY)]).level

    if zone.code:
        assert level(zone.code, "") is HIGH
        assert level(f"{zone.code}001", "某路1号") is HIGH
    for county in zone.counties:
        assert level(county, "") is HIGH
    for name in (zone.name, *zone.other_names):
        assert level(elsewhere, f"{name}某路1号") is HIGH
    for street in (*zone.streets(), *divisions().zones.streets_of(zone)):
        if street in ("街道", "农场"):
            continue  # the table has streets that are called nothing else: they tell nothing
        assert level(elsewhere, f"{street}某路1号") is HIGH
        if street.endswith(("街道", "镇", "乡", "办事处")):
            assert level(elsewhere, f"{street_stem(street)}街道某路1号") is HIGH
