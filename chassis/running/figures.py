"""Facts that stand in a service's database, read every few seconds and shown as gauges.

Every replica reads and shows the same numbers, so that none is missing while one restarts. A sum over
replicas would count them several times: panels and rules take `max by (…)`, and each gauge's help says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy.engine import Connection

from chassis.clock import Clock
from chassis.database.engine import Database

EVERY_S = 5.0
# However much there is to count: reading takes at most this share of the time.
MOST_OF_THE_TIME = 0.02

Found = Mapping[tuple[str, ...], float]
"""Label values, in the gauge's order -> number."""


@dataclass(frozen=True)
class Figure:
    """A gauge and the question that answers it.

    :param ask: one statement that an index answers; gets the time of the field.
    :param always: label values that are shown as 0 where nothing is found, so that a graph has no holes.
    """

    gauge: Gauge
    ask: Callable[[Connection, datetime], Found]
    always: tuple[tuple[str, ...], ...] = ()
    _shown: set[tuple[str, ...]] = field(default_factory=set)

    def show(self, found: Found) -> None:
        """What was shown before and is found no more becomes 0. A scrape meanwhile sees no series missing."""
        self._shown.update(self.always, found)
        for labels in sorted(self._shown):
            self.gauge.labels(*labels).set(found.get(labels, 0))

    def hide(self) -> None:
        self._shown.clear()
        self.gauge.clear()


class Reader:
    """Reads a service's figures, all in one transaction that only reads."""

    def __init__(self, database: Database, clock: Clock, figures: Sequence[Figure]) -> None:
        self._database = database
        self._clock = clock
        self._figures = figures
        self._not_before = 0.0

    def read(self) -> int:
        """Returns 0: one reading is enough. Raises when the database is away; then nothing is shown, for an
        old number looks like a true one."""
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
