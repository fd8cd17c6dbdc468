"""What arrivals are compared with: risk areas, places, staff and policies, kept in memory.

The database says in `versions` when one of them changed; it is read in the transaction that uses them, so
that every replica works with what was imported last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.engine import Engine

from chassis.unit_of_work import UnitOfWork
from services.registration.places.placing import PlaceIndex
from services.registration.places.queries import read_place_index
from services.registration.policies.queries import DEFAULT_LOOK_BACK_DAYS, Policy, read_policies
from services.registration.reference.tables import versions
from services.registration.risk.assessing import RiskIndex
from services.registration.risk.queries import read_risk_index
from services.registration.staff.queries import read_absent, read_rota
from services.registration.staff.rota import Rota


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

    index = read_place_index(conn) if changed("places") or old is None else old.places
    risk, newest = (read_risk_index(uow)) if changed("risk") or old is None else (old.risk, old.risk_list)
    with_staff = changed("places", "staff") or old is None
    fresh = Catalogue(
        versions=current,
        risk=risk,
        risk_list=newest,
        places=index,
        rota=read_rota(conn, index) if with_staff or old is None else old.rota,
        absent=read_absent(conn) if with_staff or old is None else old.absent,
        policies=read_policies(conn) if changed("policies") or old is None else old.policies,
    )
    _cache[conn.engine] = fresh
    return fresh
