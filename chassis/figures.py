"""A figure is a gauge whose numbers stand in a service's database, such as how many cases are open.

Every replica reads and shows the same numbers, so that none is missing while one restarts. A sum over
replicas would count them several times: panels and rules take `max by (…)`, and each gauge's help says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from prometheus_client import Gauge
from sqlalchemy.engine import Connection

Numbers = Mapping[tuple[str, ...], float]
"""Label values, in the gauge's order -> number."""


@dataclass(frozen=True)
class Figure:
    """A gauge and the question that answers it.

    :param ask: one statement that an index answers; gets the time of the field.
    :param always: label values that are shown as 0 where there is no number, so that a graph has no holes.
    """

    gauge: Gauge
    ask: Callable[[Connection, datetime], Numbers]
    always: tuple[tuple[str, ...], ...] = ()
    _shown: set[tuple[str, ...]] = field(default_factory=set)

    def show(self, numbers: Numbers) -> None:
        """Labels that were shown before and have no number now become 0; no series is missing meanwhile."""
        self._shown.update(self.always, numbers)
        for labels in sorted(self._shown):
            self.gauge.labels(*labels).set(numbers.get(labels, 0))

    def hide(self) -> None:
        self._shown.clear()
        self.gauge.clear()
