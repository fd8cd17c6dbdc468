"""Those who live with somebody positive become close contacts, and are so no more where that was a mistake.

Whoever of the household is followed, or was until lately, keeps to the measure of contacts from then on; its
days begin with the last day on which they were together. Who lives there and has no case stands on no list
of ours: the officer lists them (positives/list_close_contact.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select

from chassis.database.statements import is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from services.isolation.cases import states
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import CHUNK, Casebook, casebook
from services.isolation.cases.lookup import due_cases
from services.isolation.cases.merged import with_merged
from services.isolation.cases.revise_cases import Occasion, revise_cases
from services.isolation.cases.revising import Change
from services.isolation.cases.story import Chapter, Exposed
from services.isolation.cases.tables import cases
from services.isolation.links.tables import links
from services.isolation.positives.discharged import change_by_discharge
from services.isolation.tests.followed import all_results_of, back_from_hospital
from services.isolation.tests.tables import positives

_REASON: Final = "close_contact"
_NO_MORE: Final = "close_contact_taken_back"
_P: Final = positives.c


def make_contacts(uow: UnitOfWork) -> int:
    """Do so for each positive whose time has come. Returns for how many."""
    c = cases.c
    treated = (_P.treated_id, _P.treated_from)
    columns = (c.case_id, c.household_id, _P.result_id, _P.found_at, *treated)
    due = due_cases(positives, _P.contacts_at, uow.now, *columns)
    rows = uow.take(due, c.case_id, CHUNK)
    if not rows:
        return 0
    with casebook(uow) as book:
        living = _living_with(uow, {row.case_id: row.household_id or row.case_id for row in rows})
        locked = book.lock({id for ids in living.values() for id in ids} | living.keys())
        whose = with_merged(uow.conn, living)
        back = back_from_hospital(uow.conn, whose)
        results = all_results_of(uow, {id: end for id, end in whose.items() if end in back}) if back else {}
        changes: dict[str, list[tuple[str, date | None, frozenset[str]]]] = {}
        of_themselves: dict[str, Change] = {}
        written: list[dict[str, Any]] = []
        for row in rows:
            positive = locked[row.case_id]
            since = _last_day(uow, positive, row)
            known_as = frozenset(id for id, end in whose.items() if end == row.case_id)
            for id in living[row.case_id] - known_as:
                if id not in locked or not _may_be_contact(locked[id]):
                    continue
                until = since
                if since and row.result_id and positive.closed_at is None:  # they are at home still
                    until = max(since, local_day(locked[id].arrival.arrived_at, uow.zone))
                if _concerns(uow, locked[id], positive, until):
                    changes.setdefault(id, []).append((row.case_id, until, known_as))
            known = results.get(row.case_id, ())
            if row.case_id in back and (change := change_by_discharge(positive, back[row.case_id], known)):
                of_themselves[row.case_id] = change
            known_since = since if row.result_id else None
            written.append({"case_id": row.case_id, "contacts_at": None, "contacts_since": known_since})
        found = ((id, _occasion(book, locked[id], of_it)) for id, of_it in sorted(changes.items()))
        occasions = {id: one for id, one in found if one}
        for line in written:
            id = line["case_id"]
            if id in of_themselves and id in occasions:
                line["contacts_at"] = uow.now  # one after the other: of themselves in the next turn
            elif id in of_themselves:
                occasions[id] = Occasion(locked[id], of_themselves[id])
        revise_cases(book, list(occasions.values()))
    update_rows(uow.conn, positives, written, key=["case_id"], set=["contacts_at", "contacts_since"])
    return len(rows)


def _living_with(uow: UnitOfWork, households: Mapping[str, str]) -> dict[str, set[str]]:
    """Each positive with the cases of their household.

    :param households: by case.
    """
    ever = select(links.c.household, links.c.cases)
    known = {
        household: set(case_ids)
        for household, case_ids in uow.conn.execute(
            ever.where(is_in(uow.conn, links.c.household, set(households.values())))
        )
    }
    return {case_id: known.get(household, set()) - {case_id} for case_id, household in households.items()}


def _last_day(uow: UnitOfWork, positive: Case, row: Any) -> date | None:
    """On which they were together: that of the finding, or of the end of the case, where they went then; of
    whoever came back from hospital, the one on which they went there. None: nothing was found that stands.
    """
    if row.result_id:
        return local_day(max(row.found_at, positive.closed_at or row.found_at), uow.zone)
    return local_day(row.treated_from, uow.zone) if row.treated_id and row.treated_from else None


def _concerns(uow: UnitOfWork, case: Case, positive: Case, until: date | None) -> bool:
    """Who has moved out since, or came after they were gone, becomes no contact; of a mistake they hear all
    the same.

    :param until: the last day on which they can have been together.
    """
    if until is None:
        return True
    return case.household == positive.household and local_day(case.arrival.arrived_at, uow.zone) <= until


def _may_be_contact(case: Case) -> bool:
    """Whoever went elsewhere, or never came, is followed there, or not at all."""
    return case.stripped_at is None and (case.closed_at is None or case.state == states.RELEASED)


def _occasion(
    book: Casebook, case: Case, of_it: Iterable[tuple[str, date | None, frozenset[str]]]
) -> Occasion | None:
    """None: they are contacts already, or were never."""
    gone: set[str] = set()
    new: list[Chapter] = []
    for by, since, known_as in of_it:
        told = [one.exposed for one in case.story if one.exposed and one.exposed.by in known_as]
        if [one.last_on for one in told] == ([since] if since else []):
            continue
        gone |= {one.by for one in told}
        if since:
            exposed = Exposed(by, since)
            new.append(Chapter(None, book.uow.now, (), case.policy_id, exposed=exposed))
    if not gone and not new:
        return None
    reason = _REASON if new else _NO_MORE
    change = Change(reason, chapters=tuple(new), from_today=True, exposed_no_more=frozenset(gone))
    return Occasion(case, change)
