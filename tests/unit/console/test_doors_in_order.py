"""How the doors of a round are ordered: building, unit, floor, room."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from services.console.pages.shown.doors_in_order import door_key, in_order


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
