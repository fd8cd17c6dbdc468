"""Cases whose term has passed are stripped of what is known of their people; ids, days and counts stay."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from sqlalchemy import Text, or_, select, type_coerce, update
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from services.isolation.cases.case import Case
from services.isolation.cases.casebook import Casebook, casebook
from services.isolation.cases.events import caused_by_case
from services.isolation.cases.tables import case_history, cases, merged_cases
from services.isolation.links.tables import links
from services.isolation.plans.states import LIVE
from services.isolation.plans.tables import tasks
from services.isolation.release.codes import await_codes_no_more
from services.isolation.retention.columns import EMPTIED, OF_HOUSEHOLDS
from services.isolation.retention.find_terms import find_terms
from services.isolation.retention.rules import look_again_on, strip_on, without_words
from services.isolation.retention.strip_results import strip_results
from services.isolation.retention.strip_rounds import strip_in_rounds, strip_rounds

_PIECE: Final = 200
"""Cases of a turn: events are handled between two of them."""
_STRIPPED: Final = "stripped"


def strip_cases(uow: UnitOfWork) -> int:
    """Strip a bounded number of cases. Those of a household go together, once the last of them is due.

    Returns how many rows it looked at; 0 where nothing is due and all terms of the day are known.
    """
    today = local_day(uow.now, uow.zone)
    others = _strip_due(uow, today) or strip_results(uow, today) or strip_rounds(uow, today)
    return others or find_terms(uow, today)


def _strip_due(uow: UnitOfWork, today: date) -> int:
    c = cases.c
    due = select(c.case_id, c.household_id).where(c.strip_on <= today).order_by(c.strip_on)
    found = uow.take(due, c.case_id, _PIECE)
    if not found:
        return 0
    taken = {row.case_id: row.household_id or row.case_id for row in found}
    left = _households_left(uow.conn, taken)
    members = _members(uow.conn, {*taken.values(), *(id for ids in left.values() for id in ids)})
    for case_id, household in taken.items():
        members.setdefault(household, set()).add(case_id)
    with casebook(uow) as book:
        # All of them at once, in sorted order, as everybody locks cases.
        locked = book.lock({id for ids in members.values() for id in ids})
        terms = _terms(book, locked.values())
        again = {
            household: look_again_on(today, (terms[id] for id in members[household] if id in terms))
            for household in sorted(set(taken.values()))
        }
        ready = [locked[id] for id, household in taken.items() if locked[id].household == household]
        stripped = [case for case in ready if again[case.household] is None]
        for case in stripped:
            _strip(book, case)
    ids = {case.case_id for case in stripped}
    _empty(uow.conn, ids)
    strip_in_rounds(uow.conn, ids)
    await_codes_no_more(uow.conn, ids)
    gone = ids | (locked.keys() - terms.keys())
    households = {case.household for case in stripped} | {h for id in ids for h in left[id]}
    _forget_households(uow.conn, [h for h in households if members.get(h, set()) & locked.keys() <= gone])
    later = [
        {"case_id": id, "strip_on": again[household]}
        for id, household in taken.items()
        if id not in ids and locked[id].stripped_at is None
    ]
    update_rows(uow.conn, cases, later, key=["case_id"], set=["strip_on"])
    return len(found)


def _households_left(conn: Connection, case_ids: Collection[str]) -> Mapping[str, set[str]]:
    """The households that people were of before: what is kept of them goes with the last who knew it."""
    h = case_history.c
    moved = is_in(conn, h.case_id, case_ids) & type_coerce(h.detail, Text).contains('"household"')
    found = {id: {id} for id in case_ids}  # as long as they lived alone
    for case_id, detail in conn.execute(select(h.case_id, h.detail).where(moved)):
        if isinstance(pair := detail.get("household"), list):
            found[case_id].add(pair[0])
    return found


def _members(conn: Connection, households: Collection[str]) -> dict[str, set[str]]:
    """Household -> the cases that were ever of it."""
    known = select(links.c.household, links.c.cases).where(is_in(conn, links.c.household, households))
    return {household: set(case_ids) for household, case_ids in conn.execute(known)}


def _terms(book: Casebook, known: Iterable[Case]) -> dict[str, date | None]:
    """When the term of each ends that is not stripped; None: somebody still has something to do for it, or it
    goes on as another one that is followed.
    """
    left = [case for case in known if case.stripped_at is None]
    k, m, conn, ids = tasks.c, merged_cases.c, book.uow.conn, [case.case_id for case in left]
    undone = is_in(conn, k.case_id, ids) & k.state.in_(sorted(LIVE))
    followed = select(m.case_id).join(cases, cases.c.case_id == m.goes_on_as)
    goes_on = is_in(conn, m.case_id, ids) & cases.c.closed_at.is_(None)
    busy = set(conn.execute(select(k.case_id).where(undone)).scalars())
    busy |= set(conn.execute(followed.where(goes_on)).scalars())
    return {
        case.case_id: None
        if case.case_id in busy
        else strip_on(case, book.policy(case).retention_days, book.uow.zone)
        for case in left
    }


def _strip(book: Casebook, case: Case) -> None:
    uow = book.uow
    arrival = replace(case.arrival, person=uow.sealer.seal({}), identity=0)
    case = replace(case, arrival=arrival, heard=None, stripped_at=uow.now)
    case = replace(case, history_lines=case.history_lines + 1)
    book.change(case, _STRIPPED, None, {})
    data = {"case_id": case.case_id, "arrival_id": case.case_id, "household_id": case.arrival.household_id}
    cause = caused_by_case(uow, case.case_id, case.correlation_id)
    uow.record("case.stripped", case.case_id, 1, data, cause=cause)


def _empty(conn: Connection, case_ids: Collection[str]) -> None:
    if not case_ids:
        return
    for of_case, columns in EMPTIED:
        held = or_(*(column != "" for column in columns))  # null is neither
        none = {column: None if column.nullable else "" for column in columns}
        conn.execute(update(of_case.table).where(is_in(conn, of_case, case_ids), held).values(none))
    h = case_history.c
    said = is_in(conn, h.case_id, case_ids) & type_coerce(h.detail, Text).contains('"note"')
    rows = conn.execute(select(h.case_id, h.number, h.detail).where(said)).all()
    silent = [
        {"case_id": row.case_id, "number": row.number, "detail": without_words(row.detail)} for row in rows
    ]
    update_rows(conn, case_history, silent, key=["case_id", "number"], set=["detail"])


def _forget_households(conn: Connection, households: Sequence[str]) -> None:
    for table in OF_HOUSEHOLDS:
        delete_rows(conn, table, [{"household": one} for one in sorted(households)], key=["household"])
