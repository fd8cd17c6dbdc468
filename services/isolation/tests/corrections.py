"""Which result corrects which. Two that correct each other would both count no more."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.tests.tables import results_of_nobody, test_results


class Corrections:
    """What these results correct, and what those correct in turn."""

    def __init__(self, conn: Connection, corrected: Collection[str]) -> None:
        """:param corrected: ids of results that are to be corrected."""
        self._corrects: dict[str, str] = {}
        wanted = set(corrected)
        while wanted:  # seldom twice: a correction of a correction is rare
            found: dict[str, str] = {}
            for table in (test_results, results_of_nobody):
                c = table.c
                these = is_in(conn, c.result_id, wanted), c.supersedes.is_not(None)
                found |= {
                    id: before for id, before in conn.execute(select(c.result_id, c.supersedes).where(*these))
                }
            self._corrects |= found
            wanted = set(found.values()) - self._corrects.keys()

    def leads_back(self, id: str, before: str) -> bool:
        """Whether a result that corrects another is, over one or more, corrected by that one itself."""
        seen: set[str] = set()
        at: str | None = before
        while at is not None and at not in seen:
            if at == id:
                return True
            seen.add(at)
            at = self._corrects.get(at)
        return False

    def note(self, id: str, before: str) -> None:
        """One that is kept just now."""
        self._corrects[id] = before
