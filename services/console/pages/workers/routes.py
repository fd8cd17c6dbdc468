"""The pages of workers, and of those who enrol them."""

from __future__ import annotations

from flask import Blueprint

from chassis.unit_of_work import Work
from services.console.doors import Doors
from services.console.pages.clock import in_words
from services.console.pages.workers.check_in import add_check_in
from services.console.pages.workers.enrol import add_enrolment
from services.console.pages.workers.from_phones import add_from_phones
from services.console.pages.workers.household import add_household
from services.console.pages.workers.knocking import add_knocking
from services.console.pages.workers.mend import add_mending
from services.console.pages.workers.my_doors import add_doors
from services.console.pages.workers.needs import add_needs_of_households
from services.console.pages.workers.otherwise import add_otherwise
from services.console.pages.workers.permits import add_permits_of_households
from services.console.pages.workers.said_today import add_said_today
from services.console.pages.workers.shopping import add_shopping
from services.console.pages.workers.take_back import add_take_back
from services.console.pages.workers.without_network import add_without_network
from services.console.phone_acts.keys import ActKeys


def make_workers(work: Work, doors: Doors, public_url: str | None) -> Blueprint:
    """
    :param work: on the console's own database: who is in.
    :param doors: of the services, asked in their name.
    :param public_url: under which people reach the console, where it is known.
    """
    pages = Blueprint("workers", __name__, template_folder="templates")
    pages.add_app_template_filter(in_words, "in_words")
    add_enrolment(pages, work, doors, public_url)
    add_doors(pages, work, doors)
    add_household(pages, work, doors)
    add_check_in(pages, work, doors)
    add_mending(pages, work, doors)
    add_otherwise(pages, work, doors)
    add_needs_of_households(pages, work, doors)
    add_permits_of_households(pages, work, doors)
    add_shopping(pages, work, doors)
    add_knocking(pages, work, doors)
    add_take_back(pages, work, doors)
    add_said_today(pages, work, doors)
    keys = ActKeys(work.sealer)
    add_without_network(pages, work, doors, keys)
    add_from_phones(pages, work, doors, keys)
    return pages
