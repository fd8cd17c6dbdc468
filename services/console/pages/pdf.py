"""Papers as PDF, with a font that has Chinese."""

from __future__ import annotations

import logging
from io import BytesIO
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF

FONT: Final = Path("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc")
"""Debian's fonts-wqy-microhei. Of its 5 MB only the characters that are used go into the file."""
NAME: Final = "paper"
# It would log the characters of names that the font lacks.
logging.getLogger("fpdf").setLevel(logging.ERROR)


def can_make_pdf() -> bool:
    """Without the font names could not be written."""
    return FONT.is_file()


def new_pdf(title: str) -> FPDF:
    """Of A4, without a page; whoever writes on it says where."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.c_margin = 0
    pdf.add_font(NAME, fname=FONT, collection_font_number=0)
    pdf.set_title(title)
    return pdf


def write_line(pdf: FPDF, x: float, y: float, size: int, said: str, width: float) -> None:
    """One line, as much of it as has room; places in mm, the size in points."""
    pdf.set_font(NAME, size=size)
    text = " ".join(said.split())
    while text and pdf.get_string_width(text) > width:
        text = text[:-1]
    pdf.text(x, y, text)


def draw_code(pdf: FPDF, text: str, x: float, y: float, side: float, *, scale: int = 1) -> None:
    """A code to be scanned, with its quiet border; places in mm.

    :param scale: pixels a module.
    """
    picture = BytesIO()
    segno.make(text, micro=False).save(picture, kind="png", scale=scale, border=4)
    pdf.image(picture, x=x, y=y, w=side, h=side)
