"""Doorstep with two publishers as `doorstep publisher add` makes them, each with a queue of its own."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.arrivals import PUBLISHER
from benchmarks.doorstep_pipeline import Doorstep
from benchmarks.nodes import Nodes
from benchmarks.pipeline import WrongEffects
from benchmarks.processes import Processes, cpu_seconds, python
from benchmarks.stranger.floods import FLOODER

INTAKE = "registration.receive_report"


class DoorstepWithPublishers(Doorstep):
    def __init__(self, nodes: Nodes, directory: Path) -> None:
        super().__init__(nodes, directory)
        self.flood = Processes(self.directory)
        self._passwords: dict[str, str] = {}

    def prepare(self) -> None:
        super().prepare()
        for name in (PUBLISHER, FLOODER):
            self._passwords[name] = json.loads(self._doorstep("publisher", "add", name, "--json"))["password"]

    def stop(self) -> None:
        self.flood.stop()
        super().stop()

    def load_command(self, arrivals: Path, rate: float | None) -> list[str]:
        command = super().load_command(arrivals, rate)
        command[command.index("--uri") + 1] = self._uri_of(PUBLISHER)
        return command

    def begin_flood(self, way: str, first_turn: int, still: Path, out: Path) -> None:
        still.touch()
        command = ["-m", "benchmarks.stranger.floods", "--uri", self._uri_of(FLOODER), "--way", way]
        command += ["--first-turn", str(first_turn), "--while", str(still), "--out", str(out)]
        command += ["--look-uri", self.nodes.amqp_uri(self.name), "--queues", *_through()]
        self.flood.start("flood", python(*command))

    def arrived(self, publisher: str) -> int:
        """Reports, and messages that nobody can read, which were settled in whatever way."""
        query = f"SELECT coalesce(sum(events), 0) FROM arrived_events WHERE publisher = '{publisher}'"
        return self._count("registration", f"{query} AND handler = '{INTAKE}'")

    def is_quiet(self) -> bool:
        return not any(self.nodes.messages(self.name, queue) for queue in _through())

    def audit(self) -> None:
        """Raises WrongEffects where anything is missing or still on its way."""
        audit = json.loads(self._doorstep("audit", "--json", "--wait", "120", fails=(1,)))
        if not audit["balanced"] or audit["in_flight"]:
            raise WrongEffects(f"the audit: {audit['missing'][:3]}, on its way {audit['in_flight']}")

    def cpu(self) -> float:
        """Seconds that all of it has used."""
        return sum(map(cpu_seconds, (*self.nodes.processes().values(), *self.processes().values())))

    def _uri_of(self, publisher: str) -> str:
        url = urlsplit(self.nodes.amqp_uri(self.name))
        return f"amqp://{publisher}:{self._passwords[publisher]}@{url.hostname}:{url.port}{url.path}"

    def _settings(self) -> dict[str, str]:
        return {**super()._settings(), "DOORSTEP_MANAGEMENT_URL": self.nodes.broker.management_url()}


def _through() -> list[str]:
    """The queues through which the flooder's reports go."""
    from chassis.messaging.topology import guarded_name
    from chassis.names import own_queue_name

    first = [own_queue_name(INTAKE, FLOODER), INTAKE, guarded_name(INTAKE)]
    return [*first, "isolation.open_case", "notification.tell_case_opened"]
