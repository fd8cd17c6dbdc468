"""A register of residents, pasted from a spreadsheet: each line is read by itself."""

from __future__ import annotations

from services.console.pages.shown.register_rows import read_register


def test_columns_are_known_by_what_people_call_them_in_any_order() -> None:
    [line] = read_register("房号\t楼栋\t姓名\t行动不便\t出生日期\n502\t4号楼\t何样例\t是\t1941/3/8")
    assert line.number == 2
    assert line.data == {
        **{"line": 2, "name": "何样例", "building": "4号楼", "room": "502"},
        **{"cannot_walk": True, "birth_date": "1941-03-08"},
    }


def test_without_a_line_of_headings_they_stand_as_the_page_says() -> None:
    [line] = read_register('何样例,13900000021,4号楼,2,,502,="X0000001",,')
    assert line.data == {
        **{"line": 1, "name": "何样例", "phone": "13900000021", "building": "4号楼", "unit": "2"},
        **{"room": "502", "identity_number": "X0000001", "cannot_walk": False},
    }


def test_a_faulty_line_is_named_and_swallows_no_other() -> None:
    head = "姓名,楼栋,出生日期,行动不便"
    lines = [head, ",4号楼,,", "", "何样例,,,", '"李样例,4号楼,,', "王样例,4号楼,上个月,也许", "赵样例,1,,"]
    text = "\n".join(lines)
    found = {line.number: (line.data is not None, dict(line.wrong)) for line in read_register(text)}
    assert found[2] == (False, {"name": "missing"})
    assert found[4] == (False, {"building": "no_door"})
    assert found[6] == (False, {"cannot_walk": "no_flag", "birth_date": "no_day"})
    assert found[7] == (True, {})
    assert len(found) == 5


def test_a_line_that_is_no_row_is_named_however_long_it_is() -> None:
    long = "何样例,4号楼," + "x" * 140_000
    assert [line.wrong for line in read_register(f"姓名,楼栋,房号\n{long}\n何样例,4号楼,1")] == [
        {"name": "long"},
        {},
    ]
    assert [line.wrong for line in read_register(long)] == [{"name": "long"}]


def test_the_rest_of_a_register_is_read_as_the_whole_was_and_keeps_its_numbers() -> None:
    lines = ["房号\t姓名", "1\t何样例", "", "\t李样例", "3\t王样例"]
    whole = read_register("\n".join(lines))
    assert [line.number for line in whole] == [2, 4, 5]
    assert read_register("\n".join(lines[3:]), first=4, head=lines[0]) == whole[1:]
    without = ["何样例\t\t4号楼", "李样例"]
    assert read_register(without[1], first=2, head=without[0])[0].wrong == {"building": "no_door"}


def test_nothing_is_read_where_nothing_stands() -> None:
    assert read_register(" \n\t\n") == []
