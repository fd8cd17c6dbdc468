"""Files for spreadsheets: nothing in them is a formula, and what was written is read again."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from services.console.pages.shown.csv_files import csv_file, harmless

CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)


def read(file: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=2), max_size=5))
def test_every_cell_is_read_as_it_was_written_but_no_formula(
    rows: list[list[str]],
) -> None:
    file = csv_file(["who", "phone"], rows)
    assert file.startswith(b"\xef\xbb\xbf")
    head, *read_again = read(file)
    assert head == ["who", "phone"]
    assert read_again == [[harmless(cell) for cell in row] for row in rows]
    for cell in (cell for row in read_again for cell in row):
        assert not cell.strip() or cell.strip()[0] not in "=+-@＝＋－＠"


def test_what_a_spreadsheet_would_reckon_is_text() -> None:
    for cell in ("=1+1", "+86138", "-2", "@SUM(A1)", "\t=1", "\rx", " =1", "＝1"):
        assert harmless(cell) == f"'{cell}"
    assert harmless("3-2") == "3-2" and harmless("") == ""
    assert read(csv_file(["phone", "phone", "phone"], [])) == [["phone", "phone 2", "phone 3"]]
