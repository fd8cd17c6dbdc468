"""Statements about people become arrivals: new ones, or more about those already known."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from chassis.database import insert_rows, is_in, update_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from services.registration.domain.merging import (
    SAME_COMING,
    Coming,
    Known,
    Statement,
    choose,
    fold_statements,
    may_be_same_coming,
)
from services.registration.domain.place_text import fold
from services.registration.domain.placing import Placement
from services.registration.domain.reports import read_report
from services.registration.domain.risk import Assessment, RiskLevel
from services.registration.tables import (
    arrivals,
    companion_arrivals,
    possible_duplicates,
    reports,
    worker_loads,
)
from services.registration.usecases.catalogue import Catalogue
from services.registration.usecases.persons import Found, find_persons, keys_of

_SHARDS = 16
_PLACE_LENGTH = 500  # of a published place in an event


@dataclass(slots=True)
class Draft:
    """An arrival being worked on. `row` is what is stored of it; None for a new one."""

    arrival_id: str
    person_id: str
    place_key: str
    placed: bool
    row: Any = None
    new: list[Statement] = field(default_factory=list)
    old: list[Statement] = field(default_factory=list)
    household: str = ""
    companions_changed: bool = False
    _actual: datetime | None = None
    _expected: datetime | None = None

    def add(self, at: datetime, expected: bool) -> None:
        if expected:
            self._expected = min(self._expected or at, at)
        else:
            self._actual = min(self._actual or at, at)

    @property
    def known(self) -> Known:
        at = self._actual or self._expected
        assert at is not None
        return Known(self.arrival_id, at, self.place_key, self.placed)


@dataclass(slots=True)
class Registered:
    """Which arrival each statement (by its order) went to, and which report was the first of an arrival."""

    arrival_of: dict[tuple[datetime, str, str, int], str] = field(default_factory=dict)
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
    drafts, registered = _assign(uow, statements, found, known_persons)
    _join_households(uow, drafts, statements, registered)
    _load_earlier_statements(uow, [draft for draft in drafts.values() if draft.row is not None])
    _write(uow, catalogue, list(drafts.values()), causes)
    return registered


def _assign(
    uow: UnitOfWork, statements: Sequence[Statement], found: Sequence[Found], known_persons: frozenset[str]
) -> tuple[dict[str, Draft], Registered]:
    """Each statement to its arrival: one that is known, one of this batch, or a new one."""
    by_person = _stored_arrivals(uow, found, known_persons)
    touched: dict[str, Draft] = {}
    registered = Registered()
    duplicates: dict[tuple[str, str], str] = {}
    for statement, person in zip(statements, found, strict=True):
        report = statement.report
        place_key = _place_key(uow, statement)
        placed = statement.placement.community is not None
        candidates = {d.arrival_id: d for one in person.candidates for d in by_person.get(one, ())}
        known = [draft.known for draft in candidates.values()]
        chosen, others = choose(report.arrived_at, place_key, known)
        if chosen is None:
            draft = Draft(new_id(), person.person_id, place_key, placed)
            by_person.setdefault(person.person_id, []).append(draft)
            registered.first_report[draft.arrival_id] = statement.report_id
            others = [one for one in known if may_be_same_coming(report.arrived_at, placed, one)]
            why = "destination_unclear"
        else:
            draft, why = candidates[chosen.arrival_id], "fits_two_arrivals"
        draft.add(report.arrived_at, report.expected)
        draft.new.append(statement)
        touched[draft.arrival_id] = draft
        registered.arrival_of[statement.order] = draft.arrival_id
        for other in others:
            duplicates.setdefault(_pair(draft.arrival_id, other.arrival_id), why)
        for rival in by_person.get(person.rival or "", ()):
            if abs(rival.known.arrived_at - report.arrived_at) <= SAME_COMING:
                duplicates.setdefault(_pair(draft.arrival_id, rival.arrival_id), "same_name_and_phone")
    insert_rows(
        uow.conn,
        possible_duplicates,
        [
            {"first": first, "second": second, "why": why, "state": "open", "opened_at": uow.now}
            for (first, second), why in sorted(duplicates.items())
        ],
        ignore_conflicts=True,
    )
    return touched, registered


def _stored_arrivals(
    uow: UnitOfWork, found: Sequence[Found], known_persons: frozenset[str]
) -> dict[str, list[Draft]]:
    persons = {one for f in found for one in (*f.candidates, f.rival) if one in known_persons}
    by_person: dict[str, list[Draft]] = defaultdict(list)
    if persons:
        rows = uow.conn.execute(
            select(arrivals).where(is_in(uow.conn, arrivals.c.person_id, sorted(map(str, persons))))
        )
        for row in rows:
            by_person[row.person_id].append(_draft_of(row))
    return by_person


def _draft_of(row: Any) -> Draft:
    draft = Draft(
        row.id, row.person_id, row.place_key, row.community is not None, row, household=row.household_id
    )
    draft.add(row.arrived_at, row.expected)
    return draft


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
    """People of one report are followed together. A household is called after its first arrival."""
    for draft in drafts.values():
        draft.household = draft.household or draft.arrival_id
    together: dict[str, list[str]] = defaultdict(list)
    for statement in statements:
        if len(statement.report.people) > 1:
            together[statement.report_id].append(registered.arrival_of[statement.order])
    if not together:
        return
    root: dict[str, str] = {}

    def find(name: str) -> str:
        while root.get(name, name) != name:
            name = root[name]
        return name

    for ids in together.values():
        names = sorted({find(drafts[one].household) for one in ids})
        for name in names[1:]:
            root[name] = names[0]
    merged_away = sorted(name for name in root if find(name) != name)
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
            drafts[row.id] = _draft_of(row)


def _load_earlier_statements(uow: UnitOfWork, known: Sequence[Draft]) -> None:
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


def _write(
    uow: UnitOfWork, catalogue: Catalogue, drafts: Sequence[Draft], causes: Mapping[str, Event]
) -> None:
    reported = sorted((d for d in drafts if d.new), key=lambda d: (d.new[0].order, d.arrival_id))
    others = sorted((d for d in drafts if not d.new), key=lambda d: d.arrival_id)
    any_cause = causes[reported[0].new[0].report_id]
    comings = {d.arrival_id: fold_statements([*_placed(catalogue, d.old), *d.new]) for d in drafts}
    workers = _Workers(uow, catalogue, [c.placement for c in comings.values()])
    new_rows, changed_rows = [], []
    for draft in (*reported, *others):
        coming = comings[draft.arrival_id]
        cause = causes[draft.new[0].report_id] if draft.new else any_cause
        days = catalogue.look_back_days(coming.division, coming.arrived_at.astimezone(uow.zone).date())
        risk = catalogue.risk.assess(coming.stops, days)
        worker = draft.row.worker if draft.row is not None else None
        worker = worker or workers.next(coming.placement)
        row, data = _describe(uow, draft, coming, risk, worker)
        row["risk_list"] = catalogue.risk_list
        if draft.row is None:
            row["correlation_id"], row["created_at"] = cause.correlationid, uow.now
            new_rows.append(row)
            uow.record("arrival.registered", draft.arrival_id, 1, data, cause=cause)
            continue
        why = _why(draft, fold_statements(_placed(catalogue, draft.old)), coming, row)
        if why:
            row["version"] = draft.row.version + 1
            data["change"] = {"why": why, "previous_level": draft.row.risk_level}
            uow.record("arrival.reassessed", draft.arrival_id, row["version"], data, cause=cause)
        changed_rows.append(row)
    insert_rows(uow.conn, arrivals, new_rows)
    changed_rows.sort(key=lambda one: str(one["id"]))
    update_rows(uow.conn, arrivals, changed_rows, key=["id"], set=_CHANGING)
    workers.write()


_CHANGING = (
    "version", "state", "household_id", "sealed", "language", "arrived_at", "expected", "source_kinds",
    "reports", "division", "street", "community", "grid", "placed_by", "worker", "risk_level",
    "risk_certainty", "left_on", "risk_areas", "risk_list", "updated_at", "unassigned_since",
)  # fmt: skip


def _placed(catalogue: Catalogue, statements: Iterable[Statement]) -> list[Statement]:
    """Earlier statements with their destination looked up in the place table as it is now."""
    find = catalogue.places.find
    return [replace(one, placement=find(one.report.division, one.report.address)) for one in statements]


def _describe(
    uow: UnitOfWork, draft: Draft, coming: Coming, risk: Assessment, worker: str | None
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arrival as a row and as the data of its event."""
    person, placement, row = coming.person, coming.placement, draft.row
    sealed = uow.sealer.seal(
        {
            "name": person.name,
            "phone": person.phone,
            "identity_type": person.identity_type,
            "identity_number": person.identity_number,
            "address": coming.address,
        }
    )
    areas = [
        {
            "list": match.area.list_id,
            "level": match.area.level.name,
            "division": match.area.division,
            "place": f"{match.area.street}{match.area.place}"[:_PLACE_LENGTH],
            "certainty": match.certainty,
            "stop": match.stop,
        }
        for match in risk.matches
    ]
    state = "expected" if coming.expected else "assigned" if worker else "reported"
    waiting = None if worker else (row.unassigned_since if row is not None else None) or uow.now
    stored = {
        "id": draft.arrival_id,
        "version": row.version if row is not None else 1,
        "state": state,
        "person_id": draft.person_id,
        "household_id": draft.household,
        "sealed": sealed,
        "language": coming.language,
        "arrived_at": coming.arrived_at,
        "expected": coming.expected,
        "source_kinds": coming.source_kinds,
        "reports": coming.reports,
        "place_key": draft.place_key,
        "division": coming.division or None,
        "street": placement.street,
        "community": placement.community,
        "grid": placement.grid,
        "placed_by": placement.placed_by,
        "worker": worker,
        "risk_level": risk.level.name,
        "risk_certainty": risk.certainty,
        "left_on": risk.left_on,
        "risk_areas": areas,
        "updated_at": uow.now,
        "unassigned_since": waiting,
    }
    told = {
        "arrival_id": draft.arrival_id,
        "person_id": draft.person_id,
        "household_id": draft.household,
        "person": sealed,
        "language": coming.language,
        "arrived_at": coming.arrived_at,
        "expected": coming.expected,
        "source_kinds": coming.source_kinds,
        "reports": coming.reports,
        "destination": {
            "division": coming.division or None,
            "street": placement.street,
            "community": placement.community,
            "grid": placement.grid,
            "placed_by": placement.placed_by,
        },
        "worker": worker,
        "risk": {
            "level": risk.level.name,
            "certainty": risk.certainty,
            "left_on": risk.left_on,
            "areas": areas,
        },
        "change": None,
    }
    return stored, told


