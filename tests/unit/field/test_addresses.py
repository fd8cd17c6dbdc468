"""What an address says of a door, and of the way to its building."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.addresses import Door, building_of, read_door


@pytest.mark.parametrize(
    ("address", "door"),
    [
        (
            "酒泉路街道春和社区春和花园3号楼2单元501",
            Door("酒泉路街道春和社区春和花园", "3", "2", 5, "501", ""),
        ),
        ("酒泉路街道 示例小区 3号楼 1单元 502", Door("酒泉路街道示例小区", "3", "1", 5, "502", "")),
        ("示例大厦A座15楼1503室", Door("示例大厦", "a", "", 15, "1503", "")),
        ("示例大厦15楼1503室", Door("示例大厦", "", "", 15, "1503", "")),
        ("示例大厦1503室", Door("示例大厦", "", "", 15, "1503", "")),
        ("和平家园2号楼", Door("和平家园", "2", "", None, "", "")),
        ("和平家园2楼", Door("和平家园", "2", "", None, "", "")),
        ("4楼2单元301", Door("", "4", "2", 3, "301", "")),
        ("4号楼4楼", Door("", "4", "", 4, "", "")),
        ("12幢1501", Door("", "12", "", 15, "1501", "")),
        ("3栋2单元0502室", Door("", "3", "2", 5, "502", "")),
        ("春和花园三号楼二单元十二层东户", Door("春和花园", "3", "2", 12, "东", "")),
        ("甲3号院5号楼1门102", Door("甲3号院", "5", "1", 1, "102", "")),
        ("4#楼负一层", Door("", "4", "", -1, "", "")),
        ("示例小区5-2-1201", Door("示例小区", "5", "2", 12, "1201", "")),
        ("示例小区B座1201", Door("示例小区", "b", "", 12, "1201", "")),
        ("３号楼２单元５０１", Door("", "3", "2", 5, "501", "")),
        ("白银路1号", Door("白银路", "1", "", None, "", "")),
        ("白银路12号501", Door("白银路", "12", "", 5, "501", "")),
        ("3号楼2单元501(门口有狗)", Door("", "3", "2", 5, "501", "(门口有狗)")),
        ("石榴雅苑", Door("石榴雅苑", "", "", None, "", "")),
        ("没有人知道的地方", Door("没有人知道的地方", "", "", None, "", "")),
        ("", Door("", "", "", None, "", "")),
    ],
)
def test_a_door_is_read_in_the_ways_people_write_it(address: str, door: Door) -> None:
    assert read_door(address) == door


@pytest.mark.parametrize(
    ("address", "building"),
    [
        (
            "甘肃省兰州市城关区张掖路街道大众巷社区中山路120号御景小区4号楼2单元1803",
            "中山路120号御景小区4号楼",
        ),
        ("兰州市城关区京怡家园4号楼2单元501", "京怡家园4号楼"),
        ("酒泉路街道春和社区3号楼501", "酒泉路街道春和社区3号楼"),
        ("示例大厦A座15楼1503室", "示例大厦A座"),
        ("示例小区5-2-1201", "示例小区5"),
        ("大众巷12号501", "大众巷12号"),
        ("科技园区4号楼301", "科技园区4号楼"),
        ("和平家园2号楼", "和平家园2号楼"),
        ("3号楼2单元501(门口有狗)", "3号楼"),
        (
            "欧阳修路与司马迁路交叉口东北角的新世纪国际花园三期12号楼",
            "…叉口东北角的新世纪国际花园三期12号楼",
        ),
        # A house that is one door itself: its number is not said.
        ("张掖路街道大众巷12号", "大众巷"),
        ("大众巷社区12号", "大众巷社区"),
        ("12号", None),
        # What cannot be read, or tells more than the building.
        ("石榴雅苑", None),
        ("王建国家", None),
        ("1203室,3号楼", "3号楼"),
        ("张伟家3号楼", "3号楼"),
        ("张伟家里3号楼2单元501", "3号楼"),
        ("酒泉路街道春和社区张宅3号楼", "3号楼"),
        ("张伟家5-2-1201", None),
        ("张伟家12号", None),
        ("隔离点酒店3号楼", "3号楼"),
        ("艾滋病防治所2号楼", "2号楼"),
        ("城关区第二人民医院住院部B座5楼", "B座"),
        ("李家庄3号楼", "李家庄3号楼"),
        ("电话13900001234 3号楼101", None),
        ("evil.example/3号楼101", "3号楼"),
        ("https://evil/御景小区4号楼", "4号楼"),
        ("No. 5, Zhongshan Road, room 501", None),
        ("", None),
    ],
)
def test_of_a_building_no_door_is_said(address: str, building: str | None) -> None:
    assert building_of(address) == building


@given(st.text(max_size=250))
def test_whatever_people_write_is_read_and_kept_short(address: str) -> None:
    building = building_of(address)
    assert building is None or 0 < len(building) <= 20


@given(st.integers(1, 30), st.integers(1, 9), st.integers(101, 3308))
def test_unit_and_room_are_never_said(building: int, unit: int, room: int) -> None:
    for written in ("花园{}号楼{}单元{}室", "花园{}栋{}门{}", "花园{}-{}-{}"):
        said = building_of(written.format(building, unit, room)) or ""
        assert said.startswith(f"花园{building}") and str(room) not in said.removeprefix(f"花园{building}")
