"""Statements about people become arrivals: new ones, or more about those already known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import literal, select

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.ids import derived_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.coming import fold_statements
from services.registration.arrivals.same_coming import choose, doubt
from services.registration.arrivals.tables import arrivals, possible_duplicates
from services.registration.arrivals.write_arrivals import Draft, draft_of, placed_now, write_arrivals
from services.registration.persons.find_persons import Found, find_persons, keys_of
from services.registration.places.placing import Placement
from services.registration.places.spelling import fold
from services.registration.reports.report import read_report
from services.registration.reports.statement import Order, Statement
from services.registration.reports.tables import companion_arrivals, reports

# Reports of one coming are 48 hours from its time, which each of them may move: some may lie further off.
_NEAR_DAYS = 14


@dataclass(slots=True)
class Registered:
    """Which arrival each statement (by its order) went to, and which report was the first of an arrival."""

    arrival_of: dict[Order, str] = field(default_factory=dict)
    first_report: dict[str, str] = field(default_factory=dict)

    def is_first(self, report_id: str, arrival_id: str) -> bool:
        return self.first_report.get(arrival_id) == report_id


def register(
    uow: UnitOfWork, catalogue: Catalogue, statements: Sequence[Statement], causes: Mapping[str, Event]
) -> Registered:
    """
    :param statements: in their order.
    :param causes: the event of each report, by report id.
    """
    found, known_persons = find_persons(uow, [keys_of(uow.index, one.person) for one in statements])
    moments = {one.report.arrived_at for one in statements}
    by_person = _stored_arrivals(uow, catalogue, found, known_persons, moments)
    drafts, registered = _assign(uow, statements, found, by_person)
    _join_households(uow, drafts, statements, registered)
    load_earlier_statements(uow, [d for d in drafts.values() if d.row is not None and not d.old])
    write_arrivals(uow, catalogue, list(drafts.values()), causes)
    return registered


def _assign(
    uow: UnitOfWork,
    statements: Sequence[Statement],
    found: Sequence[Found],
    by_person: dict[str, list[Draft]],
) -> tuple[dict[str, Draft], Registered]:
    """Each statement to its arrival: one that is known, one of this batch, or a new one."""
    proposed = _arrival_ids(uow, statements)
    same = _stored_under(uow, proposed.values(), by_person)
    touched: dict[str, Draft] = {}
    moved: dict[str, Draft] = {}
    registered = Registered()
    duplicates: dict[tuple[str, str], str] = {}
    for statement, person in zip(statements, found, strict=True):
        report = statement.report
        place_key = _place_key(uow, statement)
        candidates = by_person.setdefault(person.person_id, [])
        for draft in by_person.pop(person.merged, ()) if person.merged else ():
            draft.person_id = person.person_id
            candidates.append(draft)
            moved[draft.arrival_id] = draft
        chosen = choose(report.arrived_at, place_key, [draft.known for draft in candidates])
        new_id = proposed[statement.order]
        if chosen is None and new_id in same:
            draft = same[new_id]
        elif chosen is None:
            placed = statement.placement.community is not None
            draft = Draft(new_id, person.person_id, place_key, placed)
            candidates.append(draft)
            registered.first_report[draft.arrival_id] = statement.report_id
        else:
            draft = next(one for one in candidates if one.arrival_id == chosen.arrival_id)
        draft.add(report.arrived_at, report.expected)
        draft.new.append(statement)
        touched[draft.arrival_id] = draft
        registered.arrival_of[statement.order] = draft.arrival_id
        for rival in by_person.get(person.rival or "", ()):
            if rival.known.is_near(report.arrived_at):
                duplicates.setdefault(_pair(draft.arrival_id, rival.arrival_id), "same_name_and_phone")
    for draft in (touched | moved).values():
        for other in by_person[draft.person_id]:
            if other is not draft and (why := doubt(draft.known, other.known)):
                duplicates[_pair(draft.arrival_id, other.arrival_id)] = why
    insert_rows(
        uow.conn,
        possible_duplicates,
        [
            {"first": first, "second": second, "why": why, "state": "open", "opened_at": uow.now}
            for (first, second), why in sorted(duplicates.items())
        ],
        ignore_conflicts=True,
    )
    given = [{"id": id, "person_id": d.person_id} for id, d in sorted(moved.items()) if d.row is not None]
    update_rows(uow.conn, arrivals, given, key=["id"], set=["person_id"])
    return touched, registered


def _stored_arrivals(
    uow: UnitOfWork,
    catalogue: Catalogue,
    found: Sequence[Found],
    known_persons: frozenset[str],
    moments: Collection[datetime],
) -> dict[str, list[Draft]]:
    """
    :param moments: when those reported now came.
    """
    persons = {one for f in found for one in (f.person_id, f.merged, f.rival) if one in known_persons}
    by_person: dict[str, list[Draft]] = defaultdict(list)
    if not persons:
        return by_person
    rows = uow.conn.execute(
        select(arrivals)
        .where(is_in(uow.conn, arrivals.c.person_id, sorted(map(str, persons))))
        .order_by(arrivals.c.id)
        .with_for_update()
    )
    drafts = [draft_of(row) for row in rows]
    for draft in drafts:
        by_person[draft.person_id].append(draft)
    # What the row does not tell: when its other reports say it was, and whose place it is in by now. Nobody
    # asks of what was long ago, unless two turn out to be one person and all of theirs is compared.
    days = {day + n for day in {at.toordinal() for at in moments} for n in range(-_NEAR_DAYS, _NEAR_DAYS + 1)}
    joined = {one for f in found if f.merged for one in (f.person_id, f.merged)}
    unsure = [
        d
        for d in drafts
        if (d.row.reports > 1 or d.row.placed_with != catalogue.placing)
        and (d.row.arrived_at.toordinal() in days or d.person_id in joined)
    ]
    load_earlier_statements(uow, unsure)
    for draft in unsure:
        if draft.old:
            community = fold_statements(placed_now(catalogue, draft.old)).placement.community
            draft.place_key, draft.placed = community or draft.place_key, community is not None
    return by_person


def _arrival_ids(uow: UnitOfWork, statements: Sequence[Statement]) -> dict[Order, str]:
    """The id of the arrival that a statement is the first to tell of.

    It follows from the report alone: when publishers send again what a restored backup does not know, the
    arrival, its case and its messages are the same as before, and nobody is told twice. Keyed, because ids
    stand in logs, and those of publishers may be numbers of documents. People of one report lie together,
    companions after the person.
    """
    ids, together = {}, ""
    for one in statements:
        _, source, event_id, position = one.order
        digest = uow.index("arrival", f"{source}\0{event_id}\0{position}")
        together = digest[-4:] if position == 0 else together
        ids[one.order] = derived_id(one.report.arrived_at, together, position, digest)
    return ids


def _stored_under(
    uow: UnitOfWork, ids: Collection[str], by_person: dict[str, list[Draft]]
) -> dict[str, Draft]:
    """Arrivals that are there already under the id a report would give a new one: it told of them before."""
    known = {draft.arrival_id: draft for drafts in by_person.values() for draft in drafts}
    same = {id: known[id] for id in ids if id in known}
    rows = uow.conn.execute(
        select(arrivals)
        .where(is_in(uow.conn, arrivals.c.id, sorted(set(ids) - same.keys())))
        .order_by(arrivals.c.id)
        .with_for_update()
    )
    for row in rows:
        same[row.id] = draft_of(row)
        by_person[row.person_id].append(same[row.id])
    return same


def _place_key(uow: UnitOfWork, statement: Statement) -> str:
    """Two destinations are the same if they are in one community, or in none and written alike."""
    if statement.placement.community is not None:
        return statement.placement.community
    report = statement.report
    return uow.index("destination", f"{report.division}|{fold(report.address)}")


def _pair(one: str, other: str) -> tuple[str, str]:
    return (one, other) if one < other else (other, one)


def _join_households(
    uow: UnitOfWork, drafts: dict[str, Draft], statements: Sequence[Statement], registered: Registered
) -> None:
    """People of one report are followed together. A household is called after its first arrival, for good."""
    for draft in drafts.values():
        draft.household = draft.household or draft.arrival_id
    together: dict[str, list[str]] = defaultdict(list)
    for statement in statements:
        if len(statement.report.people) > 1:
            together[statement.report_id].append(registered.arrival_of[statement.order])
    if not together:
        return
    stored = {draft.row.household_id for draft in drafts.values() if draft.row is not None}
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.get(name, name) != name:
            name = root[name]
        return name

    for ids in together.values():
        names = sorted({find(drafts[one].household) for one in ids}, key=lambda one: (one not in stored, one))
        for name in names[1:]:
            root[name] = names[0]
    merged_away = sorted(name for name in root if name in stored and find(name) != name)
    if merged_away:
        _load_household_members(uow, drafts, merged_away)
    grown = {find(d.household) for d in drafts.values() if d.row is None}
    for draft in drafts.values():
        name = find(draft.household)
        if draft.row is not None and (name != draft.row.household_id or name in grown):
            draft.companions_changed = True
        draft.household = name


def _load_household_members(uow: UnitOfWork, drafts: dict[str, Draft], households: Sequence[str]) -> None:
    """Those of joined households whom no report of this batch names: they change too."""
    rows = uow.conn.execute(
        select(arrivals)
        .where(is_in(uow.conn, arrivals.c.household_id, households))
        .order_by(arrivals.c.id)
        .with_for_update()
    )
    for row in rows:
        if row.id not in drafts:
            drafts[row.id] = draft_of(row)


def load_earlier_statements(uow: UnitOfWork, known: Sequence[Draft]) -> None:
    """What the reports kept so far say of each arrival."""
    if not known:
        return
    conn, by_id = uow.conn, {draft.arrival_id: draft for draft in known}
    columns = (reports.c.id, reports.c.reported_at, reports.c.source, reports.c.event_id, reports.c.sealed)
    main = select(*columns, reports.c.arrival_id, literal(0)).where(
        is_in(conn, reports.c.arrival_id, list(by_id))
    )
    others = (
        select(*columns, companion_arrivals.c.arrival_id, companion_arrivals.c.position)
        .join(reports, reports.c.id == companion_arrivals.c.report_id)
        .where(is_in(conn, companion_arrivals.c.arrival_id, list(by_id)))
    )
    for query in (main, others):
        for report_id, reported_at, source, event_id, sealed, arrival_id, position in conn.execute(query):
            report = read_report(uow.sealer.unseal(sealed, "report")["data"])
            by_id[arrival_id].old.append(
                Statement(
                    (reported_at, source, event_id, position),
                    report_id,
                    report,
                    report.people[position],
                    Placement(),
                )
            )
