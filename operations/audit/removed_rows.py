"""Rows that were removed by no rule of the services, as the databases themselves noted it, and are not there.

A table whose removals are not noted any more is named too: somebody has taken its guard away.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from chassis.database.guards import missing_guards, table_of
from chassis.database.migrations import metadata_of
from chassis.handover import MOST_NAMED
from operations.audit.result import Audit
from operations.removed_rows import noted


def removed_rows_are_there_again(audit: Audit, conns: Mapping[str, Connection]) -> None:
    """:param conns: service, or the console -> a snapshot of its database."""
    sums = audit.sums["removed_by_hand"] = {"noted": 0, "accepted": 0, "gone": 0}
    for service, conn in conns.items():
        found = noted(service, conn)
        sums["noted"] += found.noted
        sums["accepted"] += found.accepted
        sums["gone"] += len(found.gone)
        for row in found.gone[:MOST_NAMED]:
            at = row.at.isoformat(timespec="seconds")
            why = f"removed at {at} by {row.by}: put it back, or see `doorstep removed list`"
            audit.miss(f"row of {service}.{row.table}", row.key, why)
        audit.miss_unnamed(max(0, len(found.gone) - MOST_NAMED))
        for name in sorted({table_of(guard) for guard in missing_guards(conn, metadata_of(service))}):
            why = "somebody took it away, and what is removed there is not noted: `doorstep migrate`"
            audit.miss("guard", f"{service}.{name}", why)
