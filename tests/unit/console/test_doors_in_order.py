"""How the doors of a round are ordered: building, unit, floor, room."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.console.pages.shown.doors_in_order import Door, door_key, in_order, read_door


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


def test_a_round_goes_building_by_building_and_up_the_stairs() -> None:
    walked = [
        "花园1号楼1单元102",
        "花园1号楼1单元201",
        "花园1号楼1单元1001",
        "花园1号楼2单元101",
        "花园2号楼1单元101",
        "花园10号楼101",
        "花园A座101",
        "石榴雅苑",
        "",
    ]
    assert in_order(reversed(walked), str) == walked


def test_from_the_top_only_floors_are_turned_round() -> None:
    written = ["1号楼1单元101", "1号楼1单元102", "1号楼1单元301", "1号楼2单元201", "2号楼101", "无人知晓"]
    assert in_order(written, str, from_top=True) == [written[n] for n in (2, 0, 1, 3, 4, 5)]


places = st.tuples(*(st.integers(1, most) for most in (30, 6, 33, 8)))
ways = st.sampled_from(
    [
        "{}号楼{}单元{}{:02}",
        "{}栋{}单元{}{:02}室",
        "{}幢{}门{}{:02}号",
        "{}-{}-{}{:02}",
        " {} 号楼 {} 单元 {}{:02}",
    ]
)


@given(st.lists(st.tuples(places, ways)))
def test_however_doors_are_written_they_stand_in_the_order_of_their_numbers(
    doors: list[tuple[tuple[int, ...], str]],
) -> None:
    ordered = in_order(doors, lambda door: "春和花园" + door[1].format(*door[0]))
    assert [place for place, _ in ordered] == sorted(place for place, _ in doors)


addresses = (
    st.text(st.sampled_from("0123456789一二十百零ab东号楼单元室层栋座门户-#() 花园３²①Ⅷ٣")) | st.text()
)


@given(st.lists(addresses), st.booleans())
@example(["²号楼", "①单元", "٣楼"], True)
@example(["9" * 5000, "1号楼" * 200], False)
def test_whatever_stands_in_an_address_nothing_is_lost_and_the_order_is_the_same_again(
    written: list[str], from_top: bool
) -> None:
    ordered = in_order(written, str, from_top=from_top)
    assert sorted(ordered) == sorted(written)
    assert in_order(reversed(ordered), str, from_top=from_top) == ordered


@given(places, ways)
def test_what_cannot_be_read_stands_behind_every_door(place: tuple[int, ...], way: str) -> None:
    assert door_key(way.format(*place)) < door_key("一条没有门牌的小路上")
