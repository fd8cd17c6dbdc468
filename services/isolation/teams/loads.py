"""How many cases each staff member has: read where a choice must be made, counted on, written at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, update_rows
from services.isolation import tables as t
from services.isolation.teams.rules import Roster, nearest


class Loads:
    """`known` is as of the beginning, plus what this unit gives; other replicas' gifts show in the next."""

    def __init__(self, conn: Connection, roster: Roster) -> None:
        self._conn = conn
        self._roster = roster
        self._change: Counter[str] = Counter()
        self.known: dict[str, int] = {}

    def read(self, wanted: Iterable[tuple[Sequence[str], Sequence[str]]]) -> None:
        """For the (roles, places) of each case that will need a team."""
        candidates: set[str] = set()
        for roles, places in set(wanted):
            for role in roles:
                near = nearest(role, places, self._roster)
                if len(near) > 1:
                    candidates.update(near)
        candidates -= self.known.keys()
        if candidates:
            load = t.staff_load.c
            rows = self._conn.execute(
                select(load.staff_id, load.cases).where(is_in(self._conn, load.staff_id, candidates))
            )
            self.known.update({staff_id: cases for staff_id, cases in rows})

    def give(self, staff: Iterable[str]) -> None:
        self._change.update(staff)

    def take(self, staff: Iterable[str]) -> None:
        self._change.subtract(staff)

    def write(self) -> None:
        """Last of all statements, for everybody gives cases to the same few officers."""
        change = {staff_id: count for staff_id, count in self._change.items() if count}
        if not change:
            return
        load = t.staff_load
        these = is_in(self._conn, load.c.staff_id, change)
        held = self._conn.execute(
            select(load.c.staff_id, load.c.cases).where(these).order_by(load.c.staff_id).with_for_update()
        )
        rows = [{"staff_id": who, "cases": max(0, cases + change[who])} for who, cases in held]
        update_rows(self._conn, load, rows, key=["staff_id"], set=["cases"])