def _why(draft: Draft, before: Coming, after: Coming, row: Mapping[str, Any]) -> list[str]:
    """What is new about an arrival; nothing where a report only says again what was known."""
    why = []
    if before.stops != after.stops:
        why.append("stop_added")
    if draft.companions_changed:
        why.append("companion_added")
    old, new = RiskLevel[draft.row.risk_level], RiskLevel[row["risk_level"]]
    if new != old:
        why.append("risk_raised" if new > old else "risk_lowered")
    same = replace(before, stops=after.stops, source_kinds=after.source_kinds, reports=after.reports) == after
    if not same or row["worker"] != draft.row.worker:
        why.append("details_added")
    return why


class _Workers:
    """Gives each arrival to the worker with the fewest open ones, and writes down who got how many."""

    def __init__(self, uow: UnitOfWork, catalogue: Catalogue, placements: Iterable[Placement]) -> None:
        self._conn, self._rota = uow.conn, catalogue.rota
        self._given: Counter[str] = Counter()
        who = {worker for placement in set(placements) for worker in self._rota.workers(placement)}
        column = worker_loads.c
        rows = uow.conn.execute(
            select(column.staff_id, func.sum(column.open))
            .where(is_in(uow.conn, column.staff_id, sorted(who)))
            .group_by(column.staff_id)
        )
        self._rota.load({staff_id: int(count) for staff_id, count in rows})

    def next(self, placement: Placement) -> str | None:
        worker = self._rota.next(placement)
        if worker:
            self._given[worker] += 1
        return worker

    def write(self) -> None:
        """Replicas add to shards of their own: one count per worker would make them wait for each other."""
        if not self._given:
            return
        dialect = postgresql if self._conn.dialect.name == "postgresql" else sqlite
        statement = dialect.insert(worker_loads)
        shard = os.getpid() % _SHARDS
        self._conn.execute(
            statement.on_conflict_do_update(
                index_elements=["staff_id", "shard"],
                set_={"open": worker_loads.c.open + statement.excluded.open},
            ),
            [{"staff_id": one, "shard": shard, "open": n} for one, n in sorted(self._given.items())],
        )
