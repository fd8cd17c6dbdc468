"""A list as a file: all rows that its page finds with the same filters, masked as they are there."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, make_response
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors, Listed
from services.console.pages.catalogues import gettext
from services.console.pages.entry.who import acting, only_in
from services.console.pages.officers.acts import again, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.cells import Cell, cells_of, ids_in
from services.console.pages.officers.listed import LISTS
from services.console.pages.officers.listing import Column, OfficersList
from services.console.pages.officers.lists import STATUS, refused_export
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.csv_files import csv_file


def add_export(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.post("/lists/<name>/export")
    @only_in(work, "officer")
    def export(name: str) -> Response:
        of = LISTS.get(name)
        if of is None:
            return refusal_page(404)
        given = typed("reason", "list")
        asked = {key: value for key, value in parse_qsl(given["list"]) if key not in ("after", "choose")}
        try:
            found = doors.export(of.service, of.name, acting(), given["reason"], asked)
        except DoorAway:
            return again()
        except Refused as refused:
            says = {
                "reason": gettext("Say why, in 3 to 500 characters. Your reason is kept."),
                "place": gettext("These are over 10,000 rows. Choose a place or another filter first."),
            }
            wrong = next((says[fault.where] for fault in refused.faults if fault.where in says), "")
            if wrong and refused.kind == "invalid":
                return refused_export(doors, of, asked, given["reason"], wrong)
            return refusal_page(STATUS[refused.kind])
        return _file(Asking(doors), of, found)


def _file(asking: Asking, of: OfficersList, found: Listed) -> Response:
    names = asking.names_of_many(*ids_in(found.rows))
    as_of = datetime.fromisoformat(found.as_of)
    rows = (
        [
            _plain(row, column, cell)
            for column, cell in zip(of.columns, cells_of(row, of.columns, names, as_of), strict=True)
        ]
        for row in found.rows
    )
    answer = make_response(csv_file([gettext(column.head) for column in of.columns], rows))
    answer.headers["Content-Type"] = "text/csv; charset=utf-8"
    file = f"{of.name}-{as_of:%Y-%m-%d-%H%M}.csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    return answer


def _plain(row: Mapping[str, Any], column: Column, cell: Cell) -> str:
    """As the page says it, but days and times as spreadsheets sort them; what is not known is empty."""
    value = row.get(column.of)
    if column.kind == "moment" and value:
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M}"
    if column.kind == "date" and value:
        return str(value)
    return "" if cell.text == "–" else cell.text
