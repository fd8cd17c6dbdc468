"""The pages of workers, and of those who enrol them."""

from __future__ import annotations

from flask import Blueprint

from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.workers.enrol import add_enrolment


def make_workers(work: Work, doors: Doors, public_url: str | None) -> Blueprint:
    """:param public_url: under which people reach the console, where it is known."""
    pages = Blueprint("workers", __name__, template_folder="templates")
    add_enrolment(pages, work, doors, public_url)
    return pages
