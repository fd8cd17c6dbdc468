"""All pages of officers: one blueprint."""

from __future__ import annotations

from flask import Blueprint

from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.certificates.papers import Papers
from services.console.pages.officers.acknowledge import add_acknowledge
from services.console.pages.officers.board import add_board
from services.console.pages.officers.carer import add_carer
from services.console.pages.officers.case import add_case
from services.console.pages.officers.central import add_central
from services.console.pages.officers.certificate import add_certificate
from services.console.pages.officers.decide import add_decide
from services.console.pages.officers.export import add_export
from services.console.pages.officers.lists import add_lists
from services.console.pages.officers.release import add_release
from services.console.pages.officers.results import add_results
from services.console.pages.officers.rounds import add_rounds
from services.console.pages.officers.settle import add_settling
from services.console.pages.officers.staff import add_staff
from services.console.pages.officers.transfer import add_transfer


def make_officers(work: Work, doors: Doors, papers: Papers | None = None) -> Blueprint:
    """
    :param work: on the console's own database: who is in.
    :param doors: of the services, asked in their name.
    :param papers: certificates of release; None: there are none.
    """
    pages = Blueprint("officers", __name__, template_folder="templates")
    add_board(pages, doors, work)
    add_lists(pages, doors, work)
    add_case(pages, doors, work)
    add_certificate(pages, doors, work, papers)
    add_acknowledge(pages, doors, work)
    add_release(pages, doors, work)
    add_decide(pages, doors, work)
    add_transfer(pages, doors, work)
    add_central(pages, doors, work)
    add_carer(pages, doors, work)
    add_export(pages, doors, work)
    add_settling(pages, doors, work)
    add_results(pages, doors, work)
    add_rounds(pages, doors, work)
    add_staff(pages, doors, work)
    return pages
