"""A source sends a report again that was flawed in a part, and now it is whole: the part waits no more."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from services.registration.arrivals.draft import Draft
from services.registration.arrivals.retold_stops import still_waiting
from services.registration.persons.names import name_form
from services.registration.reports.statement import Statement


def mended_reports(drafts: Iterable[Draft], sound: Collection[str]) -> set[str]:
    """
    :param drafts: the arrivals in hand.
    :param sound: the reports of this batch that have no fault.
    :returns: the reports about the same arrivals whose flawed part a sound one names again.
    """
    return {
        said.report_id
        for draft in drafts
        for said in draft.statements
        if said.waits and any(new.report_id in sound and _is_told_whole(said, new) for new in draft.new)
    }


def _is_told_whole(said: Statement, again: Statement) -> bool:
    """Whether it says as much: somebody who waits must not be forgotten for a report that leaves them out.

    Whose name nobody can read waits until staff or the source correct that very report.
    """
    named = {name_form(person.name) for person in again.report.people if person.name}
    return (
        again.publisher == said.publisher
        and again.order[0] >= said.order[0]
        and named.issuperset(said.report.waiting)
        and len(again.report.people) >= len(said.report.people)
        and len(again.report.stops) >= len(said.report.stops)
        and not still_waiting(said.report.stops, again.report.stops)
    )
