"""What arrivals are compared with: risk areas, places, staff and policies, kept in memory.

The database says in `versions` when one of them changed; it is read in the transaction that uses them, so
that every replica works with what was imported last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import or_, select, update
from sqlalchemy.engine import Connection, Engine

from chassis.database.statements import insert_rows
from chassis.unit_of_work import UnitOfWork
from field.words import RiskLevel
from services.registration.domain.placing import Place, PlaceIndex, Rota
from services.registration.domain.risk import RiskArea, RiskIndex
from services.registration.tables import places, policies, risk_areas, risk_lists, staff, versions

KINDS = ("risk", "places", "staff", "policies")
# An arrival may be reported 30 days late with stops of the weeks before it.
_AREAS_KEPT = timedelta(days=120)
DEFAULT_LOOK_BACK_DAYS = 14


@dataclass(frozen=True, slots=True)
class Policy:
    """What registration needs of a policy."""

    policy_id: str
    valid_from: date
    valid_to: date | None
    places: tuple[str, ...]
    look_back_days: int


@dataclass(slots=True)
class Catalogue:
    """All reference data as of `versions`."""

    versions: Mapping[str, int]
    risk: RiskIndex
    risk_list: str | None
    places: PlaceIndex
    rota: Rota
    absent: frozenset[str]  # staff who are inactive: what they have is nobody's
    policies: tuple[Policy, ...]

    @property
    def placing(self) -> int:
        """Goes up when places or staff change."""
        return self.versions.get("places", 0) + self.versions.get("staff", 0)

    def look_back_days(self, division: str, on: date) -> int:
        """Of the policy in force there that day; the most local one wins, then the newest."""
        best: tuple[int, date, str] | None = None
        days = DEFAULT_LOOK_BACK_DAYS
        for policy in self.policies:
            if policy.valid_from > on or (policy.valid_to is not None and policy.valid_to < on):
                continue
            local = max((len(p) for p in policy.places if division.startswith(p)), default=0)
            if policy.places and not local:
                continue
            rank = (local, policy.valid_from, policy.policy_id)
            if best is None or rank > best:
                best, days = rank, policy.look_back_days
        return days


_cache: WeakKeyDictionary[Engine, Catalogue] = WeakKeyDictionary()


def read_catalogue(uow: UnitOfWork) -> Catalogue:
    """From memory where nothing changed; only what changed is read again."""
    conn = uow.conn
    current = {row.name: row.version for row in conn.execute(select(versions.c.name, versions.c.version))}
    old = _cache.get(conn.engine)
    if old is not None and old.versions == current:
        return old

    def changed(*names: str) -> bool:
        return old is None or any(old.versions.get(name) != current.get(name) for name in names)

    index = _place_index(conn) if changed("places") or old is None else old.places
    risk, newest = (_risk_index(uow)) if changed("risk") or old is None else (old.risk, old.risk_list)
    with_staff = changed("places", "staff") or old is None
    fresh = Catalogue(
        versions=current,
        risk=risk,
        risk_list=newest,
        places=index,
        rota=_rota(conn, index) if with_staff or old is None else old.rota,
        absent=_absent(conn) if with_staff or old is None else old.absent,
        policies=_policies(conn) if changed("policies") or old is None else old.policies,
    )
    _cache[conn.engine] = fresh
    return fresh


def mark_changed(conn: Connection, kind: str) -> None:
    """Called by whoever changes reference data, at the beginning: it also keeps two imports apart."""
    assert kind in KINDS
    raised = conn.execute(
        update(versions).where(versions.c.name == kind).values(version=versions.c.version + 1)
    )
    if raised.rowcount == 0:
        insert_rows(conn, versions, [{"name": kind, "version": 0}], ignore_conflicts=True)
        conn.execute(update(versions).where(versions.c.name == kind).values(version=versions.c.version + 1))


def area_of(row: Any) -> RiskArea:
    """A row of risk_areas."""
    return RiskArea(
        row.list_id,
        RiskLevel[row.level],
        row.province,
        row.city,
        row.county,
        row.place,
        row.division,
        row.valid_from,
        row.valid_to,
        row.street,
    )


def _risk_index(uow: UnitOfWork) -> tuple[RiskIndex, str | None]:
    since = uow.now - _AREAS_KEPT
    rows = uow.conn.execute(
        select(risk_areas).where(or_(risk_areas.c.valid_to.is_(None), risk_areas.c.valid_to >= since))
    )
    newest = uow.conn.execute(
        select(risk_lists.c.id).order_by(risk_lists.c.published_at.desc()).limit(1)
    ).scalar()
    return RiskIndex(map(area_of, rows), uow.zone), newest


def _place_index(conn: Connection) -> PlaceIndex:
    rows = conn.execute(select(places).where(places.c.removed.is_(False)))
    return PlaceIndex(
        Place(row.place_id, row.parent, row.level, row.name, tuple(row.aliases), row.division) for row in rows
    )


def _rota(conn: Connection, index: PlaceIndex) -> Rota:
    rows: Iterable[Any] = conn.execute(
        select(staff.c.staff_id, staff.c.place).where(staff.c.active.is_(True), staff.c.role == "grid_worker")
    )
    return Rota((row.staff_id, index.level_ids(row.place)) for row in rows)


def _absent(conn: Connection) -> frozenset[str]:
    return frozenset(conn.execute(select(staff.c.staff_id).where(staff.c.active.is_(False))).scalars())


def _policies(conn: Connection) -> tuple[Policy, ...]:
    return tuple(
        Policy(
            row.policy_id,
            row.valid_from,
            row.valid_to,
            tuple(row.places),
            int(row.document.get("look_back_days") or DEFAULT_LOOK_BACK_DAYS),
        )
        for row in conn.execute(select(policies))
    )
