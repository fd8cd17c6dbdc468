"""The first contact of a case was made: its arrival is contacted, or verified where they were seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chassis.commands.command import Author, Said
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from contracts.faults import Refused
from field.scope import EVERYWHERE
from services.registration.following.acts import Acts

_ENOUGH: Final = {"contacted": ("contacted", "verified"), "verified": ("verified",)}


def hear_of_contact(uow: UnitOfWork, events: Sequence[Event]) -> None:
    """Takes `case.contacted`. Whoever said the same of the arrival before is not repeated.

    Isolation knows of it: nothing is said to it again, but for what changes of the arrival by this.
    """
    acts = Acts(uow, (event.data["arrival_id"] for event in events))
    for event in sorted(events, key=lambda event: event.data["at"]):
        data = event.data
        author = Author("staff", event.source, data["staff_id"] or "")
        said = Said(author, EVERYWHERE, data["at"], data, event)
        try:
            draft = acts.arrival(said, data["arrival_id"])
        except Refused:  # a case without an arrival: the audit names it
            continue
        outcome = "verified" if data["how"] == "seen" else "contacted"
        if draft.standing.reached not in _ENOUGH[outcome]:
            acts.add(draft, outcome, said, detail={"staff_id": data["staff_id"], "how": data["how"]})
    acts.write()
