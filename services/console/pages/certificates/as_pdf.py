"""A certificate of release as a PDF: one page of A4 in Chinese and English."""

from __future__ import annotations

import threading
from typing import Final

from flask import Response
from fpdf import FPDF

from services.console.pages.certificates.papers import Paper
from services.console.pages.certificates.said import SAYS, said, values
from services.console.pages.pdf import NAME, draw_code, new_pdf, write_line
from services.console.pages.refusals import refusal_page

_LEFT: Final = 25.0
_WIDTH: Final = 160.0
_LABEL: Final = 62.0
_ROW: Final = 14.0
_LINE: Final = 6.5
"""From one line of a value to the next: of each measure one line, and a small one of its days."""
_CODE: Final = 62.0
"""Side of the code with its quiet border, in mm: 0.6 mm a module."""
_ROOM: Final = threading.Semaphore(2)
"""Each takes most of a second of a processor, and pages must not wait for papers."""
_PATIENCE_S: Final = 3.0
_TITLE, _LARGE, _SMALL = 24, 13, 9


def pdf_of(paper: Paper) -> Response:
    """For the browser to show or keep; a page that says to wait where others ask for theirs."""
    if not _ROOM.acquire(timeout=_PATIENCE_S):
        return refusal_page(429)
    try:
        made = certificate_as_pdf(paper)
    finally:
        _ROOM.release()
    answer = Response(made, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = "inline; filename=certificate-of-release.pdf"
    return answer


def certificate_as_pdf(paper: Paper) -> bytes:
    """It takes most of a second, for the font is read each time."""
    title = said(SAYS["title"])
    pdf = new_pdf(" ".join(title))
    pdf.add_page()
    write_line(pdf, _LEFT, 36, _TITLE, title[0], _WIDTH)
    write_line(pdf, _LEFT, 46, _LARGE, title[1], _WIDTH)
    y = _both(pdf, "released", 54) + 3
    for field, value in values(paper.certificate):
        y = _fact(pdf, y, *said(SAYS[field]), value)
    y = _both(pdf, "compare", y + 6)
    draw_code(pdf, paper.address, _LEFT - 3, y + 4, _CODE, scale=4)
    _both(pdf, "scan", y + 12, _LEFT + _CODE + 4, _WIDTH - _CODE - 4)
    return bytes(pdf.output())


def _fact(pdf: FPDF, y: float, chinese: str, english: str, value: str) -> float:
    """A line of the table; returns where the next one begins."""
    lines = value.splitlines()
    ends = y + _ROW + _LINE * (len(lines) - 1)
    pdf.set_draw_color(180)
    pdf.line(_LEFT, ends, _LEFT + _WIDTH, ends)
    write_line(pdf, _LEFT, y + 6, _SMALL + 1, chinese, _LABEL)
    write_line(pdf, _LEFT, y + 11, _SMALL - 1, english, _LABEL)
    for number, line in enumerate(lines):
        size = _SMALL + 1 if number % 2 else _LARGE
        write_line(pdf, _LEFT + _LABEL + 4, y + 9 + number * _LINE, size, line, _WIDTH - _LABEL - 4)
    return ends


def _both(pdf: FPDF, name: str, y: float, x: float = _LEFT, width: float = _WIDTH) -> float:
    """A sentence in both languages; returns where it ends."""
    pdf.set_xy(x, y)
    for text in said(SAYS[name]):
        pdf.set_font(NAME, size=_SMALL + 1)
        pdf.multi_cell(width, 5, text, align="L", new_x="LEFT", new_y="NEXT")
    ends: float = pdf.get_y()
    return ends
