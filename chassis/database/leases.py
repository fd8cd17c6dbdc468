"""Leases let one replica at a time do a piece of work. They are measured by the database's own clock."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from chassis.database.engine import Database
from chassis.database.statements import database_now, insert_rows
from chassis.database.tables import TABLES
from chassis.ids import new_id

LEASES = TABLES["leases"]


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


class Lease:
    """That of one chore of this process.

    It is renewed once a third of it has passed: a write at every turn of every timer would be most of what
    an idle service does.
    """

    def __init__(self, database: Database, name: str, lasting: timedelta) -> None:
        self._database = database
        self._name = name
        self._holder = holder_name()
        self._lasting = lasting
        self._renew_at = 0.0

    def take(self) -> bool:
        """Whether it is ours for this turn. Returns False while another holder has it."""
        began = time.monotonic()
        if began < self._renew_at:
            return True
        self._renew_at = 0.0
        with self._database.begin() as conn:
            mine = take(conn, self._name, self._holder, self._lasting)
        if mine:
            self._renew_at = began + self._lasting.total_seconds() / 3
        return mine

    def give_back(self) -> None:
        self._renew_at = 0.0
        with self._database.begin() as conn:
            give_back(conn, self._name, self._holder)
