"""Development zones by their names, and the table that knows them."""

import csv
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.places.division_table.make_table import TABLE, make_table
from services.registration.places.division_table.read_table import Zone, area_names, read_zones, streets_of
from services.registration.places.divisions import divisions
from services.registration.places.placing import Place, PlaceIndex

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared" / "data" / "divisions"
TABLE_FOLDER = ROOT / "services" / "registration" / "places" / "division_table"
table = divisions()
ZONES = list(read_zones())


@pytest.mark.parametrize(
    ("province", "city", "county", "name"),
    [
        ("河南省", "郑州市", "郑州航空港经济综合实验区", "郑州航空港经济综合实验区"),
        ("河南省", "郑州市", "航空港区", "郑州航空港经济综合实验区"),
        ("河南省", "郑州市", "郑州航空港区", "郑州航空港经济综合实验区"),
        ("河南省", "郑州市", "经开区", "郑州经济技术开发区"),
        ("河南省", "郑州市", "高新区", "郑州高新技术产业开发区"),
        ("甘肃省", "兰州市", "兰州新区", "兰州新区"),
        ("甘肃省", "兰州市", "新区", "兰州新区"),
        ("甘肃省", "兰州新区", "", "兰州新区"),
        ("重庆市", "重庆市", "高新区", "重庆高新技术产业开发区"),
        ("重庆市", "高新区", "西永街道", "重庆高新技术产业开发区"),
        ("重庆市", "重庆高新区", "重庆高新区", "重庆高新技术产业开发区"),
        ("四川省", "绵阳市", "绵阳（国家）高新技术产业开发区", "绵阳高新技术产业开发区"),
        ("内蒙古自治区", "包头市", "高新区", "包头稀土高新技术产业开发区"),
        ("吉林省", "长春市", "高新区", "长春高新技术产业开发区"),
        ("吉林省", "长春市", "净月区", "长春净月高新技术产业开发区"),
        ("山东省", "威海市", "高区", "威海火炬高技术产业开发区"),
        ("山东省", "烟台市", "开发区", "烟台经济技术开发区"),
        ("河北省", "唐山市", "汉沽管理区", "唐山市汉沽管理区"),
        ("河北省", "邯郸市", "冀南新区", "邯郸冀南新区"),
        ("山东省", "德州市", "德州经济技术开发区", "德州天衢新区"),  # its name until 2021
        ("江苏省", "苏州市", "工业园区", "苏州工业园区"),
        ("陕西省", "西咸新区", "空港新城", "西咸新区"),
        ("江西省", "赣江新区", "", "赣江新区"),
        ("新疆生产建设兵团", "第十二师", "三坪农场", "第十二师"),
    ],
)
def test_a_zone_is_found_by_its_whole_and_its_customary_names(
    province: str, city: str, county: str, name: str
) -> None:
    found = table.find(province, city, county)
    assert (found.level, found.zone and found.zone.name) == ("zone", name)


@pytest.mark.parametrize(
    ("province", "city", "county", "code"),
    [
        ("上海市", "上海市", "浦东新区", "310115"),
        ("天津市", "天津市", "滨海新区", "120116"),
        ("河北省", "雄安新区", "容城县", "130629"),
        ("陕西省", "杨凌示范区", "杨陵区", "610403"),
        ("新疆维吾尔自治区", "乌鲁木齐市", "高新区（新市区）", "650104"),
        ("海南省", "陵水县", "陵水县", "469028"),
    ],
)
def test_a_county_is_no_zone_whatever_it_is_called(province: str, city: str, county: str, code: str) -> None:
    found = table.find(province, city, county)
    assert (found.code, found.level) == (code, "county")


def test_where_a_short_name_could_be_several_zones_none_is_guessed() -> None:
    assert table.find("陕西省", "西安市", "新区").level == "city"
    assert table.find("湖南省", "长沙市", "某某开发区").level == "city"


