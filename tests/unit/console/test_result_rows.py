"""What a spreadsheet's rows of results say."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.console.pages.shown.result_rows import read_pasted, read_row

NOW = datetime(2022, 10, 1, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
CELLS = {"document": "620102199001011233", "sample": "X-1", "sampled": "2022-10-01 08:05", "result": "阴性"}


@pytest.mark.parametrize(
    "pasted",
    [
        "620102199001011233\tX-1\t2022/10/1 8:05\t阴性",
        "结果\t采样时间\t姓名\t身份证号\t样本编号\n阴性\t2022/10/1 8:05\t欧阳\t620102199001011233\tX-1\n\n",
        'sample,document,sampled,result\nX-1,="620102199001011233",2022-10-01 08:05,negative',
        "\ufeff证件号码；样本号；采样日期；检测结果\n620102199001011233；X-1；2022年10月1日 8:05；阴",
    ],
)
def test_rows_are_read_as_spreadsheets_write_them(pasted: str) -> None:
    [cells] = read_pasted(pasted)
    row = read_row(cells, NOW)
    assert row.data == {
        "identity": {"type": "resident_id", "number": "620102199001011233"},
        "sample_id": "X-1",
        "sampled_at": "2022-10-01T08:05:00+08:00",
        "result": "negative",
    }


@pytest.mark.parametrize(
    ("cell", "value", "code"),
    [
        *((name, "", "missing") for name in CELLS),
        ("sampled", "soon", "no_time"),
        ("result", "maybe", "no_result"),
        ("sample", "x" * 61, "long"),
        ("document", "6.20102E+17", "identity_spreadsheet"),
        ("document", "620102199001011000", "identity_spreadsheet"),
        ("document", "620102199001011233.0", "identity_spreadsheet"),
        ("document", "62010219900101123", "identity_length"),
        ("document", "6201021990010112333", "identity_length"),
        ("document", "E12", "identity_length"),
        ("document", "620102199001011234", "identity_checksum"),
        ("document", "620102199013011230", "identity_birth_date"),
        ("document", "000000000", "identity_placeholder"),
    ],
)
def test_what_is_wrong_stands_beside_its_cell(cell: str, value: str, code: str) -> None:
    row = read_row(CELLS | {cell: value}, NOW)
    assert row.data is None and row.wrong == {cell: code}


def test_a_quote_that_nobody_closes_swallows_no_line() -> None:
    lines = [f'62010219900101123{n}\t"X-{n}\t2022/10/1 8:05\t阴性' for n in range(3)]
    assert [cells["document"][-1] for cells in read_pasted("\n".join(lines))] == ["0", "1", "2"]
    rows = read_pasted('sample,document,sampled,result\n"X-1,a,b,c\nX-2,a,b,c\n')
    assert [cells["sample"] for cells in rows] == ["X-1,a,b,c", "X-2"]
    [quoted] = read_pasted('"X-1"\t1\t2\t"a ""b"""')
    assert (quoted["document"], quoted["result"]) == ("X-1", 'a "b"')


@pytest.mark.parametrize(
    "number", ["62010219900101123 3", "６２０１０２１９９００１０１１２３３", "62010219710101028x"]
)
def test_a_number_is_compared_as_the_intake_compares_it(number: str) -> None:
    row = read_row(CELLS | {"document": number}, NOW)
    assert row.data is not None and row.data["identity"] == {"type": "resident_id", "number": number}


def test_another_document_than_a_card_has_no_kind() -> None:
    row = read_row(CELLS | {"document": "E12345678"}, NOW)
    assert row.data is not None and row.data["identity"] == {"number": "E12345678"}


@pytest.mark.parametrize("pasted", ["", "\n \n", "结果\t样本编号\n", "\t\t\t"])
def test_nothing_is_no_row(pasted: str) -> None:
    assert read_pasted(pasted) == []
