"""The first contact of a case was made: its arrival is contacted, or verified where they were seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from chassis.commands.command import Author, Said
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Refused
from field.scope import EVERYWHERE
from services.registration.arrivals.followed import TAKEN_BACK
from services.registration.arrivals.tables import arrival_history
from services.registration.following.acts import Acts

TAKES_BACK: Final = "case.contact_taken_back"


class NotHeardYet(Exception):
    """The contact that is taken back has not been heard of: it is tried again a little later."""


def hear_of_contact(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Takes `case.contacted`, and that one was taken back.

    Each is a line of the history, also where somebody said the same of the arrival before: where one is taken
    back, the other still counts. Isolation knows of it: nothing is said to it again, but for what changes of
    the arrival by this. Raises NotHeardYet.
    """
    made = sorted((e for e in events if e.type != TAKES_BACK), key=lambda event: event.data["at"])
    back = [event for event in events if event.type == TAKES_BACK]
    acts = Acts(uow, (event.data["arrival_id"] for event in events))
    for event in made:
        _note(acts, event)
    acts.write()
    if back:
        acts = Acts(uow, (event.data["arrival_id"] for event in back))
        for event in back:
            _take_back(acts, event)
        acts.write()


def _note(acts: Acts, event: Event) -> None:
    data = event.data
    said = _said(event)
    try:
        draft = acts.arrival(said, data["arrival_id"])
    except Refused:  # a case without an arrival: the audit names it
        return
    outcome = "verified" if data["how"] == "seen" else "contacted"
    detail = {"staff_id": data["staff_id"], "how": data["how"], "act": data.get("act")}
    acts.add(draft, outcome, said, detail=detail)


def _take_back(acts: Acts, event: Event) -> None:
    data, said = event.data, _said(event)
    try:
        draft = acts.arrival(said, data["arrival_id"])
    except Refused:
        return
    number, what = _line(acts.uow, event)
    acts.add(draft, TAKEN_BACK, said, detail={"of": number, "was": what, "staff_id": data["staff_id"]})


def _line(uow: UnitOfWork, event: Event) -> tuple[int, str]:
    """(number, what) of the line of the contact. Raises NotHeardYet."""
    data, h = event.data, arrival_history.c
    contact = f"case.contacted:{data['task_id']}:"
    own = (h.arrival_id == data["arrival_id"]) & (h.source == event.source)
    for row in uow.conn.execute(select(h.number, h.what, h.event_id, h.detail).where(own)):
        # Events of an earlier version do not name the act.
        if row.event_id.startswith(contact) and row.detail.get("act") in (None, data["act"]):
            return row.number, row.what
    raise NotHeardYet(f"arrival {data['arrival_id']}: the contact that is taken back comes first")


def _said(event: Event) -> Said:
    author = Author("staff", event.source, event.data["staff_id"] or "")
    return Said(author, EVERYWHERE, event.data["at"], event.data, event)
