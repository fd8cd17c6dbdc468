"""Leases let one replica at a time do a piece of work. They are measured by the database's own clock."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.database.statements import database_now, insert_rows
from chassis.database.tables import TABLES
from chassis.ids import new_id

LEASES = TABLES["leases"]

LASTING: Final = timedelta(seconds=20)
"""So long nobody does the work of a process that has died."""
RENEW_EVERY_S: Final = 5


def holder_name() -> str:
    """Return a new name at each start of a process, so that a restarted process is another holder."""
    return f"{socket.gethostname()[:40]}/{os.getpid()}/{new_id()[-12:]}"


def take(conn: Connection, name: str, holder: str, lasting: timedelta) -> bool:
    """Take or renew a lease. Returns False while another holder has it."""
    now = database_now(conn)
    until = now + lasting
    row = conn.execute(select(LEASES).where(LEASES.c.name == name).with_for_update()).one_or_none()
    if row is None:
        fresh = {"name": name, "holder": holder, "until": until}
        return bool(insert_rows(conn, LEASES, [fresh], ignore_conflicts=True, returning=("name",)))
    # One that ends later than any lease can was taken before the clock was set back.
    if row.holder != holder and now < row.until <= now + 2 * lasting:
        return False
    conn.execute(LEASES.update().where(LEASES.c.name == name).values(holder=holder, until=until))
    return True


def give_back(conn: Connection, name: str, holder: str) -> None:
    conn.execute(delete(LEASES).where(LEASES.c.name == name, LEASES.c.holder == holder))


class Leases:
    """Those that this process holds: of its timers, the sweep of the outbox, the canaries.

    A chore renews all of them in one statement for as long as the process lives. So each is short, however
    long its timer waits between two turns, and when the process dies, another one soon goes on. Where a piece
    of work outlasts them another replica may do the same meanwhile, which is harmless: rows are taken without
    those that somebody holds, and written under unique keys.
    """

    def __init__(self, database: Database, lasting: timedelta = LASTING) -> None:
        self._database = database
        self._holder = holder_name()
        self._lasting = lasting
        self._ours_until: dict[str, float] = {}
        """By name; by the monotonic clock."""

    def take(self, name: str) -> bool:
        """Whether it is ours for this turn. Returns False while another holder has it."""
        began = time.monotonic()
        if began < self._ours_until.get(name, 0.0):
            return True
        self._ours_until.pop(name, None)
        with self._database.begin() as conn:
            mine = take(conn, name, self._holder, self._lasting)
        if mine:
            self._ours_until[name] = began + self._lasting.total_seconds()
        return mine

    def renew(self) -> int:
        """All that are ours still. Returns 0: there is never more to do at once."""
        names = sorted(self._ours_until)
        if not names:
            return 0
        began = time.monotonic()
        until = began + self._lasting.total_seconds()
        c = LEASES.c
        with self._database.begin() as conn:
            # A replica that stands still while it asks for one of them must not hold up the others.
            of_us = select(c.name).where(c.name.in_(names), c.holder == self._holder)
            free = of_us.with_for_update(skip_locked=True).scalar_subquery()
            renewed = LEASES.update().where(c.name.in_(free)).values(until=database_now(conn) + self._lasting)
            kept = set(conn.execute(renewed.returning(c.name)).scalars())
            lost = set(names) - kept - set(conn.execute(of_us).scalars())
        for name in names:  # none may be taken or given back meanwhile: all chores are of one thread
            if name in kept:
                self._ours_until[name] = until
            elif name in lost:
                self._ours_until.pop(name, None)
        return 0

    def give_back(self, name: str) -> None:
        """So that another replica need not wait for its end."""
        self._ours_until.pop(name, None)
        with self._database.begin() as conn:
            give_back(conn, name, self._holder)
