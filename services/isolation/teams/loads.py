"""The number of cases of each member of staff: read before a choice, counted on, written at the end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import add_to_rows, is_in
from services.isolation.teams.rules import Member, Roster, nearest
from services.isolation.teams.tables import staff_load

Choice = tuple[Sequence[str], Sequence[str]]
"""(roles, places) of a case that needs a team."""


class Loads:
    """`known` is as of the beginning, plus what this unit of work gives; what other replicas give at the same
    time shows in the next unit.
    """

    def __init__(self, conn: Connection, roster: Roster) -> None:
        self._conn = conn
        self._roster = roster
        self._change: Counter[str] = Counter()
        self.known: dict[str, int] = {}

    def read(self, choices: Iterable[Choice]) -> None:
        """The loads of all staff among whom one of these choices may fall."""
        candidates: set[str] = set()
        for roles, places in set(choices):
            for role in roles:
                near = nearest(role, places, self._roster)
                if len(near) > 1:
                    candidates.update(near)
        candidates -= self.known.keys()
        if candidates:
            load = staff_load.c
            rows = self._conn.execute(
                select(load.staff_id, load.cases).where(is_in(self._conn, load.staff_id, candidates))
            )
            self.known.update({staff_id: cases for staff_id, cases in rows})

    def give(self, team: Iterable[Member]) -> None:
        """These have one more case."""
        self._change.update([staff_id for _, staff_id in team])

    def take(self, team: Iterable[Member]) -> None:
        """These have one case less."""
        self._change.subtract([staff_id for _, staff_id in team])

    def write(self) -> None:
        """Last of all statements, for everybody gives cases to the same few officers."""
        rows = [
            {"staff_id": staff_id, "cases": count}
            for staff_id, count in sorted(self._change.items())
            if count
        ]
        add_to_rows(self._conn, staff_load, rows, key=["staff_id"], add=["cases"], least=0)
