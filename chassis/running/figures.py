"""Reads a service's figures every few seconds and shows them as gauges."""

from __future__ import annotations

import time
from collections.abc import Sequence

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.errors import is_world_away
from chassis.figures import Figure, Numbers

EVERY_S = 5.0
# Reading takes at most this share of the time, however much there is to count.
MOST_OF_THE_TIME = 0.02


class Reader:
    """Reads a service's figures, all in one transaction that only reads."""

    def __init__(self, database: Database, clock: Clock, figures: Sequence[Figure]) -> None:
        self._database = database
        self._clock = clock
        self._figures = figures
        self._not_before = 0.0

    def read(self) -> int:
        """Read once and return 0, because one reading is enough.

        Raises when the database is away. Nothing is shown then: an old number would look like a true one.
        Where one figure fails for another reason, the others are shown, and that is raised at the end.
        """
        began = time.monotonic()
        if began < self._not_before:
            return 0
        found: list[tuple[Figure, Numbers]] = []
        failed: Exception | None = None
        try:
            with self._database.read() as conn:
                now = self._clock.now()
                for figure in self._figures:
                    try:
                        with conn.begin_nested():
                            found.append((figure, figure.ask(conn, now)))
                    except Exception as error:
                        if is_world_away(error):
                            raise
                        failed = error
                        figure.hide()
        except Exception:
            for figure in self._figures:
                figure.hide()
            raise
        for figure, numbers in found:
            figure.show(numbers)
        took = time.monotonic() - began
        self._not_before = began + took / MOST_OF_THE_TIME
        if failed:
            raise failed
        return 0
