"""Who is in a centre, or on the way there, as whose carer; also where people go on as another case."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import select, true
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.cases.lists import LIVING
from services.isolation.cases.merged import going_on, one_person, with_merged
from services.isolation.cases.tables import cases
from services.isolation.central.rules import ADMITTED, ADULT, DECIDED
from services.isolation.central.tables import IS_ADMITTED, TAKES_BED, moves
from services.isolation.links.tables import links

_M = moves.c


class Ward(NamedTuple):
    """Somebody who cannot be alone and is in a centre: their case, the move, and their carer's case."""

    case_id: str
    move_id: str
    carer: str


class AdultThere(NamedTuple):
    """An adult who has a bed in a centre, or for whom one is held.

    :param goes_on_as: the case under which they go on: their own where it did not end merged.
    """

    case_id: str
    goes_on_as: str
    centre_id: str
    room_id: str
    state: str


def adults_there(conn: Connection, household: str, centre_id: str | None = None) -> list[AdultThere]:
    """Those of the household, be it of their own case or of the one that goes on for it.

    :param centre_id: None: in any.
    """
    # No index has households: their links name the cases that were ever of them.
    ever = conn.execute(select(links.c.cases).where(links.c.household == household)).scalar_one_or_none()
    theirs = with_merged(conn, ever) if ever else ()
    rows = conn.execute(
        select(_M.case_id, _M.centre_id, _M.room_id, _M.state, LIVING.label("household"))
        .join(cases, cases.c.case_id == _M.case_id)
        .where(is_in(conn, _M.case_id, theirs), TAKES_BED, _M.who == ADULT)
        .where(_M.centre_id == centre_id if centre_id else true())
        .order_by(_M.case_id)
    ).all()
    goes_on_as = going_on(conn, {row.case_id for row in rows}) if rows else {}
    others = select(cases.c.case_id, LIVING).where(is_in(conn, cases.c.case_id, set(goes_on_as.values())))
    households = {id: its for id, its in conn.execute(others)} if goes_on_as else {}
    found = []
    for row in rows:
        end = goes_on_as.get(row.case_id, row.case_id)
        if household in (row.household, households.get(end)):
            found.append(AdultThere(row.case_id, end, row.centre_id, row.room_id, row.state))
    return found


def may_be_carers(conn: Connection, household: str, centre_id: str, state: str) -> list[AdultThere]:
    """For somebody who is in the centre, the adults who are there; for somebody who is on the way, those who
    are on the way, too.

    :param state: of the move of the one who cannot be alone.
    """
    there = adults_there(conn, household, centre_id)
    return [adult for adult in there if state in (adult.state, DECIDED)]


def by_case(adults: Iterable[AdultThere]) -> dict[str, AdultThere]:
    """The adults by their case there, and by the one that goes on for it."""
    return {case_id: adult for adult in adults for case_id in (adult.case_id, adult.goes_on_as)}


def admitted_carers(conn: Connection, carers: Collection[str]) -> set[str]:
    """Those of these carers who are in a centre, be it under another case of theirs."""
    end_of = one_person(conn, carers)
    there = select(_M.case_id).where(is_in(conn, _M.case_id, end_of), IS_ADMITTED)
    ends = {end_of[id] for id in conn.execute(there).scalars()} if end_of else set()
    return {carer for carer in carers if end_of[carer] in ends}


def in_care(conn: Connection, carers: Collection[str]) -> dict[str, str]:
    """Beds of those who are in the care of these, be it under another case of theirs: move -> state."""
    if not carers:
        return {}
    wards = select(_M.move_id, _M.state).where(is_in(conn, _M.carer, one_person(conn, carers)), TAKES_BED)
    return {row.move_id: row.state for row in conn.execute(wards)}


def without_carer(conn: Connection) -> list[Ward]:
    """Who is there and whose carer, who has a case, is not, by when they were admitted."""
    of_carer = moves.alias("of_carer")
    there = select(of_carer.c.move_id).where(of_carer.c.case_id == _M.carer, of_carer.c.state == ADMITTED)
    rows = conn.execute(
        select(_M.case_id, _M.move_id, _M.carer)
        .where(IS_ADMITTED, _M.who != ADULT, _M.carer.is_not(None), ~there.exists())
        .order_by(_M.admitted_at, _M.move_id)
    )
    found = [Ward(row.case_id, row.move_id, row.carer) for row in rows]
    # Seldom: their carer may be there under another case.
    with_them = admitted_carers(conn, {ward.carer for ward in found}) if found else set()
    return [ward for ward in found if ward.carer not in with_them]
