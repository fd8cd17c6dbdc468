"""Reads a service's figures every few seconds and shows them as gauges."""

from __future__ import annotations

import time
from collections.abc import Sequence

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.figures import Figure

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
        """
        began = time.monotonic()
        if began < self._not_before:
            return 0
        try:
            with self._database.read() as conn:
                now = self._clock.now()
                found = [figure.ask(conn, now) for figure in self._figures]
        except Exception:
            for figure in self._figures:
                figure.hide()
            raise
        for figure, numbers in zip(self._figures, found, strict=True):
            figure.show(numbers)
        took = time.monotonic() - began
        self._not_before = began + took / MOST_OF_THE_TIME
        return 0
