"""The link that lets a phone in goes by text to its owner: to the number that the register of staff has."""

from __future__ import annotations

from typing import Final, Literal

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.acts import note
from services.console.accounts.invite import end_links, enrol
from services.console.accounts.queries import workers_of
from services.console.doors import DoorAway, Doors

NotTexted = Literal["no_mobile", "not_yet_known", "other_account", "away"]
_CONSOLE: Final = Actor(Author("console", "/console/enrolment", "enrolment"))


def text_link(
    work: Work, doors: Doors, public_url: str, staff_id: str, *, by: str
) -> NotTexted | Literal[""]:
    """Why it goes to nobody; "" where it does. A link of which nobody knows whether it went counts no more.

    :param by: who has it sent; see `acts.note`.
    """
    try:
        with work.unit() as uow:
            made = enrol(uow, staff_id, by=by)
    except Refused:
        return "other_account"
    link = f"{public_url}/take-up/{made.token}"
    said = {"staff_id": staff_id, "link": link, "until": made.expires_at.isoformat()}
    wrong: NotTexted | Literal[""] = ""
    try:
        doors.say("notification", "offer_enrolment", _CONSOLE, new_id(), said)
    except DoorAway:
        wrong = "away"
    except Refused as refused:
        wrong = "not_yet_known" if refused.kind == "unknown" else "no_mobile"
    with work.unit() as uow:
        for account in workers_of(uow.conn, [staff_id]):
            if wrong:
                end_links(uow, account.id)
            else:
                note(uow, account.id, by, "link_texted")
    return wrong
