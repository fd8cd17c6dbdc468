"""The grid worker who takes the next arrival (P1): whoever of the doorstep has the fewest open arrivals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

from field.presence import is_within
from services.registration.places.placing import Placement


class Rota:
    """The active grid workers by grid and community."""

    def __init__(
        self,
        workers: Iterable[tuple[str, Mapping[str, str]]],
        away: Mapping[str, tuple[datetime, datetime | None]] = MappingProxyType({}),
    ) -> None:
        """
        :param workers: (staff_id, place_id by level of where they work) of the active grid workers.
        :param away: from when to when some of them are away; None: until further notice.
        """
        self._away = away
        self._at: dict[str, list[str]] = defaultdict(list)
        for staff_id, levels in sorted(workers, key=lambda worker: worker[0]):
            for level in ("grid", "community"):
                if level in levels:
                    self._at[levels[level]].append(staff_id)

    def workers(self, placement: Placement) -> Sequence[str]:
        """Of the grid, or of the whole community where the grid is unknown or has none."""
        return self._at.get(placement.grid or "") or self._at.get(placement.community or "") or ()

    def next(self, placement: Placement, open_arrivals: dict[str, int], now: datetime) -> str | None:
        """Nobody who is away gets another, unless all are.

        :param open_arrivals: by worker; the chosen worker has one more afterwards.
        """
        workers = self.workers(placement)
        if self._away:
            workers = [worker for worker in workers if not self._is_away(worker, now)] or workers
        if not workers:
            return None
        chosen = min(workers, key=lambda worker: (open_arrivals.get(worker, 0), worker))
        open_arrivals[chosen] = open_arrivals.get(chosen, 0) + 1
        return chosen

    def _is_away(self, worker: str, now: datetime) -> bool:
        begins, ends = self._away.get(worker, (None, None))
        return is_within(now, begins, ends)
