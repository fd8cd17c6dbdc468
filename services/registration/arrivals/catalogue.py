"""What arrivals are compared with: risk areas, places, staff and policies, kept in memory.

The database says in `versions` when one of them changed; it is read in the transaction that uses them, so
that every replica works with what was imported last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chassis.copies import Cache, Revised
from chassis.unit_of_work import UnitOfWork
from services.registration.places.placing import PlaceIndex
from services.registration.places.queries import read_place_index
from services.registration.policies.queries import DEFAULT_LOOK_BACK_DAYS, Policy, read_policies
from services.registration.reference.versions import VERSIONS
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


def read_catalogue(uow: UnitOfWork) -> Catalogue:
    """From memory where nothing changed; only what changed is read again."""
    return _CACHE.current(uow)


def _read(uow: UnitOfWork, revised: Revised, old: Catalogue | None) -> Catalogue:
    conn = uow.conn
    places = old.places if old and revised.same("places") else read_place_index(conn)
    if old and revised.same("risk"):
        risk, risk_list = old.risk, old.risk_list
    else:
        risk, risk_list = read_risk_index(uow)
    if old and revised.same("places", "staff"):
        rota, absent = old.rota, old.absent
    else:
        rota, absent = read_rota(conn, places), read_absent(conn)
    policies = old.policies if old and revised.same("policies") else read_policies(conn)
    return Catalogue(revised.now, risk, risk_list, places, rota, absent, policies)


_CACHE = Cache(VERSIONS, _read)
