"""Runs the turns of a timer or loop so that one bad row stops no other.

A set of rows that fails for a reason that is not the world's is taken again in halves, each in a transaction
of its own, as handlers take a batch again event by event. The guilty row, alone at last, is set aside, and
the turns go on with the rest, twice as many rows each time. Transactions and not savepoints: what a unit of
work records and counts goes with its rows. Halves and not single rows: a thousand rows cost twenty turns.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeVar

import structlog

from chassis import stuck_rows
from chassis.database.engine import Database
from chassis.errors import is_world_away
from chassis.masking import masked_key
from chassis.stuck_rows import Stuck
from chassis.taking import RowKey, Taking
from chassis.telemetry import CHORE_FAILURES, describe_error
from chassis.unit_of_work import UnitOfWork, Work

T = TypeVar("T")

FAILED: Final = -1
"""What a chore returns whose turn failed and is to be followed by another at once: it is no success."""

log = structlog.get_logger()


class OneByOne:
    """
    :param chore: the full name of the timer or loop.
    """

    def __init__(self, chore: str, work: Work) -> None:
        self._chore = chore
        self._work = work
        self._most: int | None = None
        """While the guilty row is looked for: how many the next turn takes."""
        self._whole = 0
        self._tried_again = False
        self.unfinished = False
        """Whether the next turn is to come at once, whatever the last one did."""
        self._failed = False

    def run(self, use_case: Callable[[UnitOfWork], T]) -> T | None:
        """One turn. None: it failed, and the next one finds the guilty row or goes on without it.

        Raises what is not a row's fault: the world is away, nothing was taken, or too much is set aside.
        """
        taking = Taking()
        due, again = False, None
        self.unfinished = self._failed = False
        try:
            with self._work.unit() as uow:
                aside = stuck_rows.of_chore(uow.conn, self._chore)
                due = bool(aside) and aside[0].retry_at <= datetime.now(UTC)
                again = self._to_try_again(aside) if due else None
                uow.taking = taking = Taking(
                    self._most, frozenset(stuck.row for stuck in aside), again.row if again else None
                )
                done = use_case(uow)
                if again and taking.put_off:
                    stuck_rows.put_off(uow.conn, again)
                elif again:
                    stuck_rows.release(uow.conn, [again])
        except Exception as error:
            if is_world_away(error) or not self._narrow(taking, error):
                raise
            self.unfinished = self._failed = True
            return None
        self.unfinished = due or self._most is not None
        if again:
            what = "put_off" if taking.put_off else "done" if taking.taken else "gone"
            row = {"table": again.row.table, "row": masked_key(again.row.key)}
            log.info(f"stuck_row_{what}", chore=self._chore, **row)
        elif self._most is not None:
            self._most = self._most * 2 if self._most * 2 < self._whole else None
        return done

    def outcome(self, done: int) -> int:
        """What a chore returns after this turn, in which so much was done."""
        return FAILED if self._failed else max(done, self.unfinished)

    def _to_try_again(self, due: list[Stuck]) -> Stuck | None:
        """Every second turn at the most, so that many of them hold up nothing else."""
        self._tried_again = self._most is None and not self._tried_again
        return due[0] if self._tried_again else None

    def _narrow(self, taking: Taking, error: Exception) -> bool:
        """Returns whether the turn after this one is another."""
        if guilty := taking.guilty:
            put_aside(self._work.database, self._chore, guilty, error)
            return True
        if not taking.taken:
            return False
        if self._most is None:
            self._whole = len(taking.taken)
            CHORE_FAILURES.labels(self._chore).inc()
            log.warning("rows_in_parts", chore=self._chore, rows=self._whole, error=describe_error(error))
        self._most = len(taking.taken) // 2
        return True


def put_aside(database: Database, chore: str, row: RowKey, error: Exception) -> None:
    """Raises the error where too much is set aside already: then it is no fault of rows."""
    with database.begin() as conn:
        aside = stuck_rows.of_chore(conn, chore)
        if len(aside) >= stuck_rows.MOST and row not in {stuck.row for stuck in aside}:
            raise error
        stuck = stuck_rows.set_aside(conn, chore, row, error)
    CHORE_FAILURES.labels(chore).inc()
    what = {"table": row.table, "row": masked_key(row.key), "times": stuck.times}
    log.error("row_set_aside", chore=chore, **what, error=describe_error(error))
