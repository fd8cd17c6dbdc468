"""Arrivals as rows and as events: risk over all stops, the doorstep, the worker, and what changed."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from zlib import crc32

import orjson
from sqlalchemy import func, select, text

from chassis.database.statements import insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.words import RiskLevel
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.coming import Coming, fold_statements
from services.registration.arrivals.same_coming import Known
from services.registration.arrivals.tables import arrivals, worker_loads
from services.registration.metrics import ARRIVALS
from services.registration.places.placing import Placement
from services.registration.reports.statement import Statement
from services.registration.risk.assessing import Assessment

# Registration does not hear when a case ends. The longest measure of the policies lasts 14 days and a report
# comes at most 30 days late: of what is older nobody is at work, and it stays with whoever had it.
FOLLOWED = timedelta(days=30)
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
        told = frozenset((at, *(one.report.arrived_at for one in (*self.old, *self.new))))
        return Known(self.arrival_id, at, self.place_key, self.placed, told)


def draft_of(row: Any) -> Draft:
    """Of a stored arrival, which the caller has locked."""
    draft = Draft(
        row.id, row.person_id, row.place_key, row.community is not None, row, household=row.household_id
    )
    draft.add(row.arrived_at, row.expected)
    return draft


def write_arrivals(
    uow: UnitOfWork, catalogue: Catalogue, drafts: Sequence[Draft], causes: Mapping[str, Event]
) -> None:
    """Work out and store new and changed arrivals, and say what became of them.

    :param causes: the event of each new report, by report id; an arrival that changes without a report of
        its own goes on under the correlation id it has.
    """
    reported = sorted((d for d in drafts if d.new), key=lambda d: (d.new[0].order, d.arrival_id))
    others = sorted((d for d in drafts if not d.new), key=lambda d: d.arrival_id)
    comings = {d.arrival_id: fold_statements([*placed_now(catalogue, d.old), *d.new]) for d in drafts}
    workers = _Workers(uow, catalogue, [c.placement for c in comings.values()])
    new_rows, changed_rows = [], []
    for draft in (*reported, *others):
        coming = comings[draft.arrival_id]
        cause = causes[draft.new[0].report_id] if draft.new else _same_cause(draft, uow.now)
        days = catalogue.look_back_days(coming.division, coming.arrived_at.astimezone(uow.zone).date())
        risk = catalogue.risk.assess(coming.stops, days)
        worker = workers.at(coming, draft.row.worker if draft.row is not None else None)
        row, data = _describe(uow, draft, coming, risk, worker)
        row["risk_list"], row["placed_with"] = catalogue.risk_list, catalogue.placing
        if draft.row is None:
            row["correlation_id"], row["created_at"] = cause.correlationid, uow.now
            new_rows.append(row)
            uow.record("arrival.registered", draft.arrival_id, 1, data, cause=cause)
            uow.count(ARRIVALS, draft.new[0].report.source_kind, risk.level.name)
            continue
        why = _why(draft, fold_statements(placed_now(catalogue, draft.old)), coming, row)
        if why:
            row["version"] = draft.row.version + 1
            data["change"] = {"why": why, "previous_level": draft.row.risk_level}
            uow.record("arrival.reassessed", draft.arrival_id, row["version"], data, cause=cause)
        changed_rows.append(row)
    insert_rows(uow.conn, arrivals, new_rows)
    changed_rows.sort(key=lambda one: str(one["id"]))
    update_rows(uow.conn, arrivals, changed_rows, key=["id"], set=_CHANGING)
    workers.write()


def _same_cause(draft: Draft, now: datetime) -> Event:
    return Event("", "", "", None, now, {}, correlationid=draft.row.correlation_id)


_CHANGING = (
    "version", "state", "place_key", "placed_with", "household_id", "sealed", "language", "arrived_at",
    "expected", "source_kinds", "reports", "division", "street", "community", "grid", "placed_by", "worker",
    "risk_level", "risk_certainty", "left_on", "risk_areas", "risk_list", "updated_at", "unassigned_since",
)  # fmt: skip


def placed_now(catalogue: Catalogue, statements: Iterable[Statement]) -> list[Statement]:
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
            "left_on": coming.stops[match.stop].last,
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
        "place_key": placement.community or draft.place_key,
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
    moved = any(row[name] != getattr(draft.row, name) for name in ("street", "community", "grid", "worker"))
    if moved or not same:
        why.append("details_added")
    return why


class _Workers:
    """Gives each arrival to the worker with the fewest open ones, and writes down who got how many."""

    def __init__(self, uow: UnitOfWork, catalogue: Catalogue, placements: Iterable[Placement]) -> None:
        self._conn, self._rota, self._absent = uow.conn, catalogue.rota, catalogue.absent
        self._followed_since = uow.now - FOLLOWED
        self._given: Counter[str] = Counter()
        who = {worker for placement in set(placements) for worker in self._rota.workers(placement)}
        column = worker_loads.c
        rows = uow.conn.execute(
            select(column.staff_id, func.sum(column.open))
            .where(is_in(uow.conn, column.staff_id, sorted(who)))
            .group_by(column.staff_id)
        )
        self._open = {staff_id: int(count) for staff_id, count in rows}

    def at(self, coming: Coming, current: str | None) -> str | None:
        """Who has it goes on, unless they left or the doorstep turns out to lie in somebody else's grid."""
        placement = coming.placement
        there = self._rota.workers(placement)
        goes_on = current not in self._absent and (current in there or not there)
        if current and (goes_on or coming.arrived_at < self._followed_since):
            return current
        worker = self._rota.next(placement, self._open)
        if worker:
            self._given[worker] += 1
        if current:
            self._given[current] -= 1
        return worker

    def write(self) -> None:
        """Replicas add to shards of their own: one count per worker would make them wait for each other."""
        if not any(self._given.values()):
            return
        rows = [{"staff_id": one, "open": n} for one, n in sorted(self._given.items())]
        statement = _ADD_POSTGRESQL if self._conn.dialect.name == "postgresql" else _ADD_SQLITE
        self._conn.execute(statement, {"rows": orjson.dumps(rows).decode(), "shard": _SHARD})


def shard_of(host: str, process: int) -> int:
    """In containers the process has the same number everywhere, and the host a name of its own."""
    return crc32(f"{host}/{process}".encode()) % _SHARDS


_SHARD = shard_of(socket.gethostname(), os.getpid())


_ADD = """INSERT INTO worker_loads (staff_id, shard, open)
    SELECT {staff_id}, :shard, {open} FROM {rows}
    ON CONFLICT (staff_id, shard) DO UPDATE SET open = worker_loads.open + excluded.open"""
_ADD_POSTGRESQL = text(
    _ADD.format(
        staff_id="staff_id",
        open="open",
        rows="json_to_recordset(CAST(:rows AS json)) AS given(staff_id varchar, open integer)",
    )
)
_ADD_SQLITE = text(
    _ADD.format(
        staff_id="json_extract(value, '$.staff_id')",
        open="json_extract(value, '$.open')",
        rows="json_each(:rows) WHERE true",
    )
)
