"""How many acts that phones kept wait for whoever asks."""

from __future__ import annotations

from chassis.unit_of_work import Work
from services.console.pages.officers.asking import Asking
from services.console.phone_acts.queries import waiting_by_staff


def acts_waiting(work: Work, asking: Asking) -> int:
    """Of the staff of their places; 0 while the register cannot be asked, which the page says."""
    with work.look() as uow:
        waits = waiting_by_staff(uow)
    known = asking.names_of_many(waits, ()).staff if waits else {}
    return sum(many for staff_id, many in waits.items() if known.get(staff_id, {}).get("yours"))
