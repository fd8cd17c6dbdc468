"""The catalogue: the reference data that arrivals are compared with, as this process holds it in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from chassis.copies import Cache, Revised
from chassis.unit_of_work import UnitOfWork
from services.registration.persons.keys import FORM
from services.registration.places.placing import PlaceIndex
from services.registration.places.queries import read_place_index
from services.registration.policies.look_back import LookBack, Policy
from services.registration.policies.queries import read_policies
from services.registration.reference.versions import VERSIONS
from services.registration.risk.assessing import RiskIndex
from services.registration.risk.queries import read_newest_list, read_risk_index
from services.registration.staff.queries import read_absent, read_rota
from services.registration.staff.rota import Rota


@dataclass(frozen=True, slots=True)
class Catalogue:
    """
    :param risk_list: the newest list.
    :param absent: staff who have left, each with whoever goes on with their arrivals; None: nobody.
    :param placing: goes up when places or staff change.
    :param has_old_keys: keys of persons made by an earlier version are not all made anew yet.
    """

    risk: RiskIndex
    risk_list: str | None
    places: PlaceIndex
    rota: Rota
    absent: Mapping[str, str | None]
    policies: tuple[Policy, ...]
    placing: int
    has_old_keys: bool

    def look_back(self) -> LookBack:
        return LookBack(self.policies)


def read_catalogue(uow: UnitOfWork) -> Catalogue:
    """All that was committed before this unit of work began."""
    return _CACHE.current(uow)


def _read(uow: UnitOfWork, revised: Revised, held: Catalogue | None) -> Catalogue:
    """Read again what has changed."""

    def unchanged(*kinds: str) -> Catalogue | None:
        return held if revised.same(*kinds) else None

    conn = uow.conn
    risk, policies = unchanged("risk"), unchanged("policies")
    placing, staffing = unchanged("places"), unchanged("places", "staff")
    places = placing.places if placing else read_place_index(conn)
    return Catalogue(
        risk=risk.risk if risk else read_risk_index(uow),
        risk_list=risk.risk_list if risk else read_newest_list(conn),
        places=places,
        rota=staffing.rota if staffing else read_rota(conn, places),
        absent=staffing.absent if staffing else read_absent(conn),
        policies=policies.policies if policies else read_policies(conn),
        placing=revised.number("places") + revised.number("staff"),
        has_old_keys=revised.number("person_keys") < FORM,
    )


_CACHE: Final = Cache(VERSIONS, _read)
