"""The certificate of somebody who is released, for an officer to print."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.certificates.as_pdf import pdf_of
from services.console.pages.certificates.papers import Papers
from services.console.pages.entry.who import acting, only_in
from services.console.pages.pdf import can_make_pdf
from services.console.pages.refusals import refusal_page


def add_certificate(pages: Blueprint, doors: Doors, work: Work, papers: Papers | None) -> None:
    """:param papers: None: there are none."""
    gives = papers is not None and can_make_pdf()
    pages.context_processor(lambda: {"gives_certificates": gives})

    @pages.get("/cases/<case_id>/certificate")
    @only_in(work, "officer")
    def certificate(case_id: str) -> Response:
        paper = papers.of(doors, acting(), case_id) if papers and gives else None
        return pdf_of(paper) if paper else refusal_page(404)
