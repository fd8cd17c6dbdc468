"""The outbox: published right after the commit, swept for rows that a crash left, kept as the event log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import structlog
from sqlalchemy import delete, func, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection, Row

from chassis.crash_points import reach
from chassis.database.ages import long_ago
from chassis.database.engine import Database
from chassis.database.guards import remove
from chassis.database.statements import is_in
from chassis.database.tables import TABLES
from chassis.messaging.publisher import NotPublished, Publisher
from chassis.taking import Taking
from chassis.unit_of_work import Message
from contracts.envelope import BATCH

OUTBOX = TABLES["outbox"]

_OF_DOOR = OUTBOX.c.published_at.is_(None) & OUTBOX.c.by_door.is_not(None)
_WAITS = select(OUTBOX.c.id).where(_OF_DOOR).limit(1)
_WAITS_IN_SQL = str(_WAITS.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
# The process that wrote younger rows still publishes them. Sending a row twice would do no harm.
SWEEP_AFTER = timedelta(seconds=3)

log = structlog.get_logger()


@dataclass
class Outbox:
    """Sends the messages of committed units, and marks the confirmed ones in a later transaction.

    A late mark costs at most a repeat after a crash, which inboxes absorb.
    """

    publisher: Publisher
    _confirmed: list[str] = field(default_factory=list)
    _marking: list[str] = field(default_factory=list)

    def committed(self, messages: Sequence[Message]) -> None:
        """Publish. An absent broker is no error: the rows wait for the sweep."""
        self._marking = []
        reach("after_commit")
        self._collect()
        try:
            for message in messages:
                self.publisher.send(
                    message.id,
                    message.exchange,
                    message.routing_key,
                    message.body,
                    content_type=BATCH,
                    on_confirmed=self._confirmed.append,
                )
        except NotPublished as error:
            log.warning("outbox_waits", reason=str(error))
        reach("after_publish")

    def mark(self, conn: Connection) -> None:
        """Mark the messages confirmed since the last time, in a transaction that is about to end."""
        # If a transaction was rolled back, its marks are still in _marking and are written again.
        # The broker is not asked here, because nobody waits for it while a transaction is open.
        self._marking += self._confirmed
        self._confirmed.clear()
        if self._marking:
            mark_published(conn, self._marking)

    def has_news(self) -> bool:
        """Whether there are confirmed messages to mark."""
        self._collect()
        return bool(self._confirmed or self._marking)

    def settle(self) -> None:
        """Wait for the outstanding confirms. Raises NotPublished."""
        self.publisher.wait()

    def _collect(self) -> None:
        try:
            self.publisher.collect()
        except NotPublished as error:
            log.warning("outbox_waits", reason=str(error))
        if self.publisher.refused:
            log.error("outbox_refused", messages=self.publisher.refused)
            self.publisher.refused = 0


@dataclass
class Sweep:
    """Publishes rows that were left behind, a page at a time, and marks the confirmed ones.

    Rows that cannot be sent, such as replies for a full queue, hold up nothing: each turn goes on after the
    page of the turn before, and begins again at the end. A page that fails is sent again in halves, until the
    row that nobody takes is alone, and passed over.
    """

    database: Database
    publisher: Publisher
    page: int = 200
    of_door: bool = False
    """Only rows that a door wrote, which no process sends after its commit."""
    _behind: tuple[datetime, str] | None = None
    _size: int = 0
    """Of the next page, after one that failed; it grows again. 0: a whole one."""

    def turn(self) -> int:
        """Send one page. Returns how many rows were confirmed. Raises NotPublished, after marking those.

        No transaction is open during the wait for the broker: on SQLite it would hold up everybody else.
        """
        rows = self._next_page()
        if not rows and self._behind:
            self._behind = None
            rows = self._next_page()
        confirmed: list[str] = []
        try:
            for row in rows:
                self.publisher.send(
                    row.id,
                    row.exchange,
                    row.routing_key,
                    row.body.encode(),
                    content_type=BATCH,
                    on_confirmed=confirmed.append,
                )
            self.publisher.wait()
        except Exception:
            self._narrow(rows)
            raise
        else:
            self._go_on(rows)
        finally:
            if confirmed:
                with self.database.begin() as conn:
                    mark_published(conn, confirmed)
        return len(confirmed)

    def _go_on(self, rows: Sequence[Row[Any]]) -> None:
        self._size = 2 * self._size if 2 * self._size < self.page else 0
        if rows:
            self._behind = (rows[-1].created_at, rows[-1].id)

    def _narrow(self, rows: Sequence[Row[Any]]) -> None:
        self._size = max(1, len(rows) // 2)
        if len(rows) == 1:
            self._behind = (rows[0].created_at, rows[0].id)

    def _next_page(self) -> Sequence[Row[Any]]:
        place = tuple_(OUTBOX.c.created_at, OUTBOX.c.id)
        left = select(OUTBOX).where(_OF_DOOR if self.of_door else OUTBOX.c.published_at.is_(None))
        if not self.of_door:
            # What seems to come from the future was written before the clock was set back.
            now, written = datetime.now(UTC), OUTBOX.c.created_at
            left = left.where(or_(written < now - SWEEP_AFTER, written > now + SWEEP_AFTER))
        if self._behind:
            left = left.where(place > self._behind)
        with self.database.read() as conn:
            return conn.execute(left.order_by(*place).limit(self._size or self.page)).all()


class DoorWaits:
    """Whether a door wrote something that is not sent yet.

    It is asked five times a second: past SQLAlchemy, over a connection that is kept, in a fifth of the time.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: Connection | None = None

    def ask(self) -> bool:
        if not self._database.is_sqlite:
            try:
                return self._driver().execute(_WAITS_IN_SQL).fetchone() is not None
            except (
                psycopg.Error
            ):  # below, it is asked anew and says in the usual way that the database is away
                self.leave()
        with self._database.look() as conn:
            return conn.execute(_WAITS).first() is not None

    def leave(self) -> None:
        """Give the connection up; who asks again opens another."""
        kept, self._kept = self._kept, None
        if kept is not None:
            kept.invalidate()
            kept.close()

    def _driver(self) -> Any:
        if self._kept is None:
            self._kept = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._kept.connection.driver_connection


def mark_published(conn: Connection, ids: Sequence[str]) -> None:
    conn.execute(update(OUTBOX).where(is_in(conn, OUTBOX.c.id, ids)).values(published_at=datetime.now(UTC)))


def pending(conn: Connection) -> tuple[int, float]:
    """Return the number of unpublished messages and the age of the oldest in seconds."""
    count, oldest = conn.execute(
        select(func.count(), func.min(OUTBOX.c.created_at)).where(OUTBOX.c.published_at.is_(None))
    ).one()
    return count, (datetime.now(UTC) - oldest).total_seconds() if oldest else 0.0


def forget_old(conn: Connection, days: int, most: int = 2000, *, taking: Taking | None = None) -> int:
    """Delete a bounded number of published rows that are older than the event log is kept."""
    if (before := long_ago(conn, timedelta(days=days))) is None:
        return 0
    old = select(OUTBOX.c.id).where(OUTBOX.c.created_at < before, OUTBOX.c.published_at.is_not(None))
    ids = [row.id for row in (taking or Taking()).rows(conn, old, OUTBOX.c.id, most)]
    remove(conn, delete(OUTBOX).where(is_in(conn, OUTBOX.c.id, ids)))
    return len(ids)
