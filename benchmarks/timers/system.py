"""Doorstep with a million open cases, arrivals that come in beside its timers, and what its databases say."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from benchmarks.bulk_load import load, steps
from benchmarks.bulk_rows import KEYS
from benchmarks.doorstep_pipeline import NOW, Doorstep
from benchmarks.nodes import Nodes
from benchmarks.pipeline import SERVICES, Progress, WrongEffects
from benchmarks.processes import python
from benchmarks.timers.open_cases import open_cases
from chassis.clock import Clock

FIRST = 5_000_000
"""The number of the first person who comes beside a timer; all others have smaller ones."""
LEAD_S = 5.0
"""Intake runs so long before anything is measured beside it."""
AT_LEAST_S = 20.0
"""Of a shorter time nobody can say how fast intake was."""
SETTLED_S = 120.0

# Their term has passed, but nobody looks before it is said that it has.
_CLOSED = (
    "UPDATE cases SET identity = 0, district = '620102', strip_on = '2023-01-01', "
    "closed_at = closed_at - interval '2 years', arrived_at = arrived_at - interval '2 years' "
    "WHERE closed_at IS NOT NULL"
)


@dataclass
class Beside:
    """What came in beside a timer: its share of what was to come in. Known when the block has ended."""

    kept: float = 0.0


class DoorstepWithOpenCases(Doorstep):
    def __init__(self, nodes: Nodes, directory: Path) -> None:
        super().__init__(nodes, directory)
        self._sent = 0
        self._cases_before = 0

    def _settings(self) -> dict[str, str]:
        settings = super()._settings()
        # What was loaded is opened, too, before it is stripped.
        loaded = ",".join(f"{id}:{base64.b64encode(key).decode()}" for id, key in KEYS.items())
        return {**settings, "DOORSTEP_SEAL_KEYS": f"{settings['DOORSTEP_SEAL_KEYS']},{loaded}"}

    def fill_with_open_cases(self, count: int, every: int, progress: Progress) -> None:
        """With the services stopped. One of `every` is overdue, one at its end, and so many are closed."""
        self._processes.stop()
        closed, urls = (
            count // every,
            {service: self.nodes.postgres_uri(self.database(service)) for service in SERVICES},
        )
        tables = steps(urls)
        load(
            urls,
            closed,
            lambda service, done: progress(f"loading {service}", done, tables[service] * closed),
        )
        self.do("isolation", _CLOSED)
        open_cases(urls["isolation"], count, every, lambda done, of: progress("opening cases", done, of))
        self.set_clock(NOW)
        self.start()

    # -- intake ------------------------------------------------------------------------------------------

    @contextmanager
    def arrivals(self, rate: float) -> Iterator[Beside]:
        """Meanwhile arrivals come in at this rate, a second."""
        beside = Beside()
        out = self.directory / "sent.json"
        self._cases_before = self._cases_before or self._count("isolation", "SELECT count(*) FROM cases")
        command = [
            "-m",
            "benchmarks.timers.intake",
            "--uri",
            self.nodes.amqp_uri(self.name),
            "--rate",
            str(rate),
        ]
        self._load.start("load", python(*command, "--first", str(FIRST + self._sent), "--out", str(out)))
        time.sleep(LEAD_S)
        began, cases = time.monotonic(), self._opened()
        yield beside
        time.sleep(max(0.0, AT_LEAST_S - (time.monotonic() - began)))
        beside.kept = (self._opened() - cases) / ((time.monotonic() - began) * rate)
        self._load.stop()
        said = json.loads(out.read_text())
        if said["sent"] != said["confirmed"]:
            raise WrongEffects(
                f"{said['confirmed']:,} of {said['sent']:,} arrivals were confirmed by the broker"
            )
        self._sent += said["sent"]
        self._await_cases()

    def _opened(self) -> int:
        """Cases that were ever written, by the server's statistics: about a second behind."""
        return self._statistic("isolation", "n_tup_ins", "WHERE relname = 'cases'")

    def _await_cases(self) -> None:
        """Each arrival that was published must become a case."""
        deadline = time.monotonic() + SETTLED_S
        while (
            there := self._count("isolation", "SELECT count(*) FROM cases") - self._cases_before
        ) < self._sent:
            self.check()
            if time.monotonic() > deadline:
                raise WrongEffects(f"of {self._sent:,} arrivals beside the timers {there:,} have a case")
            time.sleep(1)
        if there != self._sent:
            raise WrongEffects(f"of {self._sent:,} arrivals beside the timers there are {there:,} cases")

    # -- databases and clock -----------------------------------------------------------------------------

    def set_clock(self, moment: datetime) -> None:
        Clock(self.directory / "clock").set(moment)

    def do(self, service: str, *statements: str) -> None:
        with self._connect(service) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]

    def ask(self, service: str, query: str) -> int:
        return self._count(service, query)

    def texts(self, service: str, query: str) -> list[str]:
        """The first column."""
        with self._connect(service) as connection:
            return [str(row[0]) for row in connection.execute(query).fetchall()]  # type: ignore[arg-type]

    def read_whole(self) -> int:
        """Rows that scans of whole tables have read so far, of all services."""
        return sum(self._statistic(service, "seq_tup_read") for service in SERVICES)

    def _statistic(self, service: str, name: str, where: str = "") -> int:
        return self._count(service, f"SELECT coalesce(sum({name}), 0) FROM pg_stat_user_tables {where}")
