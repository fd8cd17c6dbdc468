"""The reasons that `arrival.reassessed` gives for announcing an arrival again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from services.registration.arrivals.arrival import Arrival, StoredArrival
from services.registration.arrivals.coming import Coming
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import wrong_phones
from services.registration.arrivals.voices import phones, voices_of
from services.registration.persons.phones import same_phone
from services.registration.places.spelling import fold

# Who was told when somebody comes need not be told of less.
_MOVED = timedelta(hours=3)


def changes(stored: StoredArrival, draft: Draft, arrival: Arrival) -> list[str]:
    """One word for each kind of change; none where a report only repeats what is known.

    :param draft: of the arrival, its earlier statements folded.
    """
    before, after = draft.before, arrival.coming
    assert before is not None
    why = []
    if not set(after.stops) <= set(before.stops):
        why.append("stop_added")
    if not set(before.stops) <= set(after.stops):
        why.append("stop_removed")
    if draft.companions_changed:
        why.append("companion_added")
    if arrival.risk.level != stored.risk:
        why.append("risk_raised" if arrival.risk.level > stored.risk else "risk_lowered")
    if after.not_coming != stored.not_coming:
        why.append(_ended(arrival) if after.not_coming else _goes_on(stored))
    elif after.expected != before.expected:
        why.append("not_yet_come" if after.expected else "came")
    moved = _where(arrival) != (stored.street, stored.community, stored.grid, stored.worker)
    if before is not after:
        why += _corrected(draft, before, after)
        moved = moved or _details_differ(before, after)
    if moved:
        why.append("details_added")
    return why


def _ended(arrival: Arrival) -> str:
    return {"not_here": "not_here", "merged": "same_as_other"}.get(arrival.reached or "", "called_off")


def _goes_on(stored: StoredArrival) -> str:
    return "not_the_same" if stored.state == "merged" else "coming_after_all"


def _where(arrival: Arrival) -> tuple[str | None, ...]:
    placement = arrival.coming.placement
    return placement.street, placement.community, placement.grid, arrival.worker


def _details_differ(before: Coming, after: Coming) -> bool:
    """The stops have a word of their own, and the sources and number of reports are no detail."""
    same = {"stops": after.stops, "source_kinds": after.source_kinds, "reports": after.reports}
    return replace(before, **same) != after  # type: ignore[arg-type]


def _corrected(draft: Draft, before: Coming, after: Coming) -> Iterator[str]:
    """What somebody may have been told otherwise."""
    phone, earlier = _reached_at(after), _reached_at(before)
    if phone != earlier and (not earlier or not phone or same_phone(phone) != same_phone(earlier)):
        if phone:
            yield "phone_changed"
        if before.person.phone and _is_taken_back(before.person.phone, draft):
            yield "phone_taken_back"
    if _door(after) != _door(before):
        yield "address_changed"
    if abs(after.arrived_at - before.arrived_at) > _MOVED:
        yield "time_moved"


def _reached_at(coming: Coming) -> str | None:
    return coming.person.phone or (coming.contact.phone if coming.contact else None)


def _is_taken_back(phone: str, draft: Draft) -> bool:
    """Whether nobody says any more that it is the person's number, or somebody knows that it is not."""
    given = {same_phone(number) for number in phones(voices_of(draft.statements))}
    return same_phone(phone) not in given - wrong_phones(draft.all_acts)


def _door(coming: Coming) -> tuple[str | None, ...]:
    return coming.placement.community, coming.placement.grid, fold(coming.address)
