"""Files of reports become events: stable ids, and a bad line spoils no other."""

import io
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from doorstep_client import Raw
from operations.publishing.report_lines import BrokenLine, Item, ReportLines, WrongFile, event_id

SHANGHAI = ZoneInfo("Asia/Shanghai")
REPORT = {"source_kind": "grid", "person": {"name": "安示例"}, "arrival": {"at": "2022-10-01T06:12:00+08:00"}}


def from_json(*lines: object, source: str | None = "/grid/files") -> list[Item | BrokenLine]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    return list(ReportLines(source, SHANGHAI).json_lines(io.BytesIO(text.encode())))


def from_csv(text: str) -> list[Item | BrokenLine]:
    return list(ReportLines("/grid/files", SHANGHAI).csv_rows(io.BytesIO(text.encode())))


def test_the_same_file_gives_the_same_ids():
    first, again = from_json(REPORT, REPORT), from_json(REPORT, REPORT)
    assert [item.send["id"] for item in first] == [item.send["id"] for item in again]
    assert first[0].send["id"] != first[1].send["id"], "two equal lines are two reports"


@given(st.text(), st.integers(1, 10**9), st.binary())
def test_an_id_depends_on_source_line_and_content(source, line, content):
    same = event_id(source, line, content)
    assert same == event_id(source, line, content)
    assert same not in (
        event_id(source + "x", line, content),
        event_id(source, line + 1, content),
        event_id(source, line, content + b"x"),
    )


def test_lines_added_at_the_end_do_not_change_the_ids_before():
    short, long = from_json(REPORT), from_json(REPORT, REPORT | {"remarks": "later"})
    assert short[0].send["id"] == long[0].send["id"]


def test_a_whole_event_is_sent_as_it_is():
    event = {
        "specversion": "1.0",
        "id": "mine",
        "source": "/rail/x",
        "type": "arrival.reported",
        "data": REPORT,
    }
    assert from_json(event)[0].send == event


def test_an_actual_arrival_was_known_when_it_happened():
    assert from_json(REPORT)[0].send["time"] == "2022-10-01T06:12:00+08:00"


def test_a_broken_body_is_sent_to_the_letter():
    item = from_json({"broken": {"body": "{nope", "content_type": "text/plain", "publisher": "rail"}})[0]
    assert item.send == Raw(b"{nope", "text/plain", "rail")


def test_bad_lines_are_named_by_number_and_the_others_go_on():
    found = from_json("{", REPORT, "[]", "", {"a": 1}, {"specversion": "1.0"}, REPORT)
    assert [(type(item).__name__, item.line) for item in found] == [
        ("BrokenLine", 1),
        ("Item", 2),
        ("BrokenLine", 3),
        ("BrokenLine", 5),
        ("BrokenLine", 6),
        ("Item", 7),
    ]


def test_a_line_without_end_is_passed_over_without_keeping_it():
    found = from_json('"' + "x" * 5_000_000 + '"', REPORT)
    assert isinstance(found[0], BrokenLine)
    assert isinstance(found[1], Item)
    assert found[1].line == 2


def test_a_reason_never_quotes_the_line():
    found = from_json('{"person": "安示例 620402199001019979', "安示例")
    assert not any("安示例" in item.reason or "6204" in item.reason for item in found)


def test_a_csv_row_becomes_a_report():
    (item,) = from_csv(
        "name,identity_type,identity_number,phone,companions,stops,arrived_at,expected,destination_division\n"
        "安示例,resident_id,620402199001019979,16500000001,安小例/resident_id/1;安老例,"
        "620402:2022-09-20:2022-09-25;620402 京怡家园:2022-09-25:2022-10-01;白银市:2022-10-01:2022-10-01,"
        "2022-10-01T06:12,否,620102\n"
    )
    data = item.send["data"]
    assert data["person"]["phone"] == "16500000001"
    assert [c["name"] for c in data["companions"]] == ["安小例", "安老例"]
    assert data["companions"][1]["identity_number"] is None
    assert [(s["division"], s["address"]) for s in data["stops"]] == [
        ("620402", None),
        ("620402", "京怡家园"),
        (None, "白银市"),
    ]
    assert data["arrival"] == {"at": "2022-10-01T06:12:00+08:00", "expected": False}
    assert data["transport"] is None


@pytest.mark.parametrize(
    "row",
    ["安,2022-10-01T06:12,xx", "安,gestern,", ",2022-10-01T06:12,", "安,2022-10-01T06:12", 'a"b,"c"d,e'],
)
def test_a_bad_csv_row_is_named_and_the_next_one_is_taken(row):
    found = from_csv(f"name,arrived_at,stops\n{row}\n安,2022-10-01T06:12,\n")
    assert [type(item) for item in found] == [BrokenLine, Item]
    assert (found[0].line, found[1].line) == (2, 3)


@pytest.mark.parametrize("header", ["name", "name,arrived_at,shoe_size", "name,name,arrived_at", ""])
def test_a_wrong_header_is_told_before_anything_is_sent(header):
    with pytest.raises(WrongFile):
        from_csv(f"{header}\n")


