"""Codes and names of divisions, in the shapes real lists have."""

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.registration.places.divisions import Located, divisions

SHARED = Path(__file__).parents[4] / "shared" / "data"
needs_shared_data = pytest.mark.skipif(not SHARED.exists(), reason="../shared/data is not here")

table = divisions()


@pytest.mark.parametrize(
    ("province", "city", "county", "code"),
    [
        ("甘肃省", "白银市", "白银区", "620402"),
        ("甘肃", "白银", "白银区", "620402"),
        ("天津市", "天津市", "河西区", "120103"),
        ("重庆市", "重庆市", "石柱土家族自治县", "500240"),
        ("贵州省", "黔西南州", "兴义市", "522301"),
        ("河北省", "辛集市", "辛集市", "130181"),
        ("湖北省", "仙桃市", "仙桃市", "429004"),
        ("新疆维吾尔自治区", "石河子市", "石河子市", "659001"),
        ("新疆生产建设兵团", "第八师", "石河子市", "659001"),
        ("新疆生产建设兵团", "第四师", "六十三团", "659008"),
        ("浙江省", "杭州市", "临平区", "330113"),
        ("甘肃省", "兰州市", "兰州市城关区", "620102"),
        ("北京市", "北京市", "北京市朝阳区", "110105"),
        ("海南省", "陵水县", "陵水县", "469028"),
        ("甘肃省", "嘉峪关市", "雄关区", "620201"),
        ("河南省", "省直辖县级行政区划", "济源市", "419001"),
    ],
)
def test_a_written_place_has_its_code(province: str, city: str, county: str, code: str) -> None:
    found = table.find(province, city, county)
    assert (found.code, found.level) == (code, "county")


def test_a_street_in_the_countys_place_is_kept_as_part_of_the_text() -> None:
    assert table.find("北京市", "丰台区", "花乡街道") == Located("110106", "county", "花乡街道")


def test_a_city_without_districts_takes_its_towns_as_text() -> None:
    assert table.find("广东省", "东莞市", "虎门镇") == Located("441900", "county", "虎门镇")


def test_a_zone_that_no_table_knows_is_placed_at_its_city() -> None:
    assert table.find("广东省", "深圳市", "无名新区") == Located("4403", "city", "无名新区")


def test_a_place_in_no_province_is_nowhere_and_not_lost() -> None:
    assert table.find("不存在省", "某市", "某区") == Located("", "nowhere", "不存在省某市某区")


@pytest.mark.parametrize(
    ("code", "known"),
    [
        ("620402", "620402"),
        ("620402001", "620402001"),
        ("620402001007", "620402001007"),
        ("620000", "62"),
        ("620100", "6201"),
        ("620171", "620171"),  # a development zone of the statistics bureau
        ("620171101", "620171101"),  # a town in it
        ("620179", "6201"),  # a zone that no table knows: its city is sure
        ("422921", "422921"),  # abolished, and still in old reports
        ("441900003", "441900003"),  # a street directly below its city
        ("620499", ""),
        ("990101", ""),
        ("62", "62"),
        ("6", ""),
        ("", ""),
        ("62040a", ""),
    ],
)
def test_a_code_is_trimmed_to_what_is_known_of_it(code: str, known: str) -> None:
    assert table.trim(code) == known


@pytest.mark.parametrize(
    ("address", "code", "rest"),
    [
        ("甘肃省白银市白银区京怡家园4号楼", "620402", "京怡家园4号楼"),
        ("兰州市城关区东岗西路", "620102", "东岗西路"),
        ("北京市北京市丰台区花乡", "110106", "花乡"),
        ("甘肃 白银", "6204", ""),
        ("东莞市虎门镇", "441900", "虎门镇"),
    ],
)
def test_the_division_is_read_from_the_beginning_of_an_address(address: str, code: str, rest: str) -> None:
    found = table.find_in_text(address)
    assert (found.code, found.rest) == (code, rest)


@given(st.text(max_size=15))
def test_no_text_is_too_strange_to_be_looked_up(text: str) -> None:
    table.trim(text)
    table.find(text, text, text)
    assert table.find_in_text(text).level in ("county", "zone", "city", "province", "nowhere")


def test_every_county_in_use_is_found_by_its_own_names() -> None:
    lost = []
    for code in sorted(table.counties()):
        city = table.name(code[:4])
        if city in ("市辖区", "县") or city.endswith("直辖县级行政单位"):
            city = table.name(code[:2]) if code[:2] in ("11", "12", "31", "50") else table.name(code)
        found = table.find(table.name(code[:2]), city, table.name(code))
        if table.name(found.code) != table.name(code):
            lost.append((code, found))
    assert not lost


@needs_shared_data
def test_every_county_and_street_of_the_full_division_table_is_known() -> None:
    with (SHARED / "divisions" / "streets.csv").open(encoding="utf-8") as file:
        unknown = {row["code"][:6] for row in csv.DictReader(file) if not table.knows(row["code"])}
    assert unknown == set()
