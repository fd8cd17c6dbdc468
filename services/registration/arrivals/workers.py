"""The worker of each arrival: whoever of the doorstep has the fewest open arrivals (P1)."""

from __future__ import annotations

import os
import socket
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from zlib import crc32

from sqlalchemy import func, select

from chassis.database.statements import add_to_rows, is_in
from chassis.unit_of_work import UnitOfWork
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.coming import Coming
from services.registration.arrivals.tables import worker_loads
from services.registration.places.placing import Placement

# Registration does not hear when a case ends. The longest measure of the policies lasts 14 days and a report
# comes at most 30 days late: nobody is at work on an older arrival, and it stays with whoever had it.
FOLLOWED = timedelta(days=30)
_SHARDS = 16


class Workers:
    """Gives arrivals to workers, and writes down how many each of them got."""

    def __init__(self, uow: UnitOfWork, catalogue: Catalogue, placements: Iterable[Placement]) -> None:
        """
        :param placements: of all arrivals that `worker_of` will be asked about.
        """
        self._conn, self._rota, self._absent = uow.conn, catalogue.rota, catalogue.absent
        self._now, self._followed_since = uow.now, uow.now - FOLLOWED
        self._given: Counter[str] = Counter()
        asked = {worker for placement in set(placements) for worker in self._rota.workers(placement)}
        load = worker_loads.c
        rows = uow.conn.execute(
            select(load.staff_id, func.sum(load.open))
            .where(is_in(uow.conn, load.staff_id, sorted(asked)))
            .group_by(load.staff_id)
        )
        self._open = {staff_id: int(count) for staff_id, count in rows}

    def worker_of(self, coming: Coming, current: str | None) -> str | None:
        """The present worker goes on, unless they left or the doorstep lies in the grid of others.

        Whoever was named as the successor of a worker who left goes on with all that is open. Where nobody
        comes, nobody is sent.
        """
        if coming.not_coming:
            if current:
                self._given[current] -= 1
            return None
        placement = coming.placement
        of_doorstep = self._rota.workers(placement)
        goes_on = current not in self._absent and (current in of_doorstep or not of_doorstep)
        if current and (goes_on or coming.arrived_at < self._followed_since):
            return current
        worker = self._absent.get(current) if current else None
        worker = worker or self._rota.next(placement, self._open, self._now)
        if worker:
            self._given[worker] += 1
        if current:
            self._given[current] -= 1
        return worker

    def write(self) -> None:
        """Replicas add to shards of their own: one count per worker would make them wait for each other."""
        if not any(self._given.values()):
            return
        rows = [{"staff_id": id, "shard": _SHARD, "open": count} for id, count in sorted(self._given.items())]
        add_to_rows(self._conn, worker_loads, rows, key=["staff_id", "shard"], add=["open"])


def shard_of(host: str, process: int) -> int:
    """In containers the process has the same number everywhere, and the host a name of its own."""
    return crc32(f"{host}/{process}".encode()) % _SHARDS


_SHARD = shard_of(socket.gethostname(), os.getpid())
