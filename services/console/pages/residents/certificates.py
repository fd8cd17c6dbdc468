"""The certificate of somebody of the household who is released: on the phone, and as a PDF."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from flask import Blueprint
from werkzeug.wrappers import Response as Answer

from chassis.doors.limits import Allowance
from services.console.doors import Doors
from services.console.pages.certificates.as_pdf import pdf_of
from services.console.pages.certificates.papers import Papers
from services.console.pages.certificates.said import SAYS, values
from services.console.pages.entry.scanned import code_to_scan
from services.console.pages.pdf import can_make_pdf
from services.console.pages.refusals import refusal_page
from services.console.pages.residents.opening import Opened

View = Callable[..., Answer]
# A PDF takes most of a second of a processor.
_BURST: Final = 10.0
_PER_SECOND: Final = 1 / 60


def add_certificates(
    residents: Blueprint,
    own: Callable[[View], View],
    page: Callable[..., Answer],
    doors: Doors,
    papers: Papers | None,
) -> None:
    """
    :param own: makes a view of whoever's link it is, and of nobody else.
    :param page: makes a page of a template below `residents/`.
    """
    residents.context_processor(lambda: {"gives_certificates": papers is not None})
    left = Allowance(_BURST, _PER_SECOND)

    @residents.get("/certificate/<case_id>")
    @own
    def certificate_page(token: str, of: Opened, case_id: str) -> Answer:
        paper = papers.of(doors, of.actor, case_id) if papers else None
        if paper is None:
            return refusal_page(404)
        shown = [(SAYS[field], value) for field, value in values(paper.certificate)]
        return page(
            "certificate",
            token,
            opened=of,
            household={"community": paper.certificate.community},
            shown=shown,
            says=SAYS,
            scanned=code_to_scan(paper.address),
            pdf=f"certificate/{paper.certificate.case_id}/pdf" if can_make_pdf() else "",
        )

    @residents.get("/certificate/<case_id>/pdf")
    @own
    def certificate_pdf(token: str, of: Opened, case_id: str) -> Answer:
        if not can_make_pdf():
            return refusal_page(404)
        if not left.take(of.household):
            return refusal_page(429)
        paper = papers.of(doors, of.actor, case_id) if papers else None
        return pdf_of(paper) if paper else refusal_page(404)
