"""The reports that are kept, for the balance of what arrived."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from services.registration.accounts.tables import uncounted
from services.registration.reports.tables import reports


@dataclass(frozen=True, slots=True)
class Kept:
    """Without those that somebody has resubmitted, which had arrived before, or said by a command at a door.

    :param reports: by publisher; `needs_correction` of them wait for somebody.
    :param uncounted: reports by publisher that were there when counting began; `uncounted_letters` likewise,
        without the `later` ones that follow another letter.
    """

    reports: dict[str, int]
    needs_correction: int
    uncounted: dict[str, int]
    uncounted_letters: int
    uncounted_later_letters: int


def kept(conn: Connection) -> Kept:
    c = reports.c
    by_publisher: dict[str, int] = {}
    needs_correction = 0
    of_both = select(c.publisher, c.outcome, func.count()).where(c.corrects.is_(None), c.by_command.is_(None))
    for publisher, outcome, count in conn.execute(of_both.group_by(c.publisher, c.outcome)):
        by_publisher[publisher or ""] = by_publisher.get(publisher or "", 0) + count
        needs_correction += count if outcome == "needs_correction" else 0
    before = conn.execute(select(uncounted)).all()
    return Kept(
        by_publisher,
        needs_correction,
        {row.publisher: row.reports for row in before if row.reports},
        sum(row.letters for row in before),
        sum(row.later_letters for row in before),
    )
