"""What may be read of results."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.sealing import Sealer
from field.scope import Scope
from services.isolation.tests.tables import results_of_nobody as table


@dataclass(frozen=True, slots=True)
class OfNobody:
    """A positive result of somebody who is not followed here.

    :param identity_number: as the laboratory wrote it.
    """

    result_id: str
    identity_type: str | None
    identity_number: str
    sample_id: str
    sampled_at: datetime
    reported_at: datetime
    method: str
    stage: str
    pool_size: int
    source: str
    received_at: datetime
    due_by: datetime


def positives_of_nobody(conn: Connection, scope: Scope, sealer: Sealer, most: int = 50) -> list[OfNobody]:
    """Those that no later result of the laboratory corrects, the first due first.

    :param scope: it must reach everywhere: a result of nobody here lies in no place.
    """
    if not scope.everywhere:
        return []
    later = table.alias("later")
    corrected = select(later.c.result_id).where(later.c.supersedes == table.c.result_id).exists()
    rows = conn.execute(
        select(table)
        .where(table.c.due_by.is_not(None), ~corrected)
        .order_by(table.c.due_by, table.c.result_id)
        .limit(most)
    )
    found = []
    for row in rows:
        identity = sealer.unseal(row.identity, "identity")
        found.append(
            OfNobody(
                row.result_id,
                identity.get("type"),
                identity["number"],
                *(row.sample_id, row.sampled_at, row.reported_at, row.method, row.stage, row.pool_size),
                *(row.source, row.received_at, row.due_by),
            )
        )
    return found
