"""How old rows are, where clocks may be wrong: a date too far ahead must not delete what is young."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.clocks import CLOCKS_APART
from chassis.database.statements import database_now
from chassis.database.tables import TABLES

log = structlog.get_logger()


def long_ago(conn: Connection, kept: timedelta) -> datetime | None:
    """Rows from before this moment may go. None where the clocks of host and database disagree.

    It counts from the newest row that the service wrote, if that is older than both clocks say.
    """
    host, database = datetime.now(UTC), database_now(conn)
    if abs(host - database) > CLOCKS_APART:
        log.error("nothing_forgotten", clocks_apart_s=round((host - database).total_seconds()))
        return None
    newest = _newest(conn)
    return min(host, database, newest) - kept if newest else None


def _newest(conn: Connection) -> datetime | None:
    """Ids of the outbox are of one order with time. The inbox has no index that finds its newest row, but
    one that finds the rows of a short time: all are read only where it took nothing in for a day."""
    outbox, handled_at = TABLES["outbox"].c, TABLES["inbox"].c.handled_at
    newest: datetime | None = conn.scalar(select(outbox.created_at).order_by(outbox.id.desc()).limit(1))
    for lately in (timedelta(minutes=10), timedelta(days=1)):
        since = datetime.now(UTC) - lately
        newest = newest or conn.scalar(select(func.max(handled_at)).where(handled_at > since))
    return newest or conn.scalar(select(func.max(handled_at)))
