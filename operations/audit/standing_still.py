"""What is all there and does not go on: rows that are set aside, and work whose time is long over."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.engine import Connection

from chassis.handover import MOST_NAMED, Sums
from operations.audit.result import Audit
from operations.databases import settings_of
from operations.stuck import listed
from services.isolation import handover as isolation
from services.notification import handover as notification

_LATE = {"isolation": isolation.late, "notification": notification.late}


def what_stands_still(audit: Audit, conns: Mapping[str, Connection]) -> None:
    """Rows that are set aside are named as such, and not once more as late.

    :param conns: service -> its snapshot.
    """
    rows = listed()
    for row in rows[:MOST_NAMED]:
        shown = row.as_dict()
        why = f"{shown['chore']} set it aside, {shown['error']} at {shown['place']}: `doorstep stuck list`"
        audit.stand_still(f"row of {shown['table']}", shown["row"], why)
    audit.set_aside = len(rows)
    audit.stand_still_unnamed(max(0, len(rows) - MOST_NAMED))
    aside = {row.shown_key for row in rows}
    for service, late in _LATE.items():
        settings = settings_of(service)
        found: Sums = late(conns[service], settings.clock().now(), settings.zone)
        for lack in found.lacks:
            if lack.id not in aside:
                audit.stand_still(lack.what, lack.id, lack.why)
        audit.stand_still_unnamed(found.unnamed)
