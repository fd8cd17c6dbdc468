"""Results of tests entered as a table: pasted from a spreadsheet, or typed by keyboard alone. Each row is one
act, with an outcome of its own; what is wrong stays in the table, and only that goes in again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from field.words import TEST_METHODS, TEST_STAGES
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_act, key_that_stays
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import again, say, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.report_form import FAULTS
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.result_rows import CELLS, MOST, Cells, ResultRow, read_pasted, read_row
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.terms import read_time
from services.console.pages.words import word

ACT: Final = "report_test"
_COMMON: Final = ("method", "stage", "known_at")
_EMPTY_ROWS: Final = 5
_MOST_READ: Final = 1_000
_LONGEST_PASTE: Final = 60_000
_LONGEST_CELL: Final = 80
_ALARMS: Final = "positive"


@dataclass(frozen=True, slots=True)
class Sent:
    """A row that was sent: `says` what became of it."""

    row: ResultRow
    says: str


def add_results(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/enter/results")
    @only_in(work, "officer")
    def results_page() -> Response:
        return _page(doors, [])

    @pages.post("/enter/results/paste")
    @only_in(work, "officer")
    def paste_results() -> Response:
        """The table as it was pasted, beneath what stands there; nothing is sent."""
        now = datetime.now(work.zone)
        pasted = read_pasted(request.form.get("pasted", "")[:_LONGEST_PASTE])
        rows = [read_row(cells, now) for cells in (*_typed_rows(), *pasted)]
        if not pasted:
            return _page(doors, rows, wrong=[Wrong("pasted", gettext("Nothing could be read here."))])
        return _page(doors, rows, pasted=len(pasted))

    @pages.post("/enter/results")
    @only_in(work, "officer")
    def enter_results() -> Response:
        """Sent twice, each row is one act. What alarms others is asked once more, and again where it
        is something else that was asked about.
        """
        now = datetime.now(work.zone)
        rows = [read_row(cells, now) for cells in _typed_rows()]
        common, wrong = _common(now)
        if not rows:
            wrong.append(Wrong("row-0-document", gettext("Type or paste at least one row.")))
        if len(rows) > MOST:
            wrong.append(Wrong("row-0-document", gettext("Send up to %(most)s rows at once.", most=MOST)))
        if wrong:
            return _page(doors, rows, wrong=wrong)
        positives = [row.data for row in rows if row.data and row.data["result"] == _ALARMS]
        sure = key_of_act([common, positives], "positives")
        if positives and request.form.get("sure") != sure:
            return _page(doors, rows, positives=len(positives), sure=sure)
        sent: list[Sent] = []
        left: list[ResultRow] = []
        for row in rows:
            if row.data is None:
                left.append(row)
                continue
            data = {**row.data, **common}
            became = say(doors, "isolation", ACT, key_of_act(data, "result"), data)
            if became.kind == "away":
                return again()
            if became.kind == "not_allowed":
                return refusal_page(403)
            if became.kind == "done":
                sent.append(Sent(row, _became(became.result)))
            else:
                left.append(ResultRow(row.cells, row.data, _codes(became.wrong)))
        return _page(doors, left, sent=sent, status=200 if not left else 422)


def _typed_rows() -> list[Cells]:
    """Those in which anything stands."""
    found = []
    for number in range(min(number_of(request.form.get("rows", "")), _MOST_READ)):
        cells = {name: request.form.get(f"row-{number}-{name}", "")[:_LONGEST_CELL].strip() for name in CELLS}
        if any(cells.values()):
            found.append(cells)
    return found


def _common(now: datetime) -> tuple[dict[str, Any], list[Wrong]]:
    given, wrong = typed(*_COMMON), []
    for name, words in (("method", TEST_METHODS), ("stage", TEST_STAGES)):
        if given[name] not in words:
            wrong.append(Wrong(name, gettext("Choose one.")))
    at = read_time(given["known_at"], now)
    if at is None:
        wrong.append(Wrong("known_at", gettext("Say a day and a time, such as 2022-10-01 18:00.")))
    common = {"method": given["method"], "stage": given["stage"]}
    return common | ({"reported_at": at.isoformat()} if at else {}), wrong


def _became(result: Mapping[str, Any]) -> str:
    if result.get("case_ids"):
        return str(gettext("kept with the case"))
    if result.get("counted"):
        return str(gettext("nobody followed here: counted only"))
    return str(gettext("nobody followed here: the district is told"))


def _codes(wrong: Mapping[str, str]) -> dict[str, str]:
    """What the door says is wrong, beside the cell that is meant."""
    cells = {"sampled_at": "sampled", "reported_at": "sampled", "sample_id": "sample", "result": "result"}
    return {cells.get(where.partition(".")[0], "document"): says for where, says in wrong.items()}


def _says(code: str) -> str:
    known: dict[str, str] = {
        "missing": gettext("This is still missing."),
        "long": gettext("This is empty, or too long."),
        "no_time": gettext("Say a day and a time, such as 2022-10-01 18:00."),
        "identity_placeholder": gettext("This is no number of a document."),
        "no_result": gettext("Say negative, positive, inconclusive or invalid."),
    }
    return known.get(code) or gettext(FAULTS.get(code, code))


def _page(
    doors: Doors,
    rows: Sequence[ResultRow],
    *,
    wrong: Sequence[Wrong] = (),
    sent: Sequence[Sent] = (),
    positives: int = 0,
    sure: str = "",
    pasted: int = 0,
    status: int = 200,
) -> Response:
    asking = Asking(doors)
    if not asking.names().may("isolation", ACT):
        return refusal_page(404)
    shown = [*rows, *[ResultRow(dict.fromkeys(CELLS, ""), None)] * _EMPTY_ROWS]
    page = render_template(
        "officers/results.html",
        rows=shown,
        faulty=sum(bool(row.wrong) for row in rows),
        wrong=wrong,
        fault={one.field: one.says for one in wrong},
        says=_says,
        sent=sent,
        positives=positives,
        sure=sure,
        pasted=pasted,
        typed=typed(*_COMMON),
        methods=[(one, word(one)) for one in TEST_METHODS],
        stages=[(one, word(one)) for one in TEST_STAGES],
        key=key_that_stays(),
        missing=asking.missing,
    )
    return make_response(page, 422 if wrong else status)
