"""Slips as a PDF: eight on a sheet of A4 to be cut apart, each community's on sheets of their own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from fpdf import FPDF
from fpdf.enums import WrapMode

from services.console.pages.catalogues import gettext
from services.console.pages.pdf import NAME, draw_code, new_pdf, write_line
from services.console.pages.words import word
from services.console.pages.workers.slip import Slip

_COLUMNS, _ROWS = 2, 4
_WIDTH, _HEIGHT = 95.0, 68.0
"""Of a slip, in mm."""
_LEFT, _TOP = 10.0, 19.0
_CODE: Final = 38.0
"""Side of the code with its quiet border, in mm: 0.8 mm a module, which an old phone reads."""
_LARGE, _SMALL, _TINY = 11, 8, 6


def slips_as_pdf(slips: Sequence[Slip], zone: ZoneInfo) -> bytes:
    """In the language of the page. 300 slips take two seconds, most of it for their codes.

    :param slips: by community.
    :param zone: in which moments are said.
    """
    pdf = new_pdf(gettext("Slips to let phones in"))
    for community, of_it in groupby(slips, lambda slip: slip.walker.community):
        waiting = list(of_it)
        for first in range(0, len(waiting), _COLUMNS * _ROWS):
            _sheet(pdf, community, waiting[first : first + _COLUMNS * _ROWS], zone)
    return bytes(pdf.output())


def _sheet(pdf: FPDF, community: str, slips: Sequence[Slip], zone: ZoneInfo) -> None:
    pdf.add_page()
    write_line(pdf, _LEFT, 12, _LARGE, f"{community} · {len(slips)}" if community else str(len(slips)), 190)
    for number, slip in enumerate(slips):
        row, column = divmod(number, _COLUMNS)
        _slip(pdf, slip, _LEFT + column * _WIDTH, _TOP + row * _HEIGHT, zone)


def _slip(pdf: FPDF, slip: Slip, x: float, y: float, zone: ZoneInfo) -> None:
    walker = slip.walker
    pdf.set_draw_color(160)
    pdf.rect(x, y, _WIDTH, _HEIGHT)
    write_line(pdf, x + 4, y + 7, _LARGE, f"{walker.staff_id} · {walker.name}", _WIDTH - 8)
    write_line(pdf, x + 4, y + 12, _SMALL, f"{word(walker.role)} · {walker.place}", _WIDTH - 8)
    draw_code(pdf, slip.link, x + 2, y + 14, _CODE)
    steps = (
        gettext("Scan this with the camera of your phone. In WeChat: then choose “Open in browser”."),
        gettext("Choose a PIN of 6 digits."),
        gettext("Your doors of today open."),
    )
    pdf.set_xy(x + _CODE + 4, y + 18)
    pdf.set_font(NAME, size=_SMALL)
    # With a space that does not break: Chinese has no other, and a line would break after the number.
    said = "\n".join(f"{number}.\u00a0{step}" for number, step in enumerate(steps, 1))
    pdf.multi_cell(_WIDTH - _CODE - 8, 4, said, align="L")
    until = slip.until.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    write_line(pdf, x + 4, y + 56, _SMALL, f"{gettext('Counts once, until:')} {until}", _WIDTH - 8)
    pdf.set_xy(x + 4, y + 58)
    pdf.set_font(NAME, size=_TINY)
    pdf.multi_cell(_WIDTH - 8, 3, slip.link, align="L", wrapmode=WrapMode.CHAR)
