"""Rows that chores of the services have set aside: listed, and tried again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis import stuck_rows
from chassis.masking import masked_key
from chassis.stuck_rows import Stuck
from operations.databases import database_of, databases
from operations.errors import NotFound

LOOK_AGAIN_S = 0.5
_TRACED = ("arrivals", "cases")


@dataclass(frozen=True)
class StuckRow:
    """A row that is set aside, and the service that keeps it."""

    service: str
    stuck: Stuck

    def as_dict(self) -> dict[str, Any]:
        """Without personal data: an outsider may have put some into an id."""
        found = self.stuck
        return {
            "service": self.service,
            "chore": found.chore,
            "table": found.row.table,
            "row": self.shown_key,
            "since": found.since,
            "times": found.times,
            "retry_at": found.retry_at,
            "error": found.error,
            "place": found.place,
            "advice": self._advice,
        }

    @property
    def shown_key(self) -> str:
        return masked_key(self.stuck.row.key)

    @property
    def _advice(self) -> str:
        look = f"look at `doorstep trace {self.shown_key}`, " if self.stuck.row.table in _TRACED else ""
        mend = f"mend the row, or the fault at {self.stuck.place}, "
        return f"{look}{mend}then `doorstep stuck retry '{self.shown_key}'`"

    @property
    def known_as(self) -> tuple[str, str, str]:
        return self.stuck.chore, *self.stuck.row


@dataclass(frozen=True)
class Retried:
    """:param waiting: not tried yet: their chores have a longer rhythm, or their service is down."""

    done: int
    failed_again: int
    waiting: int


def listed(service: str | None = None, chore: str | None = None) -> list[StuckRow]:
    """Those that are tried again first come first. Raises NotSetUp."""
    found = []
    for name in [service] if service else databases():
        with database_of(name).read() as conn:
            found += [StuckRow(name, stuck) for stuck in stuck_rows.everything(conn)]
    return [row for row in found if chore in (None, row.stuck.chore)]


def of_key(key: str) -> list[StuckRow]:
    """By the text of its key, as it is or as it is shown. Several chores may have set the same row aside.

    Raises NotFound.
    """
    found = [row for row in listed() if key in (row.stuck.row.key, row.shown_key)]
    if not found:
        raise NotFound(f"no row {key} is set aside: `doorstep stuck list` shows those that are")
    return found


def retry(rows: Sequence[StuckRow], wait: float) -> Retried:
    """Let their chores try them in the next turn, and see for so many seconds what becomes of them."""
    for service in {row.service for row in rows}:
        with database_of(service).begin() as conn:
            stuck_rows.retry_now(conn, [row.stuck for row in rows if row.service == service])
    deadline = time.monotonic() + wait
    while True:
        became = _became(rows)
        left = deadline - time.monotonic()
        if not became.waiting or left <= 0:
            return became
        time.sleep(min(LOOK_AGAIN_S, left))


def _became(rows: Sequence[StuckRow]) -> Retried:
    there = {row.known_as: row.stuck.times for row in listed()}
    times = [there.get(row.known_as) for row in rows]
    done = sum(found is None for found in times)
    again = sum(found is not None and found > row.stuck.times for found, row in zip(times, rows, strict=True))
    return Retried(done, again, len(rows) - done - again)
