"""Arrivals whose cases are stripped lose what is known of somebody, and so do the reports behind them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import or_, select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import delete_rows, is_in, update_rows
from chassis.sealing import SealBroken
from chassis.unit_of_work import UnitOfWork
from field.days import local_day
from services.registration.arrivals.catalogue import read_catalogue
from services.registration.arrivals.find_likenesses import told_of
from services.registration.arrivals.followed import MENDED
from services.registration.arrivals.known_arrivals import read_drafts, read_earlier_statements
from services.registration.arrivals.lending import followed_as
from services.registration.arrivals.statement_keys import keys_of_statements
from services.registration.arrivals.tables import arrival_history, arrivals, possible_duplicates
from services.registration.persons.claims import NUMBER, Facts
from services.registration.persons.keys import as_id, keys_of
from services.registration.persons.likeness import KEYS, Traits
from services.registration.persons.stored_claims import lock_claims, update_claims
from services.registration.persons.tables import likenesses, person_keys
from services.registration.reports.flaws import kept_faults
from services.registration.reports.read_statements import read_statements
from services.registration.reports.report import SEAL_PURPOSE
from services.registration.reports.statement import Statement
from services.registration.reports.tables import companion_arrivals, reports
from services.registration.retention.bare_report import bare
from services.registration.transfers.states import OPEN, STRIPPED
from services.registration.transfers.tables import transfers

_PIECE: Final = 100
"""Arrivals of a turn: reports are received between two of them."""
_A: Final = arrivals.c
_R: Final = reports.c
_C: Final = companion_arrivals.c


def strip_arrivals(uow: UnitOfWork) -> int:
    """Strip a bounded number of arrivals; each report goes with the last of those that it led to.

    One that turned out to be another waits for that one, for what was told of it counts there. Returns how
    many rows it looked at.
    """
    today = local_day(uow.now, uow.zone)
    due = select(_A.id).where(_A.strip_on <= today).order_by(_A.strip_on)
    found = [row.id for row in uow.take(due, _A.id, _PIECE)]
    if not found:
        return 0
    waiting = _that_wait(uow, found)
    ids = [id for id in found if id not in waiting]
    said = _statements(uow, ids)
    traits = [*told_of(uow, read_catalogue(uow).places, ids)]
    # Keys before arrivals, as the intake locks them.
    claims = lock_claims(uow, {*_keys(uow, said), *_keys_of_mended(uow, ids)})
    locked = select(_A.id, _A.person_id).where(is_in(uow.conn, _A.id, ids)).order_by(_A.id).with_for_update()
    people = {row.id: row.person_id for row in uow.conn.execute(locked)}
    _forget_persons(uow, claims, people)
    _forget_likenesses(uow.conn, traits)
    blank = {"sealed": uow.sealer.seal({}), "place_key": "", "to_settle": None, "to_settle_since": None}
    these = update(arrivals).where(is_in(uow.conn, _A.id, ids))
    uow.conn.execute(these.values(**blank, strip_on=None, stripped_at=uow.now))
    _strip_what_was_said(uow.conn, ids)
    _strip_reports(uow, ids)
    _put_off(uow.conn, waiting, today)
    return len(found)


def _that_wait(uow: UnitOfWork, ids: Sequence[str]) -> set[str]:
    """Those of a merged arrival whose other one, as which it is followed, is not stripped."""
    catalogue, waiting = read_catalogue(uow), set()
    merged = select(_A.id).where(is_in(uow.conn, _A.id, ids), _A.state == "merged")
    for id in uow.conn.execute(merged).scalars().all():
        others = followed_as(uow, catalogue, [id])
        kept = select(_A.id).where(is_in(uow.conn, _A.id, sorted(others)), _A.stripped_at.is_(None))
        if set(uow.conn.execute(kept).scalars()):
            waiting.add(id)
    return waiting


def _put_off(conn: Connection, ids: Collection[str], today: date) -> None:
    tomorrow = update(arrivals).where(is_in(conn, _A.id, sorted(ids)))
    conn.execute(tomorrow.values(strip_on=today + timedelta(days=1)))


# -- how somebody is found again -----------------------------------------------------------------------------


def _statements(uow: UnitOfWork, ids: Sequence[str]) -> list[Statement]:
    """Without those of arrivals of which a report no longer opens: nobody can say what led to them."""
    places = read_catalogue(uow).places
    try:
        told = read_statements(uow, places, ids)
    except SealBroken:
        if len(ids) == 1:
            return []
        return [said for one in ids for said in _statements(uow, [one])]
    return sorted((said for of_one in told.values() for said in of_one.statements), key=_in_order)


def _in_order(statement: Statement) -> tuple[Any, ...]:
    return statement.order


def _keys(uow: UnitOfWork, statements: Sequence[Statement]) -> Iterator[str]:
    """All under which they may be found, the narrower ones of crowded keys too."""
    for keys in keys_of_statements(uow.index, statements):
        if keys.identity:
            yield keys.identity
            yield _narrower(uow, keys.identity, keys.identity_facts)
        if keys.by_name:
            yield keys.by_name
            yield _narrower(uow, keys.by_name, keys.name_facts)
            if keys.identity:
                yield _narrower(uow, keys.by_name, {**keys.name_facts, NUMBER: keys.identity})


def _keys_of_mended(uow: UnitOfWork, ids: Sequence[str]) -> Iterator[str]:
    """Under which they are found since somebody at the door said what is right; no report says that."""
    drafts = read_drafts(uow.conn, is_in(uow.conn, _A.id, ids))
    try:
        read_earlier_statements(uow, read_catalogue(uow), drafts)
    except SealBroken:
        if len(ids) > 1:
            for one in ids:
                yield from _keys_of_mended(uow, [one])
        return
    for draft in drafts:
        if any(act.what == MENDED for act in draft.acts):
            keys = keys_of(uow.index, draft.coming().person)
            if keys.by_name:
                yield keys.by_name


def _narrower(uow: UnitOfWork, key: str, facts: Facts) -> str:
    return as_id(uow.index("narrower", f"{key}\0{sorted(facts.items())}"))


def _forget_persons(uow: UnitOfWork, claims: Mapping[str, Any], people: Mapping[str, str]) -> None:
    """Whoever has another arrival that is not stripped is still found by their keys."""
    theirs = is_in(uow.conn, _A.person_id, sorted(set(people.values())))
    others = select(_A.person_id).where(theirs, _A.stripped_at.is_(None), ~is_in(uow.conn, _A.id, [*people]))
    gone = set(people.values()) - set(uow.conn.execute(others).scalars())
    left = {key: tuple(c for c in of_key if c.person_id not in gone) for key, of_key in claims.items()}
    update_claims(uow, {key: of_key for key, of_key in left.items() if of_key and of_key != claims[key]})
    empty = [{"key": key} for key, of_key in sorted(left.items()) if not of_key]
    delete_rows(uow.conn, person_keys, empty, key=["key"])


def _forget_likenesses(conn: Connection, traits: Iterable[Traits]) -> None:
    told = list(traits)
    for name in KEYS:
        rows = [
            {name: value, "arrival_id": one.arrival_id}
            for one in told
            if (value := getattr(one, name)) is not None
        ]
        delete_rows(conn, likenesses, rows, key=[name, "arrival_id"])


# -- what was said and reported ------------------------------------------------------------------------------


def _strip_what_was_said(conn: Connection, ids: Sequence[str]) -> None:
    h, p = arrival_history.c, possible_duplicates.c
    lines = is_in(conn, h.arrival_id, ids) & h.sealed.is_not(None)
    conn.execute(update(arrival_history).where(lines).values(sealed=None))
    pairs = or_(is_in(conn, p.first, ids), is_in(conn, p.second, ids))
    conn.execute(update(possible_duplicates).where(pairs, p.note.is_not(None)).values(note=None))
    t = transfers.c
    moving = is_in(conn, t.arrival_id, ids)
    conn.execute(update(transfers).where(moving).values(asked=None, said=None))
    conn.execute(update(transfers).where(moving, t.state.in_(sorted(OPEN))).values(state=STRIPPED))
    # Nobody can say any more whether the two are one.
    conn.execute(update(possible_duplicates).where(pairs, p.state == "open").values(state="dropped"))


def _strip_reports(uow: UnitOfWork, ids: Sequence[str]) -> None:
    conn = uow.conn
    of_persons = select(_R.id).where(is_in(conn, _R.arrival_id, ids))
    of_companions = select(_C.report_id).where(is_in(conn, _C.arrival_id, ids))
    led = set(conn.execute(of_persons.union(of_companions)).scalars())
    # Of one with somebody who waits for a correction nobody is forgotten: it stays on its list whole.
    waiting = select(_R.id).where(is_in(conn, _R.id, sorted(led)), _R.part_waits.is_(True))
    ready = sorted(led - _that_lead_elsewhere(conn, led) - set(conn.execute(waiting).scalars()))
    while ready:
        columns = (_R.id, _R.sealed, _R.reasons, _R.corrects)
        found = conn.execute(select(*columns).where(is_in(conn, _R.id, ready)).order_by(_R.id)).all()
        rows = [
            {"id": row.id, "sealed": _bare(uow, row.sealed, row.reasons or ()), "part_waits": None}
            for row in found
        ]
        update_rows(conn, reports, rows, key=["id"], set=["sealed", "part_waits"])
        ready = sorted({row.corrects for row in found if row.corrects})  # what they were resubmitted for


def _that_lead_elsewhere(conn: Connection, report_ids: Collection[str]) -> set[str]:
    """Those that led to somebody who is not stripped."""
    wanted = sorted(report_ids)
    person = select(_R.id).join(arrivals, _A.id == _R.arrival_id)
    companion = select(_C.report_id).join(arrivals, _A.id == _C.arrival_id)
    kept = _A.stripped_at.is_(None)
    found = person.where(is_in(conn, _R.id, wanted), kept).union(
        companion.where(is_in(conn, _C.report_id, wanted), kept)
    )
    return set(conn.execute(found).scalars())


def _bare(uow: UnitOfWork, sealed: str, reasons: Sequence[Mapping[str, str]]) -> str:
    try:
        raw = uow.sealer.unseal(sealed, SEAL_PURPOSE)
    except SealBroken:  # of a key that is gone: nobody can read it, and it stays unread
        raw = {}
    return uow.sealer.seal(bare(raw if isinstance(raw, Mapping) else {}, kept_faults(reasons)), SEAL_PURPOSE)