def from_bytes(table: bytes) -> list[Item | BrokenLine]:
    return list(ReportLines("/grid/files", SHANGHAI).csv_rows(io.BytesIO(table)))


def test_a_table_in_another_encoding_is_a_broken_line_not_garbage():
    text = b"name,arrived_at\n" + "José,2022-10-01T06:12\n".encode("latin-1")
    (found,) = from_bytes(text)
    assert isinstance(found, BrokenLine)
    assert "UTF-8" in found.reason


TABLE = (
    "name,identity_number,phone,birth_date,arrived_at,remarks\n"
    "魏公式,620102198606060615,16500200001,1986-06-06,2022-10-01T08:00,一、二\n"
)


def as_excel_writes(separator: str = ",", *, guards: bool = False, empty: int = 0, days: str = "-") -> str:
    """The table as spreadsheets write it: what it says is the same."""
    lines = []
    for line in TABLE.splitlines():
        cells = line.split(",")
        if guards and cells[0] != "name":
            cells[1], cells[2] = f'"=""{cells[1]}"""', f"'{cells[2]}"
        if days != "-" and cells[0] != "name":
            cells[3], cells[4] = "1986/6/6", "2022/10/1 8:00"
        lines.append(separator.join([*cells, *[""] * empty]))
    return "\r\n".join([*lines, separator * (len(lines[0].split(separator)) - 1), "", ""])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "table",
    [
        as_excel_writes(),
        as_excel_writes("\t"),
        as_excel_writes(";"),
        as_excel_writes("，"),
        "sep=;\r\n" + as_excel_writes(";"),
        as_excel_writes(guards=True),
        as_excel_writes("\t", guards=True, empty=3),
        as_excel_writes(empty=2),
        as_excel_writes(days="/"),
        as_excel_writes().replace("name,", " Name ,", 1),
        as_excel_writes().replace("一、二", '"一、二"') + "\r\n,,,\r\n",
        as_excel_writes().replace("一、二", "一、二,,,"),
    ],
)
def test_a_table_says_the_same_however_a_spreadsheet_writes_it(table: str, encoding: str) -> None:
    (plain,) = from_csv(TABLE)
    (found,) = from_bytes(table.encode(encoding))
    assert isinstance(plain, Item) and isinstance(found, Item), found
    assert (found.send["data"]) == plain.send["data"]


WOUNDED = [
    '安,"2022-10-01T06:12,',
    '安,2022-10-01T06:12,"open',
    'a"b,"c"d,e',
    "安,gestern,",
    "安,2022-10-01T06:12",
    "安,2022-10-01T06:12,,x",
    ",2022-10-01T06:12,",
]


@given(st.lists(st.sampled_from([*WOUNDED, "", "宁,2022-10-01T06:13,"]), max_size=8))
def test_what_becomes_of_a_line_does_not_depend_on_its_neighbours(lines: list[str]) -> None:
    table = "\n".join(["name,arrived_at,remarks", *lines, "安示例,2022-10-01T06:12,", ""])
    found = {item.line: type(item) for item in from_csv(table)}
    assert found == {
        number: BrokenLine if line in WOUNDED else Item
        for number, line in enumerate([*lines, "安示例,2022-10-01T06:12,"], start=2)
        if line
    }


def test_a_cell_may_hold_line_breaks() -> None:
    first, second = from_csv('name,arrived_at,remarks\n安,2022-10-01T06:12,"一\n二"\n宁,2022-10-01T06:13,\n')
    assert isinstance(first, Item) and first.send["data"]["remarks"] == "一\n二"
    assert (first.line, second.line) == (2, 4)


def test_a_cell_without_a_column_is_named_by_the_number_of_its_column() -> None:
    (found,) = from_csv("name,,arrived_at\n安,x,2022-10-01T06:12\n")
    assert isinstance(found, BrokenLine) and found.reason.startswith("column 2 holds something")


def test_who_has_a_number_needs_no_name() -> None:
    (found,) = from_csv("name,identity_number,arrived_at\n,620102198606060615,2022-10-01T06:12\n")
    assert isinstance(found, Item)


def test_a_row_says_when_they_entered_the_country():
    header = "name,phone,arrived_at,destination_address,entered_on\n"
    abroad, here = from_csv(
        f"{header}安示例,139,2022-10-01T06:12,某路1号,2022/9/28\n安示例,139,2022-10-01T06:12,某路1号,"
    )
    assert abroad.send["data"]["arrival"]["entered_on"] == "2022-09-28"
    assert "entered_on" not in here.send["data"]["arrival"]


def test_a_row_calls_a_coming_off_and_is_known_from_now_on():
    header = "name,phone,arrived_at,expected,destination_address,called_off\n"
    off, on = from_csv(
        header + "安示例,139,2099-01-01T06:12,,某路1号,true\n安示例,139,2099-01-01T06:12,是,某路1号,"
    )
    coming = {"at": "2099-01-01T06:12:00+08:00", "expected": False}
    assert off.send["data"]["arrival"] == coming | {"called_off": True}
    assert on.send["data"]["arrival"] == coming | {"expected": True}
    assert off.send["time"] < coming["at"]