@given(st.sampled_from(ZONES))
def test_every_zone_is_found_in_its_city_by_all_its_names(zone: Zone) -> None:
    for name in (zone.name, *zone.other_names):
        assert table.zones.find(zone.city, name) == zone
    assert table.zones.is_named_in(zone, f"{zone.name}某路1号")


@pytest.mark.parametrize(
    ("address", "zone", "rest"),
    [
        ("河南省郑州市航空港区新港街道", "410173", "新港街道"),
        ("郑州航空港区新港街道", "410173", "新港街道"),
        ("兰州新区中川镇", "620171", "中川镇"),
        ("深圳市大鹏新区滨海花园32栋", "4403", "滨海花园32栋"),
        ("重庆高新区西永街道", "5001", "西永街道"),
    ],
)
def test_an_address_may_begin_with_a_zone(address: str, zone: str, rest: str) -> None:
    found = table.find_in_text(address)
    assert (found.code, found.level, found.rest) == (zone, "zone", rest)


def test_a_street_tells_its_county_where_it_is_the_only_one_of_its_name() -> None:
    assert table.find_street("4101", "如意湖街道某小区") == "410105"
    assert table.find_street("4101", "新港办事处某小区") == "410173"
    assert table.find_street("4101", "明湖街道某小区") == "410171"  # written with its zone in the table
    assert table.find_street("6101", "无名街道") == ""
    assert table.find_street("50", "没有街道的小区") == ""


# -- the table -----------------------------------------------------------------------------------------------


def test_every_code_of_a_zone_and_of_its_counties_is_known() -> None:
    coded = {code: name for code, name in area_names().items() if len(code) == 6 and code[4] == "7"}
    assert {zone.code: zone.name for zone in ZONES if zone.code[4:5] == "7"} == coded
    assert all(table.knows(county) for zone in ZONES for county in zone.counties)
    assert all(table.knows(zone.city) for zone in ZONES)


def test_the_streets_of_a_zone_stand_under_its_code() -> None:
    assert ("410173010", "新港街道") not in streets_of("410184")
    assert "新港街道" in {name for _, name in streets_of("410173")}


def test_the_table_is_small_and_says_where_it_is_from() -> None:
    assert (TABLE_FOLDER / TABLE).stat().st_size < 400_000
    assert "DO WHAT THE FUCK YOU WANT TO" in (TABLE_FOLDER / "LICENSE").read_text()


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")
def test_the_table_is_what_its_source_makes() -> None:
    assert make_table(SHARED, 2023) == (TABLE_FOLDER / TABLE).read_bytes()
    with (SHARED / "streets.csv").open(encoding="utf-8") as file:
        for row in list(csv.DictReader(file))[::500]:
            assert (row["code"], row["name"]) in streets_of(row["areaCode"])


def test_the_help_of_the_command_reads_no_table() -> None:
    script = (
        "import sys\nfrom cli.main import app\n"
        "try: app(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in sys.modules if 'division' in m], file=sys.stderr)"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stderr.strip() == "[]"


# -- destinations --------------------------------------------------------------------------------------------


def test_a_destination_in_a_zone_is_found_with_the_code_of_its_county_and_the_other_way_round() -> None:
    index = PlaceIndex(
        [
            Place("z", None, "district", "航空港区", division="410173"),
            Place("zs", "z", "street", "新港街道", division="410173001"),
            Place("zc", "zs", "community", "云鹤社区"),
            Place("x", None, "district", "新郑市", division="410184"),
            Place("xs", "x", "street", "龙湖镇"),
            Place("xc", "xs", "community", "泰山社区"),
        ]
    )
    assert index.find("410173", "新港街道云鹤社区").community == "zc"
    assert index.find("410184", "新港街道云鹤社区").community == "zc"
    assert index.find("410173", "龙湖镇泰山社区").community == "xc"
    assert index.find("410173001", "").street == "zs"
