"""The first contact of a case was made: its arrival is contacted, or verified where they were seen."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Final

from sqlalchemy import select

from chassis.commands.command import Author, Said
from chassis.database.statements import is_in
from chassis.database.tables import TABLES
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Refused
from field.scope import EVERYWHERE
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import TAKEN_BACK
from services.registration.arrivals.tables import arrival_history
from services.registration.following.acts import Acts

TAKES_BACK: Final = "case.contact_taken_back"
_HANDLER: Final = "registration.hear_of_contact"
_TIMES: Final = range(1, 10)
"""So often at most a contact is told of during an upgrade; an earlier isolation told of each task once."""


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
    if line := _line(acts.uow, draft, event):
        number, what = line
        detail = {"of": number, "was": what, "staff_id": data["staff_id"]}
        acts.add(draft, TAKEN_BACK, said, detail=detail)


def _line(uow: UnitOfWork, draft: Draft, event: Event) -> tuple[int, str] | None:
    """(number, what) of the line of the contact; None: an earlier version heard of it and wrote none, for the
    arrival was reached already. Raises NotHeardYet.
    """
    data, h = event.data, arrival_history.c
    begins = f"case.contacted:{data['task_id']}:"
    own = (h.arrival_id == data["arrival_id"]) & (h.source == event.source)
    lines = [
        line
        for line in uow.conn.execute(select(h.number, h.what, h.event_id, h.detail).where(own))
        if line.event_id.startswith(begins)
    ]
    back = {act.takes_back for act in (*draft.acts, *draft.new_acts)}
    named = [line for line in lines if line.detail.get("act") == data["act"]]
    of_author = [  # events of an earlier version do not name the act
        line
        for line in lines
        if "act" not in line.detail
        and line.detail.get("staff_id") == data["staff_id"]
        and line.number not in back
    ]
    for line in (*named, *of_author):
        return line.number, line.what
    if _wrote_none(uow, event.source, {f"{begins}{n}" for n in _TIMES} - {line.event_id for line in lines}):
        return None
    raise NotHeardYet(f"arrival {data['arrival_id']}: the contact that is taken back comes first")


def _wrote_none(uow: UnitOfWork, source: str, event_ids: Set[str]) -> bool:
    """Whether one of these events was heard, though it has no line."""
    i = TABLES["inbox"].c
    heard = (i.handler == _HANDLER) & (i.source == source) & is_in(uow.conn, i.event_id, event_ids)
    return uow.conn.execute(select(i.event_id).where(heard).limit(1)).first() is not None


def _said(event: Event) -> Said:
    author = Author("staff", event.source, event.data["staff_id"] or "")
    return Said(author, EVERYWHERE, event.data["at"], event.data, event)
