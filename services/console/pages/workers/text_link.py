"""The link that lets a phone in goes by text to its owner: to the number that the register of staff has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.acts import note
from services.console.accounts.invite import ENDED, end_links_before, enrol
from services.console.accounts.take_up import use_up
from services.console.doors import DoorAway, Doors

NotTexted = Literal["no_mobile", "not_yet_known", "other_account", "ended", "away"]
_CONSOLE: Final = Actor(Author("console", "/console/enrolment", "enrolment"))


def text_links(
    work: Work, doors: Doors, public_url: str, staff_ids: Iterable[str], *, by: str
) -> Mapping[str, NotTexted | Literal[""]]:
    """By staff id, why a link goes to nobody; "" where it does. Once notification cannot be reached, nobody
    else waits for it.

    :param by: who has them sent; see `acts.note`.
    """
    texted: dict[str, NotTexted | Literal[""]] = {}
    away = False
    for staff_id in staff_ids:
        texted[staff_id] = "away" if away else _text_link(work, doors, public_url, staff_id, by)
        away = texted[staff_id] == "away"
    return texted


def _text_link(work: Work, doors: Doors, public_url: str, staff_id: str, by: str) -> NotTexted | Literal[""]:
    """Links and slips of before count until it is known that this one goes out. Else it counts no more."""
    try:
        with work.unit() as uow:
            made = enrol(uow, staff_id, by=by, beside=True)
    except Refused as refused:
        return no_account(refused)
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
        if wrong:
            use_up(uow, made.token)
        else:
            note(uow, end_links_before(uow, made.token), by, "link_texted")
    return wrong


def no_account(refused: Refused) -> Literal["other_account", "ended"]:
    """Why nobody takes an account up under this number."""
    return "ended" if any(fault.code == ENDED for fault in refused.faults) else "other_account"
