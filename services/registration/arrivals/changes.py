"""The reasons that `arrival.reassessed` gives for announcing an arrival again."""

from __future__ import annotations

from dataclasses import replace

from services.registration.arrivals.arrival import Arrival, StoredArrival
from services.registration.arrivals.coming import Coming


def changes(
    stored: StoredArrival, before: Coming, arrival: Arrival, *, companions_changed: bool
) -> list[str]:
    """One word for each kind of change; none where a report only repeats what is known.

    :param before: its coming from the earlier statements alone.
    """
    why = []
    after = arrival.coming
    if before.stops != after.stops:
        why.append("stop_added")
    if companions_changed:
        why.append("companion_added")
    if arrival.risk.level != stored.risk:
        why.append("risk_raised" if arrival.risk.level > stored.risk else "risk_lowered")
    moved = _where(arrival) != (stored.street, stored.community, stored.grid, stored.worker)
    if moved or _details_differ(before, after):
        why.append("details_added")
    return why


def _where(arrival: Arrival) -> tuple[str | None, ...]:
    placement = arrival.coming.placement
    return placement.street, placement.community, placement.grid, arrival.worker


def _details_differ(before: Coming, after: Coming) -> bool:
    """The stops have a word of their own, and the sources and number of reports are no detail."""
    if before is after:
        return False
    return replace(before, stops=after.stops, source_kinds=after.source_kinds, reports=after.reports) != after
