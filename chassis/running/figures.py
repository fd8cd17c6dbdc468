"""Reads a service's figures every few seconds and shows them as gauges."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.errors import is_world_away
from chassis.figures import Figure, Numbers

EVERY_S = 5.0
# Reading takes at most this share of the time, however much there is to count.
MOST_OF_THE_TIME = 0.02
UNASKED_S: Final = 120.0
"""After so long without a question figures that count much are hidden, for they would be old."""
_FIRST_WITHIN_S: Final = EVERY_S + 1


class Looks:
    """When `/metrics` was asked for last, and when a reading began last, by the monotonic clock."""

    def __init__(self) -> None:
        self.asked_at = time.monotonic()  # as though at the start: whoever asks first finds figures
        self.read_at: float | None = None  # None: there is nothing to read for it

    def ask(self, sleep: Callable[[float], None]) -> None:
        """Somebody asks. Where the last reading is long ago they wait for the next one, 6 s at most.

        :param sleep: waits so many seconds, of a native thread.
        """
        now = self.asked_at = time.monotonic()
        if self.read_at is None or now - self.read_at <= UNASKED_S:
            return
        while self.read_at < now and time.monotonic() < now + _FIRST_WITHIN_S:
            sleep(0.1)


LOOKS: Final = Looks()
"""Of this process, as its gauges are."""


class Reader:
    """Reads a service's figures, all in one transaction that only reads."""

    def __init__(
        self, database: Database, clock: Clock, figures: Sequence[Figure], while_asked: Sequence[Figure] = ()
    ) -> None:
        """:param while_asked: figures that count much: they are read once for each time somebody asks."""
        self._database = database
        self._clock = clock
        self._figures = figures
        self._while_asked = while_asked
        self._not_before = 0.0

    def read(self) -> int:
        """Read once and return 0, because one reading is enough.

        Raises when the database is away. Nothing is shown then: an old number would look like a true one.
        Where one figure fails for another reason, the others are shown, and that is raised at the end.
        """
        began = time.monotonic()
        if began < self._not_before:
            return 0
        figures = [*self._figures, *self._asked_for(began)]
        found: list[tuple[Figure, Numbers]] = []
        failed: Exception | None = None
        try:
            with self._database.read() as conn:
                now = self._clock.now()
                for figure in figures:
                    try:
                        with conn.begin_nested():
                            found.append((figure, figure.ask(conn, now)))
                    except Exception as error:
                        if is_world_away(error):
                            raise
                        failed = error
                        figure.hide()
        except Exception:
            for figure in (*self._figures, *self._while_asked):
                figure.hide()
            raise
        for figure, numbers in found:
            figure.show(numbers)
        if self._while_asked and len(figures) > len(self._figures):
            LOOKS.read_at = began
        took = time.monotonic() - began
        self._not_before = began + took / MOST_OF_THE_TIME
        if failed:
            raise failed
        return 0

    def _asked_for(self, now: float) -> Sequence[Figure]:
        if LOOKS.read_at is None or LOOKS.asked_at >= LOOKS.read_at:
            return self._while_asked
        if now > LOOKS.asked_at + UNASKED_S:
            for figure in self._while_asked:
                figure.hide()
        return ()
