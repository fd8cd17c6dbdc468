"""The interface of a pipeline to the bench, and the part of the answer that is the same for all three."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.load import Published
from benchmarks.nodes import Nodes
from benchmarks.processes import Processes, light, python

SERVICES = ("registration", "isolation", "notification")

Progress = Callable[[str, int, int], None]
"""The step that is under way, how much of it is done, and of how much."""


class WrongEffects(Exception):
    """The databases do not hold what the arrivals should have led to: no figure can be given."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Rows that arrivals led to."""

    arrivals: int
    cases: int
    tasks: int
    messages: int

    def __sub__(self, other: Effects) -> Effects:
        return Effects(**{name: value - asdict(other)[name] for name, value in asdict(self).items()})

    def __str__(self) -> str:
        return ", ".join(f"{value:,} {name}" for name, value in asdict(self).items())


@dataclass(frozen=True, slots=True)
class Questions:
    """The same questions to each pipeline's tables. `%(run)s` is the run's prefix of event ids and
    `%(since)s` when its publishing began.

    `queued` must give the time each arrival's last message was committed. PostgreSQL itself answers that
    (`track_commit_timestamp`), as long as message rows are not updated before they are read.
    """

    arrivals: str = "SELECT count(*) FROM arrivals"
    cases: str = "SELECT count(*) FROM cases"
    tasks: str = "SELECT count(*) FROM tasks"
    messages: str = "SELECT count(*) FROM messages"
    messages_table: str = "messages"
    reported: str = "SELECT event_id, id::text FROM arrivals WHERE event_id LIKE %(run)s || '-%%'"
    queued: str = (
        "SELECT arrival_id::text, max(pg_xact_commit_timestamp(xmin)) FROM messages "
        "WHERE pg_xact_commit_timestamp(xmin) >= %(since)s GROUP BY arrival_id"
    )


@dataclass(frozen=True, slots=True)
class Latencies:
    """Seconds from publish to the commit of the arrival's last message, one for each arrival of a run."""

    seconds: list[float]
    first_published: float
    last_queued: float  # Unix seconds, as is first_published


class Pipeline(ABC):
    """One way to do the work. Order of calls: prepare, start, any number of runs, stop.

    A run: `publish`, then `done` until it is enough, then `effects`, `latencies`.
    """

    name: str
    title: str
    questions = Questions()

    load_is_light = False
    """Whether the load generator, which has a machine of its own in a deployment, yields to all others."""

    def __init__(self, nodes: Nodes, directory: Path) -> None:
        self.nodes = nodes
        self.directory = directory / self.name
        self.directory.mkdir(parents=True)
        self._processes = Processes(self.directory)
        self._load = Processes(self.directory)
        self._published = self.directory / "published.json"

    # --- what each pipeline says for itself

    @abstractmethod
    def prepare(self) -> None:
        """Make the databases and tables, and whatever must exist before the processes start."""

    @abstractmethod
    def commands(self) -> Mapping[str, tuple[list[str], Mapping[str, str]]]:
        """For each stage its command and environment."""

    @abstractmethod
    def ready(self) -> bool:
        """Whether every stage consumes."""

    @abstractmethod
    def load_command(self, arrivals: Path, rate: float | None) -> list[str]:
        """The load generator's arguments, `--out` aside."""

    def fill(self, arrivals: int, progress: Progress) -> None:
        """Load so many finished arrivals, to see what a full database does to the rate."""
        raise NotImplementedError(f"{self.title} has nothing to fill its databases with")

    def expected(self, arrivals: int) -> Effects:
        return Effects(arrivals=arrivals, cases=arrivals, tasks=6 * arrivals, messages=2 * arrivals)

    # --- the same for all

    def database(self, service: str) -> str:
        return f"{self.name}_{service}"

    def start(self, seconds: float = 60.0) -> None:
        for stage, (command, environment) in self.commands().items():
            self._processes.start(stage, command, environment)
        deadline = time.monotonic() + seconds
        while not self.ready():
            self._processes.check()
            if time.monotonic() > deadline:
                logs = "\n".join(self._processes.tail(stage) for stage in self._processes.pids())
                raise TimeoutError(f"{self.title}: not ready within {seconds:.0f} s\n{logs}")
            time.sleep(0.2)

    def stop(self) -> None:
        self._load.stop()
        self._processes.stop()

    def processes(self) -> dict[str, int]:
        return self._processes.pids()

    def check(self) -> None:
        """Raises if a process of the pipeline or the load generator has died."""
        self._processes.check()
        self._load.check()

    def publish(self, arrivals: Path, rate: float | None = None) -> None:
        """Begin to publish a file of arrivals (JSON lines); does not wait."""
        self._published.unlink(missing_ok=True)
        load = python(*self.load_command(arrivals, rate), "--out", str(self._published))
        self._load.start("load", light(load) if self.load_is_light else load)

    def published(self, seconds: float = 600.0) -> Published:
        """Wait until all are published and confirmed."""
        if "load" in self._load.pids():
            self._load.wait("load", seconds)
        return Published(**json.loads(self._published.read_text()))

    def load_pid(self) -> int | None:
        return self._load.pids().get("load")

    def done(self) -> int:
        """Messages queued so far, from the server's statistics: cheap, up to a second or so behind."""
        query = "SELECT coalesce(sum(n_tup_ins), 0) FROM pg_stat_user_tables WHERE relname = %(table)s"
        with self._connect("notification") as connection:
            row = connection.execute(query, {"table": self.questions.messages_table}).fetchone()
        return int(row[0]) if row else 0

    def effects(self) -> Effects:
        """Exact counts of everything in the databases."""
        asked = self.questions
        return Effects(
            arrivals=self._count("registration", asked.arrivals),
            cases=self._count("isolation", asked.cases),
            tasks=self._count("isolation", asked.tasks),
            messages=self._count("notification", asked.messages),
        )

    def latencies(self, published: Published, run: str) -> Latencies:
        """Needs every arrival of the run to be done, and says so if one is not."""
        first = min(published.times)
        since = datetime.fromtimestamp(first - 1, UTC)
        with self._connect("registration") as connection:
            arrival_ids = dict(connection.execute(self.questions.reported, {"run": run}).fetchall())
        with self._connect("notification") as connection:
            rows = connection.execute(self.questions.queued, {"since": since}).fetchall()
        queued = {arrival_id: at.timestamp() for arrival_id, at in rows}
        seconds = []
        for event_id, sent in zip(published.event_ids, published.times, strict=True):
            at = queued.get(arrival_ids.get(event_id, ""))
            if at is None:
                raise WrongEffects(f"{self.title}: arrival {event_id} has no message")
            seconds.append(at - sent)
        return Latencies(seconds, first, max(queued.values()))

    def _count(self, service: str, query: str) -> int:
        with self._connect(service) as connection:
            row = connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _connect(self, service: str) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(self.nodes.postgres_uri(self.database(service)), autocommit=True)
