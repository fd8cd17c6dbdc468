"""Lists and tables are read whole or not at all, with every fault by row and column."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contracts.faults import Refused
from contracts.imported_tables import read_table
from field.words import RiskLevel
from services.registration.places.place_file import read_places
from services.registration.risk.published_lists import (
    CSV_COLUMNS,
    RiskList,
    compare,
    published_time,
    read_csv,
    read_official,
)
from services.registration.staff.staff_file import read_staff
from tests.unit.registration.lists_made_by_hand import ROWS, rows_of

ZONE = ZoneInfo("Asia/Shanghai")
LISTS = Path(__file__).parents[4] / "shared" / "data" / "risk-areas"
needs_shared_data = pytest.mark.skipif(not LISTS.exists(), reason="../shared/data is not here")


def official(**changed: Any) -> dict[str, Any]:
    row = {
        "province": "甘肃省",
        "city": "白银市",
        "county": "白银区",
        "communitys": ["京怡家园4号楼", "某村全域"],
    }
    data = {
        "end_update_time": "2022-10-01 8时",
        "hcount": 2,
        "mcount": 0,
        "highlist": [row],
        "middlelist": [],
    }
    return {"data": data | changed}


def faults(error: pytest.ExceptionInfo[Refused]) -> list[tuple[str, str]]:
    """(row, column)"""
    return [(fault.where.partition(", ")[0], fault.where.partition(", ")[2]) for fault in error.value.faults]


@pytest.mark.parametrize("written", ["2022-10-01 8时", "2022-10-01 08时", "2022-10-01 08:00"])
def test_the_hour_of_a_list_is_written_in_several_ways(written: str) -> None:
    assert published_time(written, ZONE) == datetime(2022, 10, 1, 8, tzinfo=ZONE)


def test_each_place_of_a_row_is_an_area_and_is_counted() -> None:
    found = read_official(official(), ZONE)
    assert [one.area.place for one in found.listed] == ["京怡家园4号楼", "某村全域"]
    assert {one.area.division for one in found.listed} == {"620402"}
    assert (found.counted()["high"], found.published["high"], found.remarks) == (2, 2, ())


def test_a_count_that_differs_is_explained() -> None:
    found = read_official(official(hcount=3), ZONE)
    assert found.remarks == ("hcount says 3 high-risk areas, the list holds 2: all 2 were imported",)


def test_a_list_of_which_no_row_is_sound_is_refused_with_every_fault() -> None:
    rows = [{"province": 1, "city": "", "county": "", "communitys": ["x"]}, {"communitys": []}, "nothing"]
    with pytest.raises(Refused) as error:
        read_official(official(highlist=rows), ZONE)
    assert faults(error) == [
        ("highlist row 1", "province"),
        ("highlist row 1", ""),
        ("highlist row 2", ""),
        ("highlist row 3", ""),
    ]


def test_half_a_list_is_no_list_for_it_would_end_what_the_other_half_holds() -> None:
    with pytest.raises(Refused) as error:
        read_official(official(end_update_time="yesterday", middlelist="see the website"), ZONE)
    assert faults(error) == [("data", "end_update_time"), ("middlelist", "")]


def test_a_list_that_is_empty_where_areas_are_counted_is_not_whole() -> None:
    with pytest.raises(Refused) as error:
        read_official(official(middlelist=[], mcount=720), ZONE)
    assert faults(error) == [("middlelist", "")]
    assert read_official(official(highlist=[], hcount=0), ZONE).listed == ()


@pytest.mark.parametrize("document", [None, [], {}, {"data": []}, "x"])
def test_what_is_no_list_is_refused(document: Any) -> None:
    with pytest.raises(Refused):
        read_official(document, ZONE)


CSV = "level,province,city,county,place\nhigh,甘肃省,白银市,白银区,京怡家园4号楼\n"


def from_csv(text: str) -> RiskList:
    rows = read_table(text, CSV_COLUMNS, optional=("valid_from",))
    return read_csv(rows, ZONE, "csv", datetime(2022, 10, 1, 8, tzinfo=ZONE))


def test_an_empty_line_of_a_csv_list_is_passed_over() -> None:
    assert len(from_csv(CSV + "\n ,,\n").listed) == 1


def test_a_simple_csv_is_a_list_too() -> None:
    (one,) = from_csv(CSV).listed
    assert (one.area.level, one.area.division) == (RiskLevel.high, "620402")


def test_odd_rows_of_a_csv_are_kept_with_row_and_column() -> None:
    found = from_csv(CSV + "huge,甘肃省,白银市,白银区,x\nlow,火星,a,b,c\nlow,火星,a,b,\n")
    assert [fault.where for odd in found.odd for fault in odd.faults] == [
        "row 3, level",
        "row 4, province",
        "row 5, place",
    ]
    assert [one.area.place for one in found.listed] == ["京怡家园4号楼"]


def test_a_csv_of_which_no_row_is_sound_is_refused() -> None:
    with pytest.raises(Refused) as error:
        from_csv("level,province,city,county,place\nhuge,甘肃省,白银市,白银区,x\n")
    assert faults(error) == [("row 2", "level")]


def test_a_column_that_is_missing_is_named() -> None:
    with pytest.raises(Refused) as error:
        read_table("level,province\nhigh,x\n", CSV_COLUMNS)
    assert faults(error) == [("row 1", "city"), ("row 1", "county"), ("row 1", "place")]


def test_an_area_with_another_level_is_changed_not_new() -> None:
    before, after = from_csv(CSV), from_csv(CSV.replace("high", "low"))
    found = compare([one.area for one in before.listed], after)
    assert (len(found.new), len(found.changed), len(found.ended)) == (0, 1, 0)


PLACES = "place_id,parent,level,name,aliases,division,kind\n"
STAFF = "staff_id,role,place,name,phone,language,active\n"


def test_places_are_read_with_their_aliases() -> None:
    (one,) = read_places(PLACES + "c1,s1,community,枣林社区,枣林; 枣林里,,\n", {"s1": "street"})
    assert (one.parent, one.aliases, one.division) == ("s1", ("枣林", "枣林里"), None)


def test_every_fault_of_a_table_of_places_is_told() -> None:
    rows = (
        "a,,street,一街,,620102001,",
        "a,,street,一街,,,",
        "b,x,grid,,,999999,",
        "c,a,galaxy,三,,,",
        "d,c1,street,四,,,",
    )
    text = PLACES + "\n".join(rows) + "\n"
    with pytest.raises(Refused) as error:
        read_places(text, {"c1": "community"})
    assert faults(error) == [
        ("row 3", "place_id"),
        ("row 4", "name"),
        ("row 4", "parent"),
        ("row 4", "division"),
        ("row 5", "level"),
        ("row 6", "parent"),
    ]


def test_every_fault_of_a_table_of_staff_is_told_without_the_value() -> None:
    with pytest.raises(Refused) as error:
        read_staff(STAFF + "w1,boss,nowhere,,12345,fr,maybe\n", frozenset({"c1"}))
    assert faults(error) == [
        ("row 2", name) for name in ("role", "place", "name", "phone", "language", "active")
    ]
    assert "12345" not in str(error.value)


@pytest.mark.parametrize("month", sorted(ROWS))
def test_a_list_made_by_hand_stands_in_counties_and_zones(month: str) -> None:
    found = read_official(official(highlist=rows_of(month)), ZONE)
    assert found.placed_percent() >= 99.5
    assert found.placed()["province_only"] == found.placed()["nowhere"] == 0
    assert set(found.placed_by()) <= {"county", "zone", "street"}


@needs_shared_data
@pytest.mark.parametrize("name", ["2022100108", "2022100121"])
def test_a_whole_published_list_is_placed(name: str) -> None:
    document = json.loads((LISTS / f"{name}.json").read_text())
    found = read_official(document, ZONE)
    listed = sum(
        len(row["communitys"])
        for part in ("highlist", "middlelist", "lowlist")
        for row in document["data"][part]
    )
    assert len(found.listed) == listed
    assert found.counted()["high"] == document["data"]["hcount"]
    assert found.counted()["medium"] == document["data"]["mcount"]
    assert found.odd == ()
    assert found.placed_percent() >= 99.5
    assert found.placed()["province_only"] == found.placed()["nowhere"] == 0


@pytest.mark.parametrize(
    "table",
    [
        'a\tb\t\t\r\n1\t="02"\t\t\r\n\t\t\t\r\n',
        "sep=;\na;b\n1;'02\n",
        "\ufeffA, B ,\n1,02,,\n",
        "a，b\n1，02\n",
    ],
)
def test_a_table_is_read_however_a_spreadsheet_writes_it(table: str) -> None:
    assert [row for row in read_table(table, ("a", "b")) if row] == [{"a": "1", "b": "02"}]
