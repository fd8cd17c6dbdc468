"""The risk areas that arrivals are compared with."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from chassis.unit_of_work import UnitOfWork
from field.words import RiskLevel
from services.registration.risk.assessing import RiskArea, RiskIndex
from services.registration.risk.tables import risk_areas, risk_lists

# An arrival may be reported 30 days late with stops of the weeks before it.
_AREAS_KEPT = timedelta(days=120)


def read_risk_index(uow: UnitOfWork) -> RiskIndex:
    since = uow.now - _AREAS_KEPT
    rows = uow.conn.execute(
        select(risk_areas).where(or_(risk_areas.c.valid_to.is_(None), risk_areas.c.valid_to >= since))
    )
    return RiskIndex(map(area_of, rows), uow.zone)


def read_newest_list(conn: Connection) -> str | None:
    newest = select(risk_lists.c.id).order_by(risk_lists.c.published_at.desc()).limit(1)
    return conn.execute(newest).scalar()


def area_of(row: Any) -> RiskArea:
    """:param row: of risk_areas."""
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
