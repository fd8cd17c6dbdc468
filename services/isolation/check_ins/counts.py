"""How many check-ins there are, how many of them abnormal, and how many staff were told at once."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.isolation.check_ins.tables import check_ins


def check_in_counts(conn: Connection) -> dict[str, int]:
    c = check_ins.c
    kept = conn.execute(select(func.count()).select_from(check_ins)).scalar_one()
    told = conn.execute(select(c.told).where(c.abnormal != "")).scalars().all()
    return {"kept": kept, "abnormal": len(told), "told": sum(len(staff) for staff in told)}
