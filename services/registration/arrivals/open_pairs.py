"""Open pairs: ask staff about arrivals that may be one person's or one coming.

None of them is held up, and none joined: that is for staff to decide. The workers of both are told at once,
where there is none the officers of the community, or else of the street.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import insert_rows, is_in, take_turns, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.arrivals.few_pairs import TOO_MANY, few_of_each
from services.registration.arrivals.pairs import Doubt, Pair, pair_of
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.places.queries import place_names
from services.registration.staff.queries import Doorstep, staff_of_doorsteps

_TURN: Final = 7_261_008

MOST_TOLD: Final = 5
"""So many texts of one unit of work go to one member of staff: a list sent twice under other numbers makes
hundreds of pairs. The others stand in `doorstep duplicates list`."""

MOST_ASKED: Final = 5
"""So many pairs of one arrival are told in a day: a number that 200 people give, one after another, leads all
of them to the same first one."""
_DAY: Final = timedelta(days=1)


def take_turn(conn: Connection) -> None:
    """Pairs are found and kept by one transaction after the other, so that none overlooks another's."""
    take_turns(conn, _TURN)


def open_pairs(
    uow: UnitOfWork, pairs: Mapping[Pair, Doubt], causes: Mapping[str, Event], *, tell: bool
) -> None:
    """
    :param pairs: those of one person with a reason that follows from a likeness are passed over, and those of
        one household that have only the phone in common.
    :param causes: by arrival id, the event that told of it last.
    :param tell: tell the staff of both. Not where the arrivals came long ago.
    """
    if not pairs:
        return
    take_turn(uow.conn)
    rows = _arrivals(uow.conn, {id for pair in pairs for id in pair})
    asked = {
        pair: why for pair, why in pairs.items() if not _is_settled(why.why, rows[pair[0]], rows[pair[1]])
    }
    known = _strengthen(uow, asked)
    new = {pair: doubt for pair, doubt in asked.items() if pair not in known}
    if new and (opened := few_of_each(uow.conn, new, rows)):
        _insert(uow, opened)
        _announce(uow, {pair: opened[pair] for pair in sorted(opened)}, rows, causes, tell=tell)


def drop_pairs(conn: Connection, why: str, arrival_ids: Collection[str]) -> None:
    """Their likeness turned out to say nothing: none of them is asked about for this reason any more."""
    p = possible_duplicates.c
    among = is_in(conn, p.first, sorted(arrival_ids)) & is_in(conn, p.second, sorted(arrival_ids))
    conn.execute(
        update(possible_duplicates).where(among, p.state == "open", p.why == why).values(state="dropped")
    )


def drop_housemates(conn: Connection, households: Collection[str]) -> None:
    """People who turned out to live together share a phone: they are no longer asked about for that alone."""
    take_turn(conn)
    members = arrivals.c
    rows = conn.execute(
        select(members.household_id, members.id).where(is_in(conn, members.household_id, sorted(households)))
    )
    by_household: dict[str, set[str]] = {}
    for household, arrival_id in rows:
        by_household.setdefault(household, set()).add(arrival_id)
    for _, ids in sorted(by_household.items()):
        drop_pairs(conn, "same_phone", ids)


_OF_ONE_PERSON: Final = frozenset(
    {"similar_number", "same_name_and_birth_date", "same_name_beside", "same_phone"}
)


def _is_settled(why: str, first: Any, second: Any) -> bool:
    if why in _OF_ONE_PERSON and first.person_id == second.person_id:
        return True  # known to be one person: their arrivals are compared with each other by the 48-hour rule
    return why == "same_phone" and first.household_id == second.household_id


def _arrivals(conn: Connection, ids: Collection[str]) -> dict[str, Any]:
    a = arrivals.c
    columns = (a.id, a.person_id, a.household_id, a.street, a.community, a.grid, a.worker)
    return {row.id: row for row in conn.execute(select(*columns).where(is_in(conn, a.id, sorted(ids))))}


def _insert(uow: UnitOfWork, pairs: Mapping[Pair, Doubt]) -> None:
    rows = [
        {
            "first": first,
            "second": second,
            "why": pairs[first, second].why,
            "details": pairs[first, second].details,
            "state": "open",
            "opened_at": uow.now,
        }
        for first, second in sorted(pairs)
    ]
    insert_rows(uow.conn, possible_duplicates, rows)


def _strengthen(uow: UnitOfWork, pairs: Mapping[Pair, Doubt]) -> set[Pair]:
    """An open pair gets the stronger reason, a dropped one is opened again; what staff decided stays.

    Returns those that are known.
    """
    p = possible_duplicates.c
    these = is_in(uow.conn, p.first, sorted({first for first, _ in pairs}))
    stored = select(p.first, p.second, p.why, p.state).where(these).order_by(p.first, p.second)
    rows, known = [], set()
    for first, second, before, state in uow.conn.execute(stored.with_for_update()):
        doubt = pairs.get((first, second))
        known.add((first, second))
        if before == TOO_MANY:  # it says so of a person, and goes on saying it
            continue
        if doubt and (state == "dropped" or (state == "open" and doubt.is_stronger_than(before))):
            changed = {"why": doubt.why, "details": doubt.details, "state": "open"}
            rows.append({"first": first, "second": second, **changed})
    update_rows(uow.conn, possible_duplicates, rows, key=["first", "second"], set=["why", "details", "state"])
    return known


# -- telling -------------------------------------------------------------------------------------------------


def _announce(
    uow: UnitOfWork,
    opened: Mapping[Pair, Doubt],
    rows: Mapping[str, Any],
    causes: Mapping[str, Event],
    *,
    tell: bool,
) -> None:
    ids = sorted({id for pair in opened for id in pair})
    doorsteps = {id: Doorstep(rows[id].worker, rows[id].community, rows[id].street) for id in ids}
    staff = staff_of_doorsteps(uow.conn, doorsteps) if tell else {}
    names = place_names(uow.conn, [place for id in ids for place in (rows[id].community, rows[id].grid)])
    told: Counter[str] = Counter()
    asked = _asked_today(uow, opened)
    for (first, second), doubt in opened.items():
        sides = []
        asked.update((first, second))
        is_told = max(asked[first], asked[second]) <= MOST_ASKED
        for id in (first, second):
            of_side = staff.get(id, ()) if is_told else ()
            members = [member for member in of_side if told[member["staff_id"]] < MOST_TOLD]
            told.update(member["staff_id"] for member in members)
            sides.append(_side(rows[id], names, members))
        data = {"why": doubt.why, "arrivals": sides}
        cause = causes.get(second) or causes.get(first)
        uow.record("possible_duplicate.opened", f"{first}:{second}", 1, data, cause=cause)


def _asked_today(uow: UnitOfWork, opened: Collection[Pair]) -> Counter[str]:
    """Of each arrival, how many pairs were opened within a day before these."""
    p, ids = possible_duplicates.c, sorted({id for pair in opened for id in pair})
    today = p.opened_at > uow.now - _DAY
    asked: Counter[str] = Counter()
    for column, other in ((p.first, p.second), (p.second, p.first)):
        rows = uow.conn.execute(select(column, other).where(is_in(uow.conn, column, ids), today))
        asked.update(id for id, with_whom in rows if pair_of(id, with_whom) not in opened)
    return asked


def _side(row: Any, names: Mapping[str, str], staff: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    named = (names.get(place) for place in (row.community, row.grid) if place)
    return {
        "arrival_id": row.id,
        "street": row.street,
        "community": row.community,
        "grid": row.grid,
        "place": " ".join(name for name in named if name) or None,
        "staff": list(staff),
    }
