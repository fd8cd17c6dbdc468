"""Rows of official lists as they come: blank fillers, whole counties, words that are missing."""

from datetime import datetime
from time import process_time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from field.words import RiskLevel
from services.registration.risk.place_text import read_place
from services.registration.risk.published_lists import (
    LONGEST_PLACE,
    WHOLE,
    RiskList,
    read_csv,
    read_official,
)

ZONE = ZoneInfo("Asia/Shanghai")
AT = datetime(2022, 10, 1, 8, tzinfo=ZONE)
WHERE = {"province": "甘肃省", "city": "白银市", "county": "白银区"}
SOUND = {**WHERE, "communitys": ["示例花园4号楼"]}
BLANK = {"type": "", "province": "", "city": "", "county": "", "area_name": "", "communitys": []}


def read(*rows: Any, middle: Any = (), at: str = "2022-10-01 9时") -> RiskList:
    data = {
        "end_update_time": at,
        "highlist": list(rows),
        "middlelist": None if middle is None else list(middle),
        "lowlist": [],
    }
    return read_official({"data": data, "code": 0, "msg": "查询成功"}, ZONE)


def places(found: RiskList) -> list[tuple[str, str]]:
    return [(one.area.division, one.area.place) for one in found.listed]


def wrong(found: RiskList) -> list[tuple[str, str]]:
    return [(fault.where, fault.code) for odd in found.odd for fault in odd.faults]


def test_a_blank_filler_row_keeps_no_other_row_out() -> None:
    found = read(SOUND, BLANK, middle=[{**WHERE, "communitys": ["示例家园2号楼"]}])
    assert places(found) == [("620402", "示例花园4号楼"), ("620402", "示例家园2号楼")]
    assert wrong(found) == [("highlist row 2", "blank")]
    assert found.odd[0].row == BLANK


def test_a_county_without_communities_is_a_whole_county() -> None:
    found = read(SOUND, {**WHERE, "county": "靖远县", "communitys": []})
    assert places(found) == [("620402", "示例花园4号楼"), ("620421", WHOLE)]
    assert found.odd == ()
    assert found.counted()["high"] == 2


@pytest.mark.parametrize("communities", [None, [], "", " "])
def test_communities_that_are_missing_are_as_good_as_none(communities: Any) -> None:
    assert places(read({**WHERE, "communitys": communities})) == [("620402", WHOLE)]


def test_one_community_may_stand_without_its_list() -> None:
    assert places(read({**WHERE, "communitys": "示例花园4号楼"})) == [("620402", "示例花园4号楼")]


def test_what_is_sound_in_an_odd_row_counts() -> None:
    found = read({**WHERE, "communitys": ["示例花园4号楼", None, ""]})
    assert places(found) == [("620402", "示例花园4号楼")]
    assert [where for where, _ in wrong(found)] == [
        "highlist row 1, communitys[2]",
        "highlist row 1, communitys[3]",
    ]


def test_a_row_whose_communities_cannot_be_read_is_never_dropped() -> None:
    found = read({**WHERE, "communitys": {"a": 1}})
    assert places(found) == [("620402", WHOLE)]
    assert wrong(found) == [("highlist row 1, communitys", "type")]


def test_a_row_without_its_province_is_placed_by_its_city() -> None:
    found = read({**SOUND, "province": ""})
    assert places(found) == [("620402", "示例花园4号楼")]
    assert wrong(found) == [("highlist row 1, province", "empty")]


def test_a_row_that_names_a_province_alone_is_not_taken_for_the_province() -> None:
    found = read(SOUND, {"province": "甘肃省", "city": "", "county": "", "communitys": []})
    assert places(found) == [("620402", "示例花园4号楼")]
    assert wrong(found) == [("highlist row 2", "empty")]


def test_a_row_in_no_known_province_is_kept_and_listed() -> None:
    found = read(SOUND, {**SOUND, "province": "火星省"})
    assert [one.placed for one in found.listed] == ["county", "nowhere"]
    assert wrong(found) == [("highlist row 2, province", "unknown")]


def test_a_list_without_a_medium_level_is_a_list() -> None:
    found = read(SOUND, middle=None)
    assert found.counted() == {"high": 1, "medium": 0, "low": 0}


def test_a_row_may_have_a_code_of_its_own() -> None:
    found = read({**SOUND, "county": "某区", "division": "620403"}, {**SOUND, "division": "999999"})
    assert [(one.area.division, one.placed_by) for one in found.listed] == [
        ("620403", "code"),
        ("620402", "county"),
    ]


def test_the_level_of_a_row_is_that_of_its_list() -> None:
    found = read(SOUND, middle=[{**WHERE, "county": "靖远县", "communitys": []}])
    assert [one.area.level for one in found.listed] == [RiskLevel.high, RiskLevel.medium]


def test_a_place_that_is_too_long_is_an_odd_row_and_its_neighbours_count() -> None:
    longest = "示" * LONGEST_PLACE
    found = read({**WHERE, "communitys": [longest, longest + "例", "示例花园4号楼"]})
    assert places(found) == [("620402", longest), ("620402", "示例花园4号楼")]
    assert wrong(found) == [("highlist row 1, communitys[2]", "length")]


def test_a_line_of_a_table_whose_place_is_too_long_is_an_odd_row() -> None:
    line = {"level": "high", **WHERE, "place": "示例花园4号楼"}
    found = read_csv([line, {**line, "place": "示" * (LONGEST_PLACE + 1)}], ZONE, "a", AT)
    assert [one.area.place for one in found.listed] == ["示例花园4号楼"]
    assert wrong(found) == [("row 3, place", "length")]


@pytest.mark.parametrize("text", ["风险" + "高" * 12_000, "甲1号楼、" * 3_000, "除" * 12_000])
def test_a_text_twice_as_long_takes_twice_as_long_to_read(text: str) -> None:
    def seconds(part: str) -> float:
        began = process_time()
        read_place(part)
        return process_time() - began

    read_place(text[:100])
    quarter = min(seconds(text[: len(text) // 4]) for _ in range(3))
    assert seconds(text) < 10 * quarter + 0.02
